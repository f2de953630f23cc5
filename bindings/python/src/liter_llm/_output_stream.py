"""OutputStream: the Stream of invoke(request, output=...): its response has an output of that type,
and it can be read as partial JSON.

A response that is not of the type raises OutputError at its end. Before that, `await` and
complete() ask again, as often as `output_retries` says.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ._errors import OutputError
from ._iterators import StreamIterator
from ._output import OutputRequest
from ._output_type import Output
from ._stream import Stream

if TYPE_CHECKING:
    from . import _lazy_types as late
    from ._invocation import Invocation, Opener
    from ._request import Fields


def open_stream(opener: Opener, fields: Fields, hint: Any, retries: int) -> Stream[Any]:
    """The stream of an invoke() with these arguments."""
    request = OutputRequest(hint, retries)
    return OutputStream(request.open(opener, fields), opener, request)


class OutputStream(Stream[Output]):
    """Knows what it asked for, to ask again."""

    __slots__ = ("_opener", "_request", "_retries")

    def __init__(self, invocation: Invocation[Any], opener: Opener, request: OutputRequest) -> None:
        super().__init__(invocation)
        self._opener = opener
        self._request = request
        self._retries = request.retries

    def __await__(self) -> Generator[Any, None, late.Response[Output]]:
        return self._wait().__await__()

    async def _wait(self) -> late.Response[Output]:
        while True:
            try:
                response: Any = await self._invocation.wait_whole()
            except OutputError as error:
                if not self._ask_again(error):
                    raise
            else:
                return response  # type: ignore[no-any-return]

    def complete(self) -> late.Response[Output]:
        while True:
            try:
                response: Any = self._invocation.block_whole()
            except OutputError as error:
                if not self._ask_again(error):
                    raise
            else:
                return response  # type: ignore[no-any-return]

    def partials(self) -> StreamIterator[Any]:
        self._invocation.refuse_second()
        return self._hand_out(PartialIterator, "tokens")

    def _ask_again(self, error: OutputError) -> bool:
        """Whether the stream goes on with another request. What was read by a loop is not asked
        for again."""
        used = self._invocation
        if self._retries < 1 or used.begun or used.cancelled:
            return False
        again = self._request.repair(self._opener, used, error)
        if again is None:
            return False
        self._retries -= 1
        self._invocation = again
        again.cancelled = used.cancelled  # by another thread, just now
        return True


class PartialIterator(StreamIterator[Any]):
    """Reads all text that is there, and gives what it is so far, unless that has not changed."""

    __slots__ = ("_last", "_read", "_text")

    def __init__(self, invocation: Any, mode: Any) -> None:
        super().__init__(invocation, mode)
        self._text = ""
        self._read = 0
        """How much of the text the last partial was made of."""
        self._last: Any = None

    def __aiter__(self) -> PartialIterator:
        return self

    def __iter__(self) -> PartialIterator:
        return self

    async def __anext__(self) -> Any:
        while True:
            try:
                token = await super().__anext__()
            except StopAsyncIteration:
                if self._grow("", 0):
                    return self._last
                raise
            if self._grow(token + self._take(self._on_loop), 100):
                return self._last

    def __next__(self) -> Any:
        while True:
            try:
                token = super().__next__()
            except StopIteration:
                if self._grow("", 0):
                    return self._last
                raise
            if self._grow(token + self._take(self._on_thread), 100):
                return self._last

    def _take(self, receiver: Any) -> str:
        """What has come meanwhile."""
        text = ""
        while receiver.items:
            text += receiver.items.pop()
        return text

    def _grow(self, text: str, part: int) -> bool:
        """Whether there is another partial. To read the text takes time that grows with it, so it
        waits until a part of its length has come; 0 does not wait."""
        self._text += text
        grown = len(self._text) - self._read
        if not grown or (part and grown < len(self._text) // part):
            return False
        self._read = len(self._text)
        receiver: Any = self._invocation.receiver
        value = receiver.builder.shape.read_partial(self._text)
        is_new = value is not None and value != self._last
        if is_new:
            self._last = value
        return is_new
