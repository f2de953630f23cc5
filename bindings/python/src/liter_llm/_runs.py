"""Runs: deltas that the library gives as one text, as the items that their reader gets."""

from __future__ import annotations

from io import StringIO
from operator import sub
from typing import TYPE_CHECKING, Any

from ._draft import draft_of, freeze
from ._events import Reasoning, Text
from ._library import ffi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_unpack = ffi.unpack
_READ_FROM = 32
"""From so many deltas on, it costs less to read them than to slice them."""


def cut(event: Any, text: str, data: bytes) -> list[str]:
    """The deltas of a run. Ends count bytes; in ASCII these are characters."""
    count = event.count
    if count <= 1:
        return [text]
    ends = _unpack(event.ends, count)
    if len(text) != len(data):
        return [data[start:end].decode() for start, end in zip([0, *ends], ends)]
    if count >= _READ_FROM:
        return list(map(StringIO(text).read, map(sub, ends, [0, *ends])))
    deltas, start = [], 0
    for end in ends:  # pairs as above cost more, most of all in a short run
        deltas.append(text[start:end])
        start = end
    return deltas


def _maker_of(record: type[Text] | type[Reasoning]) -> Callable[[Iterable[str]], list[Any]]:
    """Makes an event of each delta."""
    new_draft = draft_of(record)

    def make(deltas: Iterable[str]) -> list[Any]:
        events = []
        for delta in deltas:
            draft = new_draft()
            draft.text = delta
            events.append(freeze(draft, record))
        return events

    return make


make_texts, make_reasonings = _maker_of(Text), _maker_of(Reasoning)
