"""Stream: what LiterLlm.invoke() returns. Three ways in, one answer."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Generator
from typing import Any, NoReturn, Optional, TypeVar

from . import _lazy_types as late
from . import _process_hooks
from ._invocation import Invocation
from ._iterators import AsyncReader, BlockingReader, OneReader, Reader
from ._mode import Mode

AnyReader = TypeVar("AnyReader", bound="OneReader[Any]")


class Stream:
    """One request, and its answer as it comes. Nothing is sent before the first use.

    ```
    async for token in stream: ...      the text, piece by piece
    reply = await stream                all of it: a Response
    for token in stream: ...            the same without an event loop;
    reply = stream.complete()           blocks, and lets other threads run
    stream.events()                     typed events in place of text, for both kinds of loop
    ```

    A stream is read once; iter() and aiter() may be called as often as one likes before that.
    A loop that is left early closes the connection at once.
    """

    __slots__ = ("__weakref__", "_handed_out", "_invocation", "_reader")

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._reader: Optional[Reader[str]] = None
        self._handed_out: dict[type[Any], weakref.ref[Any]] = {}

    def __aiter__(self) -> AsyncReader[str]:
        return self._hand_out(AsyncReader, Mode.TOKENS)

    async def __anext__(self) -> str:
        return await self._own_reader().__anext__()

    def __iter__(self) -> BlockingReader[str]:
        return self._hand_out(BlockingReader, Mode.TOKENS)

    def __next__(self) -> str:
        return self._own_reader().__next__()

    def __await__(self) -> Generator[Any, None, late.Response]:
        return self._invocation.wait_whole().__await__()

    def complete(self) -> late.Response:
        """Blocks for the whole answer. Like `await`, it asks for an answer that is not streamed,
        unless the request says "stream", and takes the rest of a stream that was started."""
        return self._invocation.block_whole()

    def events(self) -> Reader[late.Event]:
        """Everything that comes, as typed events: Start, Text, ..., and End if it is whole."""
        self._invocation.refuse_second()
        return self._hand_out(Reader, Mode.EVENTS)

    @property
    def response(self) -> late.Response:
        """The answer; after an error, a cancel, or in the middle: as much as has been received."""
        channel = self._invocation.channel
        if channel is None:
            raise RuntimeError("the stream has not started; there is no response yet")
        return channel.answer.response()

    def cancel(self) -> None:
        """Closes the connection, from any thread. What was received can still be read; whoever
        reads on gets CancelledError then. After the end it does nothing."""
        self._invocation.cancel()

    def close(self) -> None:
        """The same, as for contextlib.closing()."""
        self.cancel()

    async def aclose(self) -> None:
        """The same, as for contextlib.aclosing()."""
        self.cancel()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cancel()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a stream cannot be copied or pickled; its response can")

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is None:
            return  # nobody has called next(); or __init__ was interrupted
        channel = self._invocation.channel
        if channel is None or channel.ended or channel.cancelled:
            return
        if _process_hooks.exiting:
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
            self._invocation.refuse_second()
            self._reader = Reader(self._invocation, Mode.TOKENS)
        return self._reader

    def _hand_out(self, kind: type[AnyReader], mode: Mode) -> AnyReader:
        """The same reader for whoever asks again before it has begun, as long as it is held."""
        own, self._reader = self._reader, None
        if own is not None:
            return own.hand_over(kind(self._invocation, mode))
        self._invocation.refuse_second()
        held = self._handed_out.get(kind)
        reader: AnyReader | None = None if held is None else held()
        if reader is None:
            reader = kind(self._invocation, mode)
            self._handed_out[kind] = weakref.ref(reader)
        return reader
