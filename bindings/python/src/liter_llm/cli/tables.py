"""Rows for people and programs: columns with a heading on a terminal, else tabs between cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .output import Output

Row = tuple[str, ...]


def show(output: Output, heading: Row, rows: Sequence[Row]) -> None:
    if not output.to_terminal:
        for row in rows:
            output.text("\t".join(" ".join(cell.split()) for cell in row) + "\n")
        return
    table = [heading, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heading))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        output.text("  ".join(cells).rstrip() + "\n")
