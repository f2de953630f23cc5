"""A folder with rows in it, and the command that answers them, as the tests of the file runner use
it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROWS = {"bulk": {}}


class Folder:
    """A folder with rows in it, and the command that answers them."""

    def __init__(self, path: Path, mock: Any) -> None:
        self.path = path
        self.mock = mock
        self.output = path / "out.jsonl"

    def write(self, name: str, *rows: Any) -> None:
        """A JSONL file of objects, and of text that is taken as it is."""
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (self.path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def start(self, key: str, *arguments: str, name: str = "in.jsonl", **popen: Any) -> Any:
        command = [sys.executable, "-m", "liter_llm.bulk", name, "out.jsonl", *arguments]
        environment = {
            "OPENAI_API_KEY": "test-key",
            "OPENAI_BASE_URL": self.mock.base_url(key),
            "PYTHONWARNINGS": "error",
        }
        return subprocess.Popen(
            command,
            cwd=self.path,
            env={**os.environ, **environment, **popen.pop("env", {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **popen,
        )

    def run(self, key: str, *arguments: str, **more: Any) -> tuple[int, str]:
        """The exit code, and what it said."""
        process = self.start(key, "-p", "openai", *arguments, **more)
        printed, said = process.communicate(timeout=50)
        assert printed == ""
        assert "Traceback" not in said, said
        return process.returncode, said

    def refusal(self, *arguments: str, key: str = "unused", **more: Any) -> str:
        """The one line that a run is refused with."""
        before = self.output.read_bytes() if self.output.exists() else None
        code, said = self.run(key, *arguments, **more)
        assert (code, said.count("\n"), said.endswith("\n")) == (2, 1, True), said
        assert (self.output.read_bytes() if self.output.exists() else None) == before
        assert not list(self.path.glob("out.jsonl.*"))
        return said.removeprefix("liter-llm map: ").rstrip("\n")

    def lines(self) -> dict[str, dict[str, Any]]:
        """Of the output, by custom_id; none may be there twice."""
        lines = [json.loads(line) for line in self.output.read_text("utf-8").splitlines()]
        by_id = {line["custom_id"]: line for line in lines}
        assert len(by_id) == len(lines)
        return by_id

    def texts(self) -> dict[str, str | None]:
        """The answers; None for a row that failed."""
        return {
            name: None
            if line["error"]
            else line["response"]["body"]["choices"][0]["message"]["content"]
            for name, line in self.lines().items()
        }


def batch(name: str, text: str, **body: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    request = {"model": "gpt-4o-mini", "messages": messages, **body}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": request}


def abc() -> list[dict[str, Any]]:
    return [batch(name, f"question {name}") for name in "abc"]


ABC = {name: f"answer to question {name}" for name in "abc"}
