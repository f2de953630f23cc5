"""`liter-llm map` of this library: the command itself, from a file of rows to a file of answers. It
does what the others do not: it reads the input twice, and keeps every answer on disk."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rows import API_KEY, MODEL, messages, run_rows

import liter_llm
from liter_llm.bulk.command import add_arguments, run


def written(output: Path) -> Iterator[str | Exception]:
    """What the command has written."""
    with output.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["error"] is None:
                yield line["response"]["body"]["choices"][0]["message"]["content"]
            else:
                yield RuntimeError(line["error"]["message"])


def ask(base_url: str, rows: int, concurrency: int) -> Callable[[], Iterator[str | Exception]]:
    """The file is there before."""
    folder = Path(tempfile.mkdtemp())
    source, output = folder / "in.jsonl", folder / "out.jsonl"
    with source.open("w", encoding="utf-8") as lines:
        for number, row in enumerate(messages(rows)):
            body = {"model": MODEL, "messages": row}
            lines.write(json.dumps({"custom_id": f"r{number}", "body": body}) + "\n")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = [str(source), str(output), "-p", "openai", "--base-url", base_url, "--plain"]
    arguments = parser.parse_args([*words, "--concurrency", str(concurrency)])

    def answers() -> Iterator[str | Exception]:
        try:
            run(arguments)
            yield from written(output)
        finally:
            source.unlink()
            output.unlink(missing_ok=True)
            folder.rmdir()

    return answers


if __name__ == "__main__":
    os.environ["OPENAI_API_KEY"] = API_KEY
    run_rows("map-file", f"liter-llm {liter_llm.__version__}", ask)
