"""PollThreadClient: for event loops that cannot watch a descriptor, such as Windows' default one.

A thread blocks in poll(), has the loop dispatch what came, and polls again. It ends with the loop.
"""

from __future__ import annotations

import threading
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING

from ._host import call_soon
from ._loop_client import LoopClient
from ._platform import LOOPS_WATCH_DESCRIPTORS
from ._process_hooks import cannot_start

if TYPE_CHECKING:
    from ._host import HostLoop
    from ._request import SecretJson

_LOOP_CHECK_MS = 500


def make_loop_client(loop: HostLoop, options: SecretJson, acknowledge_at: int) -> LoopClient:
    """The client that suits the loop."""
    if not LOOPS_WATCH_DESCRIPTORS:
        return PollThreadClient(loop, options, acknowledge_at)
    try:
        return LoopClient(loop, options, acknowledge_at)
    except NotImplementedError:
        return PollThreadClient(loop, options, acknowledge_at)


class PollThreadClient(LoopClient):
    """For loops without add_reader: a thread polls, the loop dispatches, the thread polls again."""

    def _connect(self, loop: HostLoop, options: SecretJson) -> None:
        self.open(options, None)
        self._may_end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="liter_llm", daemon=True)
        self._released = False
        try:
            Context().run(self._thread.start)  # newer threads keep the context of their starter
        except RuntimeError as error:
            self._released = True
            self.free()
            raise cannot_start(error) from None

    def abandon(self) -> None:
        super().abandon()
        self._may_end.set()
        self._thread.join()

    def _release(self) -> None:
        """Nothing of this client is left when its closers wake, its thread included."""
        super()._release()
        self._may_end.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _release_if_drained(self) -> None:
        """Does nothing: the polling thread releases the client after its last poll."""

    def _run(self) -> None:
        while not self._released:
            found = self.poll(_LOOP_CHECK_MS)
            if found and not self._hand_over():
                break
            if not found and (self.closed or _is_closed(self.loop())):
                break
        while not self._released:
            if not call_soon(self.loop(), self._release):
                self.loop_is_gone()
                return
            self._may_end.wait(_LOOP_CHECK_MS / 1000)  # again, if Ctrl-C kept the loop from it

    def _hand_over(self) -> bool:
        """Waits until the loop has dispatched the events, which live until the next poll. Asks the
        loop again after a while, as Ctrl-C may have interrupted it before it called us."""
        dispatched = threading.Event()
        while call_soon(self.loop(), partial(self._dispatch_on_loop, dispatched)):
            if dispatched.wait(_LOOP_CHECK_MS / 1000):
                return True
            if self._released or _is_closed(self.loop()):
                return False
        return False

    def _dispatch_on_loop(self, dispatched: threading.Event) -> None:
        if dispatched.is_set():
            return  # the loop was slow, not interrupted; these events are gone
        self.starts.started = 0
        try:
            self.dispatch()
        finally:
            dispatched.set()
        if self.deferred:
            self.deferred.run()


def _is_closed(loop: HostLoop | None) -> bool:
    return loop is None or loop.is_closed()
