"""The command line as its tests run it: a process of its own, against the mock provider."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, NamedTuple

from support import Mock

PROGRAM = (sys.executable, "-W", "error", "-m", "liter_llm")
MODEL = ("-m", "openai/gpt-x")
HELLO = {"answer": {"text": "Hello world"}}
KEY = "test-key-of-the-environment"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs commands whose requests play a plan of the mock."""

    def __init__(self, mock: Mock, *steps: dict[str, Any]) -> None:
        self.mock = mock
        self.key = mock.plan(*(steps or (HELLO,)))

    def environment(self, **more: str) -> dict[str, str]:
        root = f"{self.mock.places['http']}/{self.key}"
        own = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.mock.base_url(self.key),
            "CO_API_KEY": KEY,
            "CO_API_URL": root,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": root,
        }
        others = ("LITER_LLM_MODEL", "PYTHONUNBUFFERED", "NO_COLOR")
        kept = {name: value for name, value in os.environ.items() if name not in others}
        return {**kept, **own, **more}

    def run(self, *arguments: str, piped: str | bytes | None = None, **more: str) -> Ended:
        """Without a text to pipe in, standard input is empty."""
        data = piped.encode() if isinstance(piped, str) else piped
        ended = subprocess.run(
            [*PROGRAM, *arguments],
            input=data or b"",
            capture_output=True,
            timeout=30,
            check=False,
            env=self.environment(**more),
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
        settings = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **settings}
        command = [*PROGRAM, *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment(), **settings)

    def requests(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = self.mock.seen(self.key)["requests"]
        return requests

    def body(self) -> dict[str, Any]:
        """Of the last request."""
        body: dict[str, Any] = self.requests()[-1]["body"]
        return body


def refused(line: CommandLine, ended: Ended) -> str:
    """What was said by a command that must have sent nothing and ended with exit code 2."""
    assert (ended.code, ended.out) == (2, ""), ended
    assert line.requests() == []
    assert ended.err.startswith("liter-llm: ")
    assert ended.err.endswith("\n")
    assert ended.err.count("\n") == 1, ended.err
    return ended.err[len("liter-llm: ") : -1]
