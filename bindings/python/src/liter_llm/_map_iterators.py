"""The iterators of a Map: they read the input, start rows and wait for them.

As with a stream, the iterator is held by the `for` statement alone: a loop that is left drops it,
and that cancels what is in flight.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union

from . import _lazy_types as late
from ._host import get_running_loop
from ._map_run import MapRun, Row

if TYPE_CHECKING:
    from ._blocking_client import BlockingReceiver
    from ._host import HostTask

_END = object()


class AsyncMapIterator:
    """Iterates in an event loop, and only there."""

    __slots__ = ("__weakref__", "_reading", "_run", "_source")

    def __init__(self, run: MapRun, requests: Union[Iterable[Any], AsyncIterable[Any]]) -> None:
        self._run = run
        self._source: Union[Iterator[Any], AsyncIterator[Any]] = (
            _aiter(requests) if isinstance(requests, AsyncIterable) else iter(requests)
        )
        self._reading: Optional[HostTask] = None

    def __aiter__(self) -> AsyncMapIterator:
        return self

    async def __anext__(self) -> late.MapResult:
        run = self._run
        checkpoint = getattr(get_running_loop(), "checkpoint", None)
        try:
            if checkpoint is not None:
                await checkpoint()
            while True:
                run.collect()
                self._fill()
                result = run.take()
                if result is not None:
                    return result
                if run.is_over():
                    raise run.take_failure() or StopAsyncIteration
                await self._wait()
        except BaseException:
            self._close()
            raise

    async def aclose(self) -> None:
        """Cancels what is in flight, as for contextlib.aclosing()."""
        self._close()

    def _fill(self) -> None:
        run = self._run
        while run.has_room() and run.start_queue() is None:
            try:
                request = self._next_request()
            except StopIteration:
                run.stop_reading()
            except Exception as error:
                run.stop_reading(error)
            else:
                if request is _END:
                    return  # for now
                run.add(request, _join_on_loop)

    def _next_request(self) -> Any:
        """_END when an async iterable has none yet; StopIteration when there are no more."""
        if isinstance(self._source, Iterator):
            return next(self._source)
        if self._reading is None:
            run = self._run  # and not the iterator, which the task must not keep
            self._reading = get_running_loop().create_task(_next_of(self._source))
            self._reading.add_done_callback(lambda _: run.wake())
        if not self._reading.done():
            return _END
        reading, self._reading = self._reading, None
        request = reading.result()
        if request is _END:
            raise StopIteration
        return request

    async def _wait(self) -> None:
        """Returns when a row has ended, or another may be started, or the input has another
        request."""
        run = self._run
        if run.ended:
            return  # while others were started
        queue = run.start_queue() if run.has_room() else None
        awaited = get_running_loop().create_future() if queue is None else queue.wait()
        run.wake = lambda: None if awaited.done() else awaited.set_result(None)
        await awaited

    def _close(self) -> None:
        self._run.close()
        reading, self._reading = self._reading, None
        if reading is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                reading.cancel()

    def __del__(self) -> None:
        if hasattr(self, "_reading"):  # else __init__ was interrupted
            self._close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a map cannot be copied or pickled; its results can")


class BlockingMapIterator:
    """Iterates without an event loop; blocks, and lets other threads run."""

    __slots__ = ("__weakref__", "_run", "_source", "_waiter")

    def __init__(self, run: MapRun, requests: Iterable[Any]) -> None:
        self._run = run
        self._source = iter(requests)
        self._waiter: Optional[BlockingReceiver] = None

    def __iter__(self) -> BlockingMapIterator:
        return self

    def __next__(self) -> late.MapResult:
        run = self._run
        try:
            while True:
                run.collect()
                self._fill()
                result = run.take()
                if result is not None:
                    return result
                if run.is_over():
                    raise run.take_failure() or StopIteration
                self._wait()
        except BaseException:
            run.close()
            raise

    def close(self) -> None:
        """Cancels what is in flight, as for contextlib.closing()."""
        self._run.close()

    def _fill(self) -> None:
        run = self._run
        while run.has_room():
            try:
                request = next(self._source)
            except StopIteration:
                run.stop_reading()
            except Exception as error:
                run.stop_reading(error)
            else:
                run.add(request, _join_on_thread)

    def _wait(self) -> None:
        """Returns when a row has ended, having asked for keys in between."""
        from ._map_waiter import wait_for_rows

        self._waiter = wait_for_rows(self._run, self._waiter)

    def __del__(self) -> None:
        if hasattr(self, "_waiter"):
            self._run.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a map cannot be copied or pickled; its results can")


def _aiter(requests: AsyncIterable[Any]) -> AsyncIterator[Any]:
    return requests.__aiter__()  # the builtin aiter() is of Python 3.10


async def _next_of(source: AsyncIterator[Any]) -> Any:
    try:
        return await source.__anext__()
    except StopAsyncIteration:
        return _END


def _join_on_loop(row: Row) -> None:
    receiver = row.invocation.join_on_loop("whole")
    receiver.waiter = row
    if receiver.ended:
        receiver.wake()


def _join_on_thread(row: Row) -> None:
    receiver = row.invocation.join_on_thread("whole")
    receiver.watch(row)
