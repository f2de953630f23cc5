"""ThreadHub: for loops that cannot watch a descriptor, such as the default one of Windows.

A thread blocks in poll, has the loop route what came, and polls again. It ends with the loop.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ._hub import Hub, call_soon, cannot_start
from ._library import NativeClient

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ._request import Sealed

_LOOP_CHECK_MS = 500


def make_hub(loop: AbstractEventLoop, options: Sealed, give_back_at: int) -> Hub:
    """The hub that suits the loop."""
    try:
        return Hub(loop, options, give_back_at)
    except NotImplementedError:
        return ThreadHub(loop, options, give_back_at)


class ThreadHub(Hub):
    """For loops without add_reader: a thread polls, the loop routes, the thread polls again."""

    def _connect(self, loop: AbstractEventLoop, options: Sealed) -> None:
        self._descriptors = ()
        self._native = NativeClient(options, None)
        self._routed = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="liter_llm", daemon=True)
        self._released = False
        try:
            self._thread.start()
        except RuntimeError as error:
            self._released = True
            self._native.free()
            raise cannot_start(error) from None

    def abandon(self) -> None:
        super().abandon()
        self._thread.join()

    def _release(self) -> None:
        """Nothing of this hub is left when its closers wake, its thread included."""
        super()._release()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _let_go_if_drained(self) -> None:
        """Leaves it to the thread: poll has returned nothing for good."""

    def _run(self) -> None:
        while not self._released:
            found = self._poll(_LOOP_CHECK_MS)
            if found and not self._hand_over():
                break
            if not found and (self.closed or _is_closed(self.loop())):
                break
        if not self._released and not call_soon(self.loop(), self._release):
            self.loop_is_gone()

    def _hand_over(self) -> bool:
        """Waits until the loop has routed the events, which live until the next poll."""
        if not call_soon(self.loop(), self._take):
            return False
        while not self._routed.acquire(timeout=_LOOP_CHECK_MS / 1000):
            if self._released or _is_closed(self.loop()):
                return False
        return True

    def _take(self) -> None:
        try:
            self._route()
        finally:
            self._routed.release()


def _is_closed(loop: AbstractEventLoop | None) -> bool:
    return loop is None or loop.is_closed()
