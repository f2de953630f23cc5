"""The iterators of a stream. The first one that is advanced owns the stream; until then any number
may be made and dropped.

An iterator is held by the `for` statement alone, so a loop that is left drops it, and that closes
the connection at once. (An async generator would be closed later, when its loop gets to it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from ._blocking_client import BlockingReceiver
    from ._invocation import Invocation
    from ._loop_client import LoopReceiver
    from ._receiver import ReadMode

Item = TypeVar("Item")
AnyIterator = TypeVar("AnyIterator", bound="BaseIterator[Any]")


class BaseIterator(Generic[Item]):
    """Dropping it, once it has begun, cancels the stream."""

    __slots__ = (
        "__weakref__",
        "_begun",
        "_invocation",
        "_items",
        "_mode",
        "_on_loop",
        "_on_thread",
    )

    def __init__(self, invocation: Invocation[Any], mode: ReadMode) -> None:
        self._invocation = invocation
        self._mode = mode
        self._begun = False
        self._items: list[Item] | None = None
        """The receiver's; None where there is something to do on a loop before one is taken."""
        self._on_loop: LoopReceiver | None = None
        self._on_thread: BlockingReceiver | None = None

    def pass_on_to(self, successor: AnyIterator) -> AnyIterator:
        """Has another iterator go on from here."""
        successor._on_loop, successor._on_thread = self._on_loop, self._on_thread
        successor._begun, self._begun = self._begun, False
        return successor

    def _begin(self) -> None:
        if not self._begun:
            self._invocation.begin()
            self._begun = True

    def _close(self) -> None:
        """Unless the stream is another iterator's."""
        if self._begun or not self._invocation.begun:
            self._invocation.cancel()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a stream cannot be copied or pickled; its response can")

    def __del__(self) -> None:
        if getattr(self, "_begun", False):  # absent when __init__ was interrupted
            self._invocation.drop()


class AsyncStreamIterator(BaseIterator[Item]):
    """Iterates in an event loop, and only there: frameworks ask an object which kind it is."""

    __slots__ = ()

    def __aiter__(self) -> AsyncStreamIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        items = self._items
        if items is None:
            items = await self._prepare()
        receiver: Any
        try:
            while not items:
                receiver = self._on_loop
                if receiver.ended:
                    break
                await receiver.wait()
            else:
                return items.pop()
        except RuntimeError:
            raise  # misuse, which leaves the stream as it is
        except BaseException:
            self._invocation.stop()
            raise
        if receiver.builder.failed:
            raise receiver.builder.error()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Closes the connection, as for contextlib.aclosing()."""
        self._close()

    async def _prepare(self) -> list[Item]:
        """Starts or joins the stream, once. On trio a token is a checkpoint, too: a cancelled task
        takes none, though there may be some left."""
        if self._on_loop is None:
            self._begin()
        try:
            if self._on_loop is None:
                queue = self._invocation.start_queue()
                if queue is not None:
                    await self._invocation.wait_in(queue)
                self._on_loop = self._invocation.join_on_loop(self._mode)
            checkpoint = self._on_loop.client.checkpoint
            if checkpoint is None:
                self._items = self._on_loop.items
            else:
                await checkpoint()
            return self._on_loop.items
        except RuntimeError:
            raise
        except BaseException:
            self._invocation.stop()
            raise


class BlockingStreamIterator(BaseIterator[Item]):
    """Iterates without an event loop; blocks, and lets other threads run."""

    __slots__ = ()

    def __iter__(self) -> BlockingStreamIterator[Item]:
        return self

    def __next__(self) -> Item:
        receiver = self._on_thread
        if receiver is None:
            self._begin()
        try:
            if receiver is None:
                receiver = self._on_thread = self._invocation.join_on_thread(self._mode)
            items = receiver.items
            while not items:
                if receiver.ended and not items:  # the last ones may have come in between
                    if receiver.builder.failed:
                        raise receiver.builder.error()
                    raise StopIteration
                receiver.wait()
            item: Item = items.pop()
            return item
        except BaseException:
            self._invocation.stop_on_thread()
            raise

    def close(self) -> None:
        """Closes the connection, as for contextlib.closing()."""
        self._close()


class StreamIterator(AsyncStreamIterator[Item], BlockingStreamIterator[Item]):
    """For both kinds of loop."""

    __slots__ = ()
