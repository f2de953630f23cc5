"""Stream: what LiterLlm.invoke() returns. It can be iterated, awaited or completed."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Optional, TypeVar

from . import _lazy_types as late
from . import _process_hooks
from ._coroutine import ReplyCoroutine
from ._invocation import Invocation
from ._iterators import (
    AsyncStreamIterator,
    BaseIterator,
    BlockingStreamIterator,
    StreamIterator,
)
from ._output_type import Output

if TYPE_CHECKING:
    from ._receiver import ReadMode

AnyIterator = TypeVar("AnyIterator", bound="BaseIterator[Any]")


class Stream(ReplyCoroutine["late.Response[Output]"], Generic[Output]):
    """One request, and its response as it arrives. Nothing is sent before the first use.

    ```
    async for token in stream: ...      the text, piece by piece
    response = await stream             the whole Response
    for token in stream: ...            the text without an event loop
    response = stream.complete()        the whole Response without an event loop
    stream.events()                     typed events instead of text, for both kinds of loop
    stream.partials()                   with output=: the JSON so far, for both kinds of loop
    ```

    `for` and complete() block the calling thread while other threads run; inside a coroutine they
    would block its event loop. A stream is a coroutine too, for create_task() and asyncio.run():
    the task has the whole Response.

    A stream can be read once; iter() and aiter() may be called any number of times before that.
    Leaving a loop early closes the connection at once.
    """

    __slots__ = ("__weakref__", "_handed_out", "_invocation", "_iterator")

    def __init__(self, invocation: Invocation[late.Response[Output]]) -> None:
        self._steps = None
        self._invocation = invocation
        self._iterator: Optional[StreamIterator[str]] = None
        self._handed_out: Optional[dict[type[Any], weakref.ref[Any]]] = None

    def __aiter__(self) -> AsyncStreamIterator[str]:
        return self._hand_out(AsyncStreamIterator, "tokens")

    async def __anext__(self) -> str:
        return await self._own_iterator().__anext__()

    def __iter__(self) -> BlockingStreamIterator[str]:
        return self._hand_out(BlockingStreamIterator, "tokens")

    def __next__(self) -> str:
        if self.is_step():
            step: str = self.send(None)
            return step
        return self._own_iterator().__next__()

    def __await__(self) -> Generator[Any, None, late.Response[Output]]:
        return self._invocation.wait_whole().__await__()

    def complete(self) -> late.Response[Output]:
        """Blocks until the response is whole, and returns it.

        Like `await`, it requests the response without streaming, unless the request sets "stream".
        If iteration has begun, it reads the rest of that stream."""
        return self._invocation.block_whole()

    def events(self) -> StreamIterator[late.Event]:
        """Everything that arrives, as typed events: Start, Text, ToolCall, ... and, when the
        response is whole, End."""
        self._invocation.refuse_second()
        return self._hand_out(StreamIterator, "events")

    def partials(self) -> StreamIterator[Any]:
        """With output=: the JSON so far, as it grows; dicts, lists and texts, which are not checked
        before the end. The last one is the whole; `stream.response.output` then has the type.

        A piece of the response makes a new one, of a long response about each hundredth of it."""
        raise RuntimeError("partials() needs a type: invoke(request, output=...)")

    @property
    def response(self) -> late.Response[Output]:
        """What was received so far; after the end of a complete stream, the whole response."""
        receiver = self._invocation.receiver
        if receiver is None:
            raise RuntimeError("the stream has not started; there is no response yet")
        response: late.Response[Output] = receiver.builder.response()
        return response

    def cancel(self) -> None:
        """Closes the connection. It may be called from any thread, and more than once.

        What was received can still be read; reading on after that raises CancelledError. After the
        end of the stream, cancel() does nothing."""
        self._invocation.cancel()

    async def aclose(self) -> None:
        """The same as cancel(), for contextlib.aclosing()."""
        self.cancel()

    async def __aenter__(self) -> Stream[Output]:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cancel()

    def __enter__(self) -> Stream[Output]:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        receiver = self._invocation.receiver
        if receiver is None:
            return "<liter_llm.Stream, not started>"
        builder = receiver.builder
        shown = [builder.outcome or "started", builder.read_start().get("model", "")]
        if builder.collect:
            shown.append(f"{sum(map(len, builder.text))} characters")
        return f"<liter_llm.Stream, {', '.join(filter(None, shown))}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a stream cannot be copied or pickled; its response can")

    if not TYPE_CHECKING:  # else a type checker would take any attribute

        def __getattr__(self, name: str) -> NoReturn:
            from ._habits import missing

            is_of_response = name[0] != "_" and _is_of_response(name)
            hint = f"await the stream, or call complete(), and use response.{name}"
            raise missing("Stream", name, hint if is_of_response else "")

    def __del__(self) -> None:
        if getattr(self, "_iterator", None) is None:
            return  # nobody has called next(); or __init__ was interrupted
        receiver = self._invocation.receiver
        if receiver is None or receiver.ended or receiver.cancelled:
            return
        if _process_hooks.exiting:
            return
        warnings.warn(
            "a stream was dropped before its end; read it, cancel() it, or use a with statement",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )

    def _own_iterator(self) -> StreamIterator[str]:
        """The iterator of next(stream) and anext(stream), which only the stream keeps."""
        if self._iterator is None:
            self._invocation.refuse_second()
            self._iterator = StreamIterator(self._invocation, "tokens")
        return self._iterator

    def _hand_out(self, kind: type[AnyIterator], mode: ReadMode) -> AnyIterator:
        """An iterator; the same one again while the caller keeps it and has not begun to read."""
        own, self._iterator = self._iterator, None
        if own is not None:
            return own.pass_on_to(kind(self._invocation, mode))
        invocation, handed_out = self._invocation, self._handed_out
        invocation.refuse_second()
        if handed_out is None:
            handed_out = self._handed_out = {}
        held = handed_out.get(kind)
        iterator: Optional[AnyIterator] = None if held is None else held()
        if iterator is None:
            iterator = kind(invocation, mode)
            handed_out[kind] = weakref.ref(iterator)
        return iterator


def _is_of_response(name: str) -> bool:
    return name in late.Response.__dataclass_fields__ or hasattr(late.Response, name)
