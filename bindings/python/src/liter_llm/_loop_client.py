"""Hub: one native client and one bell for one event loop and one LiterLlm.

The bell is an eventfd (a pipe where there is none) that the core writes to; the loop watches it
and each ring is answered by one poll. Nothing here runs on a thread of the core.
Where a loop cannot watch a descriptor, there is ThreadHub.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from contextvars import Context
from typing import TYPE_CHECKING

from . import _process_hooks, _wake_descriptor
from ._library import NativeClient
from ._native_client import Line
from ._receiver import Channel

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable

    from ._mode import Mode
    from ._request import Sealed


class AsyncChannel(Channel):
    """Read by a task, which waits in one future."""

    __slots__ = ("hub", "waiter")

    def __init__(self, mode: Mode, hub: Hub, owner: object, collect: bool) -> None:
        super().__init__(mode, hub, hub.give_back_at, owner, collect)
        self.hub = hub
        self.waiter: Future[None] | None = None

    def wake(self) -> None:
        waiter = self.waiter
        if waiter is None:
            return
        if self.items or self.ended:
            if not waiter.done():
                waiter.set_result(None)
            self.waiter = None
        else:
            self.give_back()

    def arm(self) -> Future[None]:
        """What to await, when there is nothing to do for the reader."""
        _process_hooks.notice_fork()
        self.give_back()
        if self.waiter is not None and not self.waiter.done():
            raise RuntimeError("another task is waiting for this stream; one reader at a time")
        loop = asyncio.get_running_loop()
        if loop is not self.hub.loop():
            raise RuntimeError("this stream was started on another event loop")
        self.waiter = loop.create_future()
        return self.waiter


class Hub(Line[AsyncChannel]):
    """The line of one event loop."""

    def __init__(self, loop: AbstractEventLoop, options: Sealed, give_back_at: int) -> None:
        super().__init__(give_back_at)
        self.loop = weakref.ref(loop)
        self._is_ringing = False
        self._released = True
        self._closers: list[Future[None]] = []
        self._connect(loop, options)

    def close(self) -> None:
        """Ends every stream with CLOSED and then lets go. Any thread."""
        if self._released:
            return
        self.closed = True
        self._native.close()  # the ENDs ring the bell, and the last of them lets go
        loop = self.loop()
        if loop is not None and _is_running_here(loop):
            self._let_go_if_drained()
        elif not call_soon(loop, self._let_go_if_drained):
            self.loop_is_gone()

    async def wait_closed(self) -> None:
        """Returns when close() has let go. Only on the hub's own loop."""
        if not self._released:
            closer = asyncio.get_running_loop().create_future()
            self._closers.append(closer)
            await closer

    def abandon(self) -> None:
        if not self._released:
            self._released = True
            self._unhang_bell()
            super().abandon()

    def forget(self, reason: str) -> None:
        """The loop, too, is shared with the parent: its selector must not be touched."""
        if not self._released:
            self._released = True
            self._close_descriptors()
            super().forget(reason)

    def _connect(self, loop: AbstractEventLoop, options: Sealed) -> None:
        self._descriptors = _wake_descriptor.make_descriptors()
        reading, writing = self._descriptors[0], self._descriptors[-1]
        try:
            # The loop keeps the context of who adds a callback: not that of one request.
            Context().run(loop.add_reader, reading, _Ring(self))
            self._native = NativeClient(options, writing)
        except BaseException as error:
            with contextlib.suppress(NotImplementedError):
                loop.remove_reader(reading)
            self._close_descriptors()
            if isinstance(error, OSError):
                raise _wake_descriptor.cannot_start(error) from None
            raise
        self._released = False

    def ring(self) -> None:
        """Reads the bell silent and takes all that there is with one poll."""
        if self._released:
            return
        try:
            self._is_ringing = True
            _wake_descriptor.read_silent(self._descriptors[0])
            self._route()  # what Ctrl-C left over
            if self._poll(0):
                self._route()
            if self._logs:
                self._write_logs()
        except BaseException:
            call_soon(self.loop(), self.ring)
            raise
        finally:
            self._is_ringing = False
        if self.closed:
            self._let_go_if_drained()

    def _unhang_bell(self) -> None:
        """Puts something else in its place: a selector drops what is closed, and may not be touched
        from here, as the loop may run in another thread. The core's last rings wake nobody."""
        with contextlib.suppress(OSError):
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in self._descriptors:
                os.dup2(nothing, descriptor)

    def loop_is_gone(self) -> None:
        """The loop was closed over our head: nobody can be woken any more."""
        if not self._released:
            for channel in self.channels.values():
                channel.waiter = None
            self.closed = True
            self._release()

    def _let_go_if_drained(self) -> None:
        if not self.channels and not self._released and not self._is_ringing:
            self._released = True  # so that the ring, when dropped, does not take it for the end
            loop = self.loop()
            if loop is not None:
                loop.remove_reader(self._descriptors[0])
            self._release()

    def _release(self) -> None:
        self._released = self._stopped = True
        self._fail_all("the event loop was closed")
        self._free()  # after this the bell is silent, so its descriptor may go
        self._close_descriptors()
        for closer in self._closers:
            if not closer.done():
                closer.set_result(None)

    def _close_descriptors(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)


class _Ring:
    """The loop's callback. Only the loop holds it: when the loop is closed and drops it, the hub
    knows, whoever closed it and however."""

    __slots__ = ("_hub",)

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def __call__(self) -> None:
        self._hub.ring()

    def __del__(self) -> None:
        if hasattr(self, "_hub"):  # __init__ was not interrupted
            self._hub.loop_is_gone()


def _is_running_here(loop: AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def call_soon(loop: AbstractEventLoop | None, call: Callable[[], None]) -> bool:
    """Whether the loop still takes calls. This one runs in nobody's context."""
    if loop is None:
        return False
    try:
        Context().run(loop.call_soon_threadsafe, call)
    except RuntimeError:
        return False
    return True
