"""StartQueue: lets an event loop go on while very many streams are started.

A start costs some 25 us. Where a program starts ten thousand streams at once, its loop would do
nothing else for a quarter of a second: it would neither take the first tokens of those that were
started first, nor run any other task. So each turn of the loop starts a limited number, and the
others wait for the next turns, in the order in which they came.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ._host import call_soon, get_running_loop

if TYPE_CHECKING:
    from ._host import HostFuture, HostLoop

STARTS_PER_TURN = 1024
"""Some 25 ms."""


class StartQueue:
    """The starts on one event loop, which alone calls it.

    Ctrl-C may come at any line: a future that is not taken off the queue is set by a later turn."""

    __slots__ = ("_waiting", "started")

    def __init__(self) -> None:
        self.started = 0
        """How many since the loop last went on."""
        self._waiting: deque[HostFuture] = deque()

    def is_full(self) -> bool:
        """Whether the next start has to wait."""
        return self.started >= STARTS_PER_TURN or bool(self._waiting)

    def wait(self) -> HostFuture:
        """A future to await before a start; a task that is cancelled meanwhile holds up nobody."""
        loop = get_running_loop()
        future = loop.create_future()
        if not self._waiting:
            self._ask_for_turn(loop)
        self._waiting.append(future)
        return future

    def _ask_for_turn(self, loop: HostLoop) -> None:
        call_soon(loop, lambda: self._take_turn(loop))

    def _take_turn(self, loop: HostLoop) -> None:
        """Lets as many go on as a turn may start."""
        waiting, admitted = self._waiting, 0
        try:
            self.started = 0
            while waiting and admitted < STARTS_PER_TURN:
                future = waiting[0]
                if not future.done():
                    future.set_result(None)
                    admitted += 1
                waiting.popleft()
        finally:
            if waiting:
                self._ask_for_turn(loop)
