"""Rows for people and programs: columns with a heading on a terminal, without those that are empty;
elsewhere every cell, with tabs between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .output import Output

Row = tuple[str, ...]


def show(output: Output, heading: Row, rows: Sequence[Row]) -> None:
    if not (output.to_terminal and rows):
        for row in rows:
            output.text("\t".join(" ".join(cell.split()) for cell in row) + "\n")
        return
    table = [heading, *rows]
    filled = [column for column in range(len(heading)) if any(row[column] for row in rows)]
    widths = {column: max(len(row[column]) for row in table) for column in filled}
    for row in table:
        cells = (row[column].ljust(width) for column, width in widths.items())
        output.text("  ".join(cells).rstrip() + "\n")
