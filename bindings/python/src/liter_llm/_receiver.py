"""BaseReceiver: what one stream brought: its state, its end, and all events but text.

Text, of which there is most, is taken by the subclass in _native_client; those in _loop_client and
_blocking_client define how a reader waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from ._key_function import NOBODY, refusal
from ._library import KEY, RESULT, START, ffi
from ._response_builder import ResponseBuilder, read_event

if TYPE_CHECKING:
    from contextvars import Context

    from ._api_key import KeyFunction
    from ._base_builder import MakeBuilder
    from ._events import Event, Outcome
    from ._observer import Observation
    from ._request import SecretJson

_view = ffi.buffer
COMPACT_BYTES = 16_384
"""The pieces of a response are joined each time that so much has come."""

ReadMode = Literal["tokens", "events", "whole"]
"""What the reader of a stream takes; decided by the first use of the stream."""


class Client(Protocol):
    """What a receiver asks of the client that feeds it."""

    acknowledge_at: int

    def cancel(self, number: int) -> None: ...

    def answer(self, number: int, answer: SecretJson) -> None: ...

    def consumed(self, number: int, size: int) -> None: ...

    def observe_end(self, receiver: BaseReceiver) -> None: ...


class BaseReceiver:
    """What has arrived and was not taken, and the response so far. One thread at a time feeds it,
    one reader takes; subclasses say how the reader waits."""

    __slots__ = (
        "_acknowledge_at",
        "_acknowledged",
        "_compact_at",
        "_owner",
        "builder",
        "cancelled",
        "client",
        "collect",
        "context",
        "delivered",
        "ended",
        "items",
        "key_function",
        "mode",
        "number",
        "observation",
    )

    def __init__(
        self,
        mode: ReadMode,
        client: Client,
        owner: object,
        collect: bool,
        make_builder: MakeBuilder | None = None,
    ) -> None:
        self.mode = mode
        self.client = client
        self.number = 0
        self.items: list[Any] = []
        """What the reader has not taken, the next item last. (An empty deque has 760 bytes, and
        most of ten thousand streams have nothing.)"""
        self.builder: Any = ResponseBuilder(collect) if make_builder is None else make_builder()
        self.collect: bool = self.builder.collect
        self.ended = False
        self.cancelled = False
        self.delivered = 0
        self._acknowledged = 0
        self._acknowledge_at = client.acknowledge_at
        self._compact_at = COMPACT_BYTES
        self.context: Context | None = None
        """The context of the request, for log lines about it; only while the stream runs."""
        self.key_function: KeyFunction | None = None
        self.observation: Observation | None = None  # is told of the end, once
        self._owner = owner  # keeps the LiterLlm alive for as long as a stream of it runs

    def wake(self) -> None:
        """Tells the reader that there is something for it, or the end."""
        raise NotImplementedError

    def wake_again(self) -> None:
        """wake() for a reader that may have been missed, because Ctrl-C came while it was woken."""
        self.wake()

    def ask_key(self) -> None:
        """Asks the function of api_key, and answers the stream, which waits for that."""
        raise NotImplementedError

    def refuse_key(self, error: BaseException) -> None:
        """The function raised: that ends the stream, and is what its reader gets."""
        if not self.ended and not self.cancelled:
            self.builder.key_error = error
            self.client.answer(self.number, refusal(error))

    def _add(self, items: list[Any]) -> None:
        """Behind what is there, in one step: the reader may be another thread."""
        raise NotImplementedError

    def _feed_vectors(self, event: Any) -> None:
        """Takes vectors from where the library has them; the builder's copy is the only one."""
        self.delivered += event.length
        self.builder.add_vectors(_view(event.data, event.length), event.count)
        self.wake()

    def _feed_end(self, data: bytes, failed: bool) -> None:
        """Takes the END, which says that there is no more."""
        self.builder.receipt_json = data
        self.builder.failed = failed
        if self.mode == "events" and not failed:
            self.items.insert(0, self.builder.end())
        self.ended = True
        if self.observation is not None:
            self.client.observe_end(self)
        self.context = None
        self.wake()

    def _feed_json(self, kind: int, data: bytes) -> None:
        """Takes any other event. A reader of text is not woken for START."""
        if kind == KEY:
            if self.key_function is None:
                self.client.answer(self.number, NOBODY)
            else:
                self.ask_key()
            return
        self.delivered += len(data)
        event: Event | None = None
        if kind == START:
            self.builder.start_json = data
            if self.mode != "events":
                return
            event = self.builder.start()
        elif kind == RESULT:
            self._add(list(self.builder.keep_result(data)))
        else:
            event = read_event(kind, data)
            if event is not None and self.collect:
                self.builder.keep(event)
        if event is not None and self.mode == "events":
            self.items.insert(0, event)
        self.wake()

    def fail(self, kind: str, message: str) -> None:
        """Ends the stream from this side."""
        if not self.ended:
            outcome: Outcome = "cancelled" if kind in ("CANCELLED", "CLOSED") else "failed"
            self.builder.fail(outcome, {"kind": kind, "message": message})
            self.ended = True
        self.client.observe_end(self)
        self.context = None
        self.wake_again()

    def cancel(self) -> None:
        """Closes the connection, unless it is closed; the END is still to come."""
        if not self.ended and not self.cancelled:
            self.cancelled = True
            self.builder.outcome = "cancelled"
            self.client.cancel(self.number)

    def drop(self) -> None:
        """The reader has gone."""
        self.cancel()
