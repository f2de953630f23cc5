"""Template: a prompt with `{column}` in it. Names columns and nothing else: no attributes, no
formats, so that a row's text is never taken for code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .faults import BulkError, RowError

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Template:
    """`{{` and `}}` stand for braces."""

    def __init__(self, text: str) -> None:
        self._pieces: list[tuple[str, str | None]] = []
        """Text, and the column behind it."""
        before, end = "", 0
        for match in _PIECE.finditer(text):
            before += text[end : match.start()]
            end = match.end()
            if match[0] in ("{{", "}}"):
                before += match[0][0]
            elif match[1]:
                self._pieces.append((before, match[1]))
                before = ""
            else:
                raise BulkError(
                    f"--template: a lone {match[0]!r} at character {match.start() + 1}; a column is"
                    " {name}, a brace is written twice"
                )
        self._pieces.append((before + text[end:], None))
        self.columns = tuple(column for _, column in self._pieces if column is not None)

    def render(self, record: Mapping[str, Any]) -> str:
        """The prompt of a row."""
        made = []
        for text, column in self._pieces:
            made.append(text)
            if column is not None:
                if column not in record:
                    raise RowError(f"no column {column!r}; there are {listed(record)}")
                made.append(_show(record[column]))
        return "".join(made)


def listed(names: Mapping[str, Any]) -> str:
    """Names for an error message."""
    shown = ", ".join(repr(name) for name in list(names)[:12])
    return f"{shown}, ..." if len(names) > 12 else shown or "none"


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
