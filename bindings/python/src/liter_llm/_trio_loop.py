"""TrioLoop: a run of trio, with the methods of an asyncio loop that this package uses (HostLoop).

Descriptors are watched, and functions behind `api_key` asked, by system tasks of trio: these end
with the run, and no error of theirs may leave them, as that would end the program.
"""

from __future__ import annotations

import logging
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

_loop: trio.lowlevel.RunVar[TrioLoop] = trio.lowlevel.RunVar("liter_llm")


def get_running_loop() -> TrioLoop:
    """The one of this run; RuntimeError outside of trio."""
    try:
        return _loop.get()
    except LookupError:
        loop = TrioLoop()
        _loop.set(loop)
        return loop


class TrioLoop:
    """What is called here has to be called by a task of the run, but for call_soon_threadsafe() and
    the cancel() of a task."""

    get_running_loop = staticmethod(get_running_loop)
    checkpoint = staticmethod(trio.lowlevel.checkpoint_if_cancelled)

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._watches: dict[int, _Watch] = {}

    def create_future(self) -> TrioFuture:
        return TrioFuture()

    def create_task(self, coroutine: Coroutine[Any, Any, Any]) -> TrioTask:
        """In a copy of the caller's context."""
        task = TrioTask(self, coroutine)
        trio.lowlevel.spawn_system_task(task.run, context=copy_context())
        return task

    def call_soon_threadsafe(self, call: Callable[[], object]) -> None:
        """Raises a RuntimeError when the run is over."""
        self._token.run_sync_soon(_call, call)

    def run_in_executor(
        self, _: None, function: Callable[..., Any], *arguments: Any
    ) -> Awaitable[Any]:
        """A thread that is not waited for any more goes on until its function returns."""
        return trio.to_thread.run_sync(function, *arguments, abandon_on_cancel=True)

    def add_reader(self, descriptor: int, call: Callable[[], object]) -> None:
        """Only the system task keeps `call`, and drops it when the run ends."""
        watch = self._watches[descriptor] = _Watch(descriptor)
        trio.lowlevel.spawn_system_task(watch.run, call)

    def remove_reader(self, descriptor: int) -> None:
        watch = self._watches.pop(descriptor, None)
        if watch is not None:
            watch.stopped = True
            trio.lowlevel.notify_closing(descriptor)

    def is_closed(self) -> bool:
        try:
            self._token.run_sync_soon(int)
        except trio.RunFinishedError:
            return True
        return False


class TrioFuture:
    """Is awaited by one task, until it is set."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = trio.Event()

    def done(self) -> bool:
        return self._event.is_set()

    def set_result(self, _: None) -> None:
        self._event.set()

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield from self._event.wait().__await__()
        finally:
            self._event.set()  # a reader that was cancelled waits no more


class TrioTask:
    """A coroutine in the background; its error waits for result()."""

    __slots__ = ("_callbacks", "_coroutine", "_error", "_loop", "_result", "_scope")

    def __init__(self, loop: TrioLoop, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._loop = loop
        self._coroutine: Coroutine[Any, Any, Any] | None = coroutine
        self._scope = trio.CancelScope()
        self._callbacks: list[Callable[[Any], object]] = []
        self._result: Any = None
        self._error: BaseException | None = None

    async def run(self) -> None:
        """What trio runs."""
        coroutine, self._error = self._coroutine, RuntimeError("the task was cancelled")
        assert coroutine is not None
        try:
            with self._scope:
                self._result = await coroutine
                self._error = None
        except trio.Cancelled:
            raise  # the run ends
        except BaseException as error:
            self._error = error
        finally:
            self._coroutine = None
            for call in self._callbacks:
                _call(call, self)

    def done(self) -> bool:
        return self._coroutine is None

    def result(self) -> Any:
        error, self._error = self._error, None  # else its frames would keep it in a circle
        if error is not None:
            raise error
        return self._result

    def cancel(self) -> None:
        """From any thread; a RuntimeError when the run is over."""
        if not self.done():
            self._loop.call_soon_threadsafe(self._scope.cancel)

    def add_done_callback(self, call: Callable[[Any], object]) -> None:
        self._callbacks.append(call)


class _Watch:
    """Calls, whenever a descriptor can be read."""

    __slots__ = ("_descriptor", "stopped")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.stopped = False

    async def run(self, call: Callable[[], object]) -> None:
        """What trio runs."""
        try:
            while not self.stopped:
                await trio.lowlevel.wait_readable(self._descriptor)
                if not self.stopped:
                    _call(call)
        except trio.ClosedResourceError:
            return


def _call(call: Callable[..., object], *arguments: Any) -> None:
    """Calls it; an error is logged, as loops of asyncio do it."""
    try:
        call(*arguments)
    except Exception:
        logging.getLogger("liter_llm").exception("an error in a callback")
