"""LoopClient: the native client of one event loop, which polls it when the library wakes it.

The library writes to a descriptor (an eventfd, or a pipe where there is none); the loop watches it
and polls once for each wake. Nothing here runs on a thread of the library. For loops that
cannot watch a descriptor there is _poll_thread. A loop is asyncio's, or trio's (_host).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol

from . import _process_hooks
from ._host import call_soon, get_running_loop
from ._key_function import ask_on_loop
from ._native_client import NativeClient, Receiver
from ._platform import close_descriptors, make_descriptors, silence_descriptors
from ._start_queue import StartQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._api_key import KeyFunction
    from ._base_builder import MakeBuilder
    from ._host import Checkpoint, HostFuture, HostLoop, HostTask
    from ._receiver import ReadMode
    from ._request import SecretJson


_PLAIN_FUTURE: Any = None
"""The kind of future whose callbacks can be looked at; PyPy has none."""
with contextlib.suppress(ImportError):
    import _asyncio

    if hasattr(_asyncio.Future, "_callbacks"):
        _PLAIN_FUTURE = _asyncio.Future


class Waiter(Protocol):
    """What is told of news, once: a future, or a row of a map."""

    def done(self) -> bool: ...

    def set_result(self, result: None, /) -> None: ...


class LoopReceiver(Receiver):
    """Read by a task, which waits for one future."""

    __slots__ = ("_asking", "waiter")

    client: LoopClient

    def __init__(
        self,
        mode: ReadMode,
        client: LoopClient,
        owner: object,
        collect: bool,
        make_builder: MakeBuilder | None = None,
    ) -> None:
        super().__init__(mode, client, owner, collect, make_builder)
        self.waiter: Waiter | None = None
        self._asking: HostTask | None = None

    def wake(self) -> None:
        waiter = self.waiter
        if waiter is None:
            return
        if self.items or self.ended:
            steps = self.client.steps
            if steps is not None:
                steps.add(waiter)
            elif not waiter.done():
                waiter.set_result(None)
            self.waiter = None
        elif self.delivered - self._acknowledged >= self._acknowledge_at:
            self.acknowledge()

    def ask_key(self) -> None:
        """A task of the loop asks, in the context of the request."""
        loop, function = self.client.loop(), self.key_function
        if loop is not None and function is not None:
            context = Context() if self.context is None else self.context.copy()
            self._asking = context.run(loop.create_task, self._answer_key(function))

    async def _answer_key(self, function: KeyFunction) -> None:
        try:
            answer = await ask_on_loop(function)
        except BaseException as error:
            own = error.__traceback__
            # Without this frame, which would keep the error in a circle.
            self.refuse_key(error.with_traceback(own and own.tb_next))
            if not isinstance(error, Exception):
                raise
        else:
            self.client.answer(self.number, answer)

    def _feed_end(self, data: bytes, failed: bool) -> None:
        super()._feed_end(data, failed)
        if self._asking is not None:
            self._stop_asking()

    def fail(self, kind: str, message: str) -> None:
        super().fail(kind, message)
        self._stop_asking()

    def _stop_asking(self) -> None:
        """Nobody waits for a key any more."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()

    def wait(self) -> HostFuture:
        """A future to await, when the reader has nothing to take."""
        client = self.client
        is_checked = client.steps is not None  # this is a callback of its loop
        if not is_checked and os.getpid() != _process_hooks.process:
            _process_hooks.notice_fork()
        if self.delivered - self._acknowledged >= self._acknowledge_at:
            self.acknowledge()
        if self.waiter is not None and not self.waiter.done():
            raise RuntimeError("another task is waiting for this stream; one reader at a time")
        loop = client.loop()
        if loop is None or not (is_checked or loop is client.get_running_loop()):
            raise RuntimeError("this stream was started on another event loop")
        waiter = self.waiter = loop.create_future()
        if self.ended:  # meanwhile: a fork was noticed
            waiter.set_result(None)
        return waiter


class TaskSteps:
    """Lets the tasks that waited for news go on inside the callback that brought these.

    A future that is set asks its loop to call the task later: a handle, a place in the loop's queue
    and a call, together some 0.8 us. Here the task is called at once, by the callback that it gave
    the future; it goes on in its own context, as the loop's current task, and raises into itself,
    as when the loop calls it.

    Ctrl-C may come at any line: what is left is done by the next run()."""

    __slots__ = ("_begun", "_waiters", "add")

    def __init__(self) -> None:
        self._waiters: list[Any] = []
        self._begun: tuple[Callable[[Any], object], Context, Any] | None = None
        """A task that its future does not know any more, and that was not called."""
        self.add = self._waiters.append
        """Takes a future that has news. It must be run() soon."""

    def run(self) -> None:
        """Has all tasks go on, in the order of their news, and those that get news meanwhile."""
        if self._begun is not None:
            self._finish(*self._begun)
        for waiter in self._waiters:
            if waiter.done():
                continue
            # Nothing but a task's own callback is known to be fit for it, and of other kinds of
            # futures, such as those that let loops nest, not even that.
            callbacks = waiter._callbacks if type(waiter) is _PLAIN_FUTURE else None
            if callbacks is None or len(callbacks) != 1:
                waiter.set_result(None)
                continue
            [(call, context)] = callbacks
            self._begun = call, context, waiter
            waiter.remove_done_callback(call)
            waiter.set_result(None)
            self._begun = None
            context.run(call, waiter)
        self._waiters.clear()

    def _finish(self, call: Callable[[Any], object], context: Context, waiter: Any) -> None:
        """What run() does to one waiter, from wherever it was left."""
        waiter.remove_done_callback(call)
        if not waiter.done():
            waiter.set_result(None)
        self._begun = None
        context.run(call, waiter)


class LoopClient(NativeClient[LoopReceiver]):
    """Lives as long as its loop, or until it is closed and its streams have ended."""

    def __init__(self, loop: HostLoop, options: SecretJson, acknowledge_at: int) -> None:
        super().__init__(acknowledge_at)
        self.loop = weakref.ref(loop)
        self.get_running_loop: Callable[[], HostLoop] = getattr(
            loop, "get_running_loop", asyncio.get_running_loop
        )
        """The one of the same kind: a token needs it, and asyncio's own is the fastest."""
        self.checkpoint: Checkpoint | None = getattr(loop, "checkpoint", None)
        """Raises in a task that was cancelled, where that is due; loops of asyncio have none."""
        self.starts = StartQueue()
        self._is_waking = False
        self._steps = TaskSteps()
        self.steps: TaskSteps | None = None
        """Where news are told as long as on_wake() runs."""
        self._released = True
        self._descriptors: tuple[int, ...] = ()
        self._closers: list[HostFuture] = []
        self._connect(loop, options)

    def is_usable_here(self) -> bool:
        """Whether a stream can be started by the caller."""
        return not self.closed and get_running_loop() is self.loop()

    def receive(
        self, mode: ReadMode, owner: object, collect: bool, make_builder: MakeBuilder | None = None
    ) -> LoopReceiver:
        """A receiver for a stream that is to be started."""
        self.starts.started += 1
        return LoopReceiver(mode, self, owner, collect, make_builder)

    def close(self) -> None:
        """Ends every stream with CLOSED, then releases the client. Any thread may call it."""
        if self._released:
            return
        super().close()  # the ENDs wake the loop, and the last of them releases the client
        loop = self.loop()
        if loop is not None and _is_running_here(loop):
            self._release_if_drained()
        elif not call_soon(loop, self._release_if_drained):
            self.loop_is_gone()

    async def wait_closed(self) -> None:
        """Returns when close() has released the client. Only for the client's own loop."""
        if not self._released:
            closer = get_running_loop().create_future()
            self._closers.append(closer)
            await closer

    def abandon(self) -> None:
        if not self._released:
            self._released = True
            silence_descriptors(self._descriptors)
            super().abandon()

    def forget(self, reason: str) -> None:
        """The loop, too, is shared with the parent: its selector must not be touched."""
        if not self._released:
            self._released = True
            close_descriptors(self._descriptors)
            super().forget(reason)

    def _connect(self, loop: HostLoop, options: SecretJson) -> None:
        self._descriptors = make_descriptors()
        reading, writing = self._descriptors[0], self._descriptors[-1]
        try:
            # The loop keeps the context in which a callback is added: must not be one request's.
            Context().run(loop.add_reader, reading, _WakeCallback(self))
            self.open(options, writing)
        except BaseException as error:
            with contextlib.suppress(NotImplementedError):
                loop.remove_reader(reading)
            close_descriptors(self._descriptors)
            if isinstance(error, OSError):
                raise _process_hooks.cannot_start(error) from None
            raise
        self._released = False

    def on_wake(self) -> None:
        """Empties the descriptor and takes everything there is with one poll."""
        if self._released:
            self._steps.run()  # what Ctrl-C left over
            return
        try:
            self._is_waking = True
            self.starts.started = 0
            if _may_step(self.loop()):
                self.steps = self._steps
            try:  # noqa: SIM105 - contextlib.suppress is three calls more for each wake
                os.read(self._descriptors[0], 4096)
            except BlockingIOError:
                pass
            counts = self._counts
            if counts and self._index < counts[0]:
                self.dispatch()  # what Ctrl-C left over
            if self.poll(0):
                self.dispatch()
            if self.deferred:
                self.deferred.run()
            self._steps.run()
        except BaseException:
            call_soon(self.loop(), self.on_wake)
            raise
        finally:
            self._is_waking = False
            self.steps = None
        if self.closed:
            self._release_if_drained()

    def loop_is_gone(self) -> None:
        """The loop was closed by somebody else: nobody can be woken any more."""
        if not self._released:
            for receiver in self.receivers.values():
                receiver.waiter = None
            self.closed = True
            self._release()

    def _release_if_drained(self) -> None:
        if not self.receivers and not self._released and not self._is_waking:
            # First, so that the callback, when it is dropped, does not take it for the end.
            self._released = True
            loop = self.loop()
            if loop is not None:
                loop.remove_reader(self._descriptors[0])
            self._release()

    def _release(self) -> None:
        self._released = self._stopped = True
        self._fail_all("the event loop was closed")
        self.free()  # after this nothing is written to the descriptors, so they may go
        close_descriptors(self._descriptors)
        for closer in self._closers:
            if not closer.done():
                closer.set_result(None)


class _WakeCallback:
    """The loop's callback. Only the loop holds it, and drops it when it is closed: so the client is
    told, whoever closed the loop."""

    __slots__ = ("_client",)

    def __init__(self, client: LoopClient) -> None:
        self._client = client

    def __call__(self) -> None:
        self._client.on_wake()

    def __del__(self) -> None:
        if hasattr(self, "_client"):  # __init__ was not interrupted
            self._client.loop_is_gone()


def _is_running_here(loop: HostLoop) -> bool:
    try:
        return get_running_loop() is loop
    except RuntimeError:
        return False


def _may_step(loop: Any) -> bool:
    """Only loops of asyncio; not in debug mode, in which a loop measures each task that it calls;
    and not inside of a task, where loops are made to nest."""
    return (
        isinstance(loop, asyncio.AbstractEventLoop)
        and not loop.get_debug()
        and asyncio.current_task(loop) is None
    )
