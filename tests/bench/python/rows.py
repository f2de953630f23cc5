"""What the drivers of many rows share: all rows are there at once, and whoever is measured decides
how they are asked. A row's whole answer counts as one token, so that none may be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from common import API_KEY, MODEL, WARM_UP_KEY, Arguments, Meter, read_arguments

__all__ = ["API_KEY", "MODEL", "Arguments", "Ask", "messages", "run_rows"]

# Makes ready what the rows need that is not part of the run, such as a file of them: base URL, rows
# and how many at once. What it returns runs them and gives a text or an error of each.
Ask = Callable[[str, int, int], Callable[[], Iterable["str | Exception"]]]


def messages(rows: int) -> Iterator[list[dict[str, str]]]:
    """The conversation of each row."""
    for row in range(rows):
        yield [{"role": "user", "content": f"What does review {row} say?"}]


def run_rows(driver: str, version: str, ask: Ask) -> None:
    """The whole of a driver."""
    arguments = read_arguments()
    for _ in ask(f"{arguments.base}/{WARM_UP_KEY}/v1", 1, 1)():
        pass
    rows = ask(arguments.base_url(1), arguments.streams, arguments.concurrency)
    meter = Meter(arguments)
    for answer in rows():
        if isinstance(answer, Exception):
            meter.errors.append(f"{type(answer).__name__}: {answer}"[:300])
        else:
            meter.tokens += 1
            meter.characters += len(answer)
    print(meter.report(driver, version))
