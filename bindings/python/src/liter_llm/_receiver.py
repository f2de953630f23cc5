"""Channel: the receiving end of one stream, and route(), which brings a poll's events to them.

This is the way of every token, so it makes no object per token but the str: a run of text is
decoded once and cut by `ends`. A channel is fed by one thread at a time and read by one reader.
"""

from __future__ import annotations

import json
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING, Any

from ._events import Reasoning, Text
from ._library import END, LOG, REASONING, START, TEXT, ffi
from ._mode import Mode
from ._response_builder import Answer, read_event

if TYPE_CHECKING:
    from ._events import Outcome
    from ._native_client import Line

_unpack = ffi.unpack
_COMPACT_BYTES = 16_384


_TOKENS, _EVENTS = Mode.TOKENS, Mode.EVENTS  # looked up for every run


class Channel:
    """What arrived and was not taken, and the answer so far. Subclasses say how a reader waits."""

    __slots__ = (
        "_compact_at",
        "_give_back_at",
        "_given_back",
        "_owner",
        "answer",
        "cancelled",
        "collect",
        "context",
        "delivered",
        "ended",
        "items",
        "line",
        "mode",
        "number",
    )

    def __init__(
        self, mode: Mode, line: Line[Any], give_back_at: int, owner: object, collect: bool
    ) -> None:
        self.mode = mode
        self.line = line
        self.number = 0
        self.items: deque[Any] = deque()
        self.collect = collect
        self.answer = Answer(collect)
        self.ended = False
        self.cancelled = False
        self.delivered = 0
        self._given_back = 0
        self._compact_at = _COMPACT_BYTES
        self._give_back_at = give_back_at
        self.context: Context | None = None
        """That of the request, for lines of the log about it; only while it runs."""
        self._owner = owner  # keeps the LiterLlm alive for as long as a stream of it runs

    def wake(self) -> None:
        """Says that there is something for the reader, or the end."""
        raise NotImplementedError

    def alarm(self) -> None:
        """wake() for a reader that may have been missed: an interrupt came while it was woken."""
        self.wake()

    def feed_run(self, event: Any, is_text: bool) -> None:
        """Takes a run of text or reasoning deltas."""
        data = _unpack(event.data, event.length)
        text = data.decode()
        delivered = self.delivered = self.delivered + len(data)
        if self.collect:
            answer = self.answer
            (answer.text if is_text else answer.reasoning).append(text)
            if delivered >= self._compact_at:
                self._compact_at = delivered + _COMPACT_BYTES
                answer.compact()
        mode = self.mode
        if mode is _TOKENS:
            if is_text and event.count == 1:
                self.items.append(text)
            elif is_text:
                self.items.extend(_cut(event, text, data))
        elif mode is _EVENTS:
            wrap = Text if is_text else Reasoning
            self.items.extend([wrap(piece) for piece in _cut(event, text, data)])
        self.wake()

    def feed_start(self, data: bytes) -> None:
        """Takes the START; who reads text is not woken for it."""
        self.delivered += len(data)
        self.answer.begin(data)
        if self.mode is _EVENTS:
            self.items.append(self.answer.event(START))
            self.wake()

    def feed_end(self, data: bytes, failed: bool) -> None:
        """Takes the END, which says that there is no more."""
        self.answer.end(data, failed)
        if self.mode is _EVENTS and not failed:
            self.items.append(self.answer.event(END))
        self.ended = True
        self.context = None
        self.wake()

    def feed_json(self, kind: int, data: bytes) -> None:
        """Takes any other event."""
        self.delivered += len(data)
        event = read_event(kind, data)
        if event is not None:
            if self.collect:
                self.answer.keep(event)
            if self.mode is _EVENTS:
                self.items.append(event)
        self.wake()

    def fail(self, kind: str, message: str) -> None:
        """Ends the stream from this side."""
        if not self.ended:
            outcome: Outcome = "cancelled" if kind in ("CANCELLED", "CLOSED") else "failed"
            self.answer.fail(outcome, {"kind": kind, "message": message})
            self.ended = True
        self.context = None
        self.alarm()

    def cancel(self) -> None:
        """Closes the way upstream, unless it is closed; the END is still to come."""
        if not self.ended and not self.cancelled:
            self.cancelled = True
            self.answer.outcome = "cancelled"
            self.line.cancel(self.number)

    def drop(self) -> None:
        """The reader has gone."""
        self.cancel()

    def give_back(self) -> None:
        """Reopens the window, when everything was taken and it is enough to be worth a call."""
        owed = self.delivered - self._given_back
        if owed >= self._give_back_at and not self.ended:
            self._given_back += owed
            self.line.consumed(self.number, owed)


def route(channels: dict[int, Any], event: Any, logs: deque[tuple[Context, Any]]) -> None:
    """Brings one event to its channel. An error on the way ends that stream and no other."""
    number = event.stream
    kind = event.kind
    channel = channels.get(number)
    if channel is None:
        if kind == LOG:
            _keep_log(channels, _unpack(event.data, event.length), logs)
        return  # else it has ended on this side
    try:
        if kind == TEXT:
            channel.feed_run(event, True)
        elif kind == REASONING:
            channel.feed_run(event, False)
        elif kind == END:
            channel.feed_end(_unpack(event.data, event.length), event.error != 0)
            channels.pop(number, None)  # last: until then an interrupt finds the channel here
        elif kind == START:
            channel.feed_start(_unpack(event.data, event.length))
        else:
            channel.feed_json(kind, _unpack(event.data, event.length))
    except Exception as error:
        channels.pop(number, None)
        channel.cancel()
        channel.fail("INTERNAL", f"an event could not be read: {error!r}")


def _keep_log(channels: dict[int, Any], data: bytes, logs: deque[tuple[Context, Any]]) -> None:
    """Keeps a line of the log, with the context of the request that it is about."""
    try:
        fields = json.loads(data)
        channel = channels.get(fields.get("stream"))
    except (ValueError, AttributeError):
        return
    context = None if channel is None else channel.context
    logs.append((Context() if context is None else context, fields))


def _cut(event: Any, text: str, data: bytes) -> list[str]:
    """The deltas of a run. Ends count bytes; in ASCII these are characters."""
    count = event.count
    if count <= 1:
        return [text]
    ends = _unpack(event.ends, count)
    starts = [0, *ends[:-1]]
    if len(text) == len(data):
        return [text[start:end] for start, end in zip(starts, ends)]
    return [data[start:end].decode() for start, end in zip(starts, ends)]
