"""Display: the status on standard error while rows run: a live line with rich, in a terminal; else
a plain line now and then."""

from __future__ import annotations

import sys
from typing import Any

from .status import Status

LIVE_SECONDS = 0.25
PLAIN_SECONDS = 5.0


class PlainDisplay:
    """For logs, and where rich is not installed."""

    interval = PLAIN_SECONDS

    def show(self, status: Status) -> None:
        """Writes one line."""
        say("  ".join(f"{name} {value}" for name, value in status.parts()))

    def close(self, status: Status) -> None:
        """Nothing is left open."""


class LiveDisplay:
    """A progress bar and a line below it, which are drawn again and again."""

    interval = LIVE_SECONDS

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(file=sys.stderr), auto_refresh=False)
        self._live.start()

    def show(self, status: Status) -> None:
        """Draws both."""
        self._live.update(picture(status), refresh=True)

    def close(self, status: Status) -> None:
        """Leaves the last picture."""
        self.show(status)
        self._live.stop()


def make_display(plain: bool) -> PlainDisplay | LiveDisplay:
    """A live one in a terminal that can show it."""
    if plain or not sys.stderr.isatty():
        return PlainDisplay()
    try:
        return LiveDisplay()
    except ImportError:
        return PlainDisplay()


def say(text: str) -> None:
    """One line on standard error; a run goes on when nobody reads it any more."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def picture(status: Status) -> Any:
    """What rich draws: a bar, and below it what else is known."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    done, *others = status.parts()
    total = max(status.total, 1)
    bar = ProgressBar(total=total, completed=status.done(), width=40)
    grid.add_row(bar, f"{100 * status.done() // total} %", done[1])
    return Group(grid, _Parts(others))


class _Parts:
    """Names and values in a row; where the terminal is too narrow, a line ends between two."""

    def __init__(self, parts: list[tuple[str, str]]) -> None:
        self._parts = parts

    def __rich_console__(self, console: Any, options: Any) -> Any:
        from rich.text import Text

        line = Text(no_wrap=True)
        for name, value in self._parts:
            part = Text.assemble((f"{name} ", "dim"), value)
            if line and line.cell_len + 2 + part.cell_len > options.max_width:
                yield line
                line = Text(no_wrap=True)
            line.append("  " if line else "").append_text(part)
        yield line
