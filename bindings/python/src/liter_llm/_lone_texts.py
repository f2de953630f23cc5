"""LoneTexts: texts of one delta, taken out of polled events many at a time.

Where thousands of streams bring a token each, to look at every event through cffi, field by field,
is a good part of what a token costs here.
"""

from __future__ import annotations

from io import StringIO
from typing import Any

from ._library import ffi, lib

GROUP = 256
"""So many events are looked at with one call."""
MANY = 8
"""From so many on, that costs less than a look at each."""

_unpack = ffi.unpack


class LoneTexts:
    """The memory that it takes: some 20 KiB, from the first time on that it is needed."""

    __slots__ = ("_memory",)

    def __init__(self) -> None:
        self._memory: tuple[Any, ...] | None = None

    def look_at(self, events: Any, count: int) -> tuple[list[str], list[int], list[int]]:
        """Of each of so many events, GROUP at most: its text, which is empty where it is something
        else than one short delta of text; its stream; and how many bytes the text has. Empty lists
        where no event is such a text."""
        if self._memory is None:
            numbers = (ffi.new(f"{kind}[]", GROUP) for kind in ("uint64_t", "uint32_t", "uint32_t"))
            self._memory = (*numbers, ffi.new("char[]", GROUP * lib.LONE_BYTES_MAX))
        streams, sizes, characters, joined = self._memory
        length = lib.lone_texts(events, count, *self._memory)
        if not length:
            return [], [], []
        try:
            text: str = _unpack(joined, length).decode()
        except UnicodeDecodeError:
            return [], [], []  # the look at each finds whose it is, and ends that stream alone
        texts = list(map(StringIO(text).read, _unpack(characters, count)))
        return texts, _unpack(streams, count), _unpack(sizes, count)
