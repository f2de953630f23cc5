"""Line: one native client with the streams that use it. Hub and BlockingClient say who polls.

Polled events live in the native client's memory, so nothing frees it while they are being routed.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import deque
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._receiver import route

if TYPE_CHECKING:
    from ._library import NativeClient
    from ._receiver import Channel
    from ._request import Sealed

AnyChannel = TypeVar("AnyChannel", bound="Channel")

_EXIT_WAIT_SECONDS = 1.0


class Line(Generic[AnyChannel]):
    """Numbers streams, starts and ends them, and routes what was polled."""

    def __init__(self, give_back_at: int) -> None:
        self.give_back_at = give_back_at
        self.channels: dict[int, AnyChannel] = {}
        self.closed = False
        self._stopped = False
        self._native: NativeClient
        self._numbers = itertools.count(1)
        self._routing = threading.RLock()
        self._is_routing = False
        self._counts: list[int] = []  # of the polled events, as long as some of them are not routed
        self._index = 0
        self._logs: deque[tuple[Context, Any]] = deque()  # lines that are not yet handed over

    def start(self, channel: AnyChannel, request: Sealed) -> None:
        """Starts a stream; raises what the boundary refuses. Whatever is raised, the caller has to
        lose() the channel: Ctrl-C may come after the start."""
        channel.number = next(self._numbers)
        channel.context = copy_context()
        self.channels[channel.number] = channel
        self._native.start(channel.number, request)

    def lose(self, channel: Channel, kind: str, message: str) -> None:
        """Ends a stream on this side, wherever it is: started or not, ended or not."""
        channel.cancel()
        self.channels.pop(channel.number, None)
        channel.fail(kind, message)

    def cancel(self, number: int) -> None:
        if not self._stopped:
            self._native.cancel(number)

    def consumed(self, number: int, size: int) -> None:
        self._native.consumed(number, size)

    def abandon(self) -> None:
        """The interpreter ends: frees the core's side and wakes nobody: CPython may crash when a
        daemon thread wakes just as it is finalized."""
        self.closed = self._stopped = True
        if self._routing.acquire(timeout=_EXIT_WAIT_SECONDS):
            self._free()
            self._routing.release()

    def forget(self, reason: str) -> None:
        """In a forked child: the native client belongs to the parent, and so may the lock."""
        self.closed = self._stopped = True
        self._native.forget()
        self._fail_all(reason)

    def _free(self) -> None:
        """Not under the feet of _route: a user's log handler may close the client."""
        with self._routing:
            self._stopped = True
            if not self._is_routing:
                self._free_native()

    def _free_native(self) -> None:
        self._native.free()

    def _poll(self, timeout_ms: int) -> bool:
        """Whether there is something to route. What an interrupt left over comes first."""
        counts = self._counts
        if counts and self._index >= counts[0]:
            counts.clear()
        if not counts:
            self._index = 0
            self._native.poll(timeout_ms, counts)
        return self._index < counts[0]

    def _route(self) -> None:
        """Brings polled events to their channels, as long as they live. Ctrl-C may come at any
        line."""
        counts = self._counts
        with self._routing:
            try:
                self._is_routing = True
                events = self._native.events
                while counts and self._index < counts[0] and not self._stopped:
                    event = events[0][self._index]
                    number = event.stream
                    try:
                        self._index += 1
                        route(self.channels, event, self._logs)
                    except BaseException:
                        self._miss(number)
                        raise
            finally:
                self._is_routing = False
                if self._stopped:
                    self._free_native()

    def _write_logs(self) -> None:
        """Hands lines of the log over, each in the context of its request. Never while events are
        routed or others wait for it: a user's handler may do anything, such as call in again."""
        while self._logs:
            try:
                context, fields = self._logs.popleft()
            except IndexError:
                return  # another thread was quicker
            with contextlib.suppress(Exception):  # a user's filter or handler may raise
                # A copy, as a context that is in use cannot be entered.
                context.copy().run(_write_log, fields)

    def _miss(self, number: int) -> None:
        """An event was interrupted on its way: its stream cannot go on as if it were whole."""
        channel = self.channels.get(number)
        if channel is not None:
            self.lose(channel, "INTERNAL", "the delivery of an event was interrupted")

    def _fail_all(self, reason: str) -> None:
        channels = list(self.channels.values())
        self.channels.clear()
        for channel in channels:
            # In a forked child a loop in debug mode takes no call from this thread.
            with contextlib.suppress(RuntimeError):
                channel.fail("CLOSED", reason)


def _write_log(fields: Any) -> None:
    from ._log import write_log

    write_log(fields)
