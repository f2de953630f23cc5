"""Mode: what the reader of a stream takes."""

from __future__ import annotations

import enum


class Mode(enum.Enum):
    """Decided by the first use of a stream."""

    TOKENS = enum.auto()
    EVENTS = enum.auto()
    WHOLE = enum.auto()
