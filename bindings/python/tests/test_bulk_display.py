"""What a person sees while rows run: words, numbers, and where lines end. No terminal is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from liter_llm.bulk.display import picture
from liter_llm.bulk.prices import Prices
from liter_llm.bulk.runner import Runner
from liter_llm.bulk.status import Status
from liter_llm.bulk.summary import summary


def made_up() -> Status:
    status = Status(Prices("1,2"))
    status.total, status.answered, status.before = 20_000, 12_345, 3_000
    status.failed.update({"invalid_row": 3})
    status.in_flight, status.waiting, status.retries, status.limited = 64, 11, 1_207, 4
    status.rate_limit = {"requests_remaining": 249, "requests_limit": 250}
    return status


def drawn(width: int) -> list[str]:
    console = pytest.importorskip("rich.console").Console(width=width)
    with console.capture() as capture:
        console.print(picture(made_up()))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_narrow_terminal_breaks_lines_between_two_values(width):
    bar, *lines = drawn(width)

    assert "12,348/20,000" in bar or width == 40
    assert [part for line in lines for part in line.split("  ")] == [
        f"{name} {value}" for name, value in made_up().parts()[1:]
    ]
    assert all(len(line) <= width for line in lines)


def test_the_bar_says_how_much_is_done():
    assert "61 %  12,348/20,000" in drawn(120)[0]


def test_rates_are_known_from_the_second_mark_on():
    status = made_up()
    status.mark(0.0)
    assert ("ETA", "-") in status.parts()
    status.answered += 500
    status.mark(5.0)
    assert ("rows/s", "100.0") in status.parts()


def test_what_is_shown_first_has_a_rate():
    """A plain display has five seconds until then."""

    class OverError(Exception):
        pass

    class Display:
        interval = 0.0

        def show(self, status: Status) -> None:
            shown.extend(status.parts())
            raise OverError

    class Client:
        async def stats(self) -> Any:
            status.answered += 100
            return SimpleNamespace(providers={})

    shown: list[tuple[str, str]] = []
    status = made_up()
    client: Any = Client()
    display: Any = Display()
    journal: Any = None
    runner = Runner(client, iter(()), journal, status, concurrency=1, tries=1)
    with pytest.raises(OverError):
        asyncio.run(runner._show(display))
    assert dict(shown)["rows/s"] != "0.0"


def test_the_table_says_what_is_of_this_run_alone():
    said = " ".join(summary(made_up(), Path("out.jsonl"), 60.0, None).split())
    assert "retries 1,207 in this run 429s 4 in this run" in said
    assert "time 1:00 in this run, 155.8 rows/s" in said

    first = made_up()
    first.before = 0
    said = summary(first, Path("out.jsonl"), 60.0, None)
    assert "this run" not in said
