"""Stream: what LiterLlm.invoke() returns. Three ways in, one answer."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from . import _lifetime
from ._mode import Mode

if TYPE_CHECKING:
    from collections.abc import Generator

    from ._events import Event, Response
    from ._invocation import Invocation, Reader


class Stream:
    """One request, and its answer as it comes. Nothing is sent before the first use.

    ```
    async for token in stream: ...      the text, piece by piece
    reply = await stream                all of it: a Response
    for token in stream: ...            the same without an event loop;
    reply = stream.complete()           blocks, and lets other threads run
    stream.events()                     typed events in place of text, for both kinds of loop
    ```

    A stream is read once. A loop that is left early closes the connection at once.
    """

    __slots__ = ("__weakref__", "_invocation", "_reader")

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._reader: Reader[str] | None = None

    def __aiter__(self) -> Reader[str]:
        return self._hand_out()

    async def __anext__(self) -> str:
        return await self._own_reader().__anext__()

    def __iter__(self) -> Reader[str]:
        return self._hand_out()

    def __next__(self) -> str:
        return self._own_reader().__next__()

    def __await__(self) -> Generator[Any, None, Response]:
        return self._invocation.wait_whole().__await__()

    def complete(self) -> Response:
        """Blocks for the whole answer. Like `await`, it asks for an answer that is not streamed,
        unless the request says "stream", and takes the rest of a stream that was started."""
        return self._invocation.block_whole()

    def events(self) -> Reader[Event]:
        """Everything that comes, as typed events: Start, Text, ..., and End if it is whole."""
        return self._invocation.claim(Mode.EVENTS)

    @property
    def response(self) -> Response:
        """The answer; after an error, a cancel, or in the middle: as much as has been received."""
        channel = self._invocation.channel
        if channel is None:
            raise RuntimeError("the stream has not started; there is no response yet")
        return channel.answer.response()

    def cancel(self) -> None:
        """Closes the connection, from any thread. What was received can still be read; whoever
        reads on gets CancelledError then. After the end it does nothing."""
        self._invocation.cancel()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cancel()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is None:
            return  # nobody has called next(); or __init__ was interrupted
        channel = self._invocation.channel
        if channel is None or channel.ended or channel.cancelled:
            return
        if _lifetime.exiting:
            return
        warnings.warn(
            "a stream was dropped before its end; read it, cancel() it, or use a with statement",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )

    def _own_reader(self) -> Reader[str]:
        """For next() and anext(), which leave nobody else to hold it."""
        if self._reader is None:
            self._reader = self._invocation.claim(Mode.TOKENS)
        return self._reader

    def _hand_out(self) -> Reader[str]:
        reader, self._reader = self._reader, None
        return self._invocation.claim(Mode.TOKENS) if reader is None else reader
