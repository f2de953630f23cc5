"""BlockingClient: one native client for all threads that read without an event loop.

One of the waiting threads leads: it polls, with the interpreter lock released, and dispatches for
all. The others sleep until their stream has something, or until they have to lead. A poll lasts at
most POLL_MS, so that Ctrl-C is noticed. Under gevent and eventlet greenlets take turns in the same
way, and the one that leads waits for a descriptor instead of polling (_greenlets).

A signal handler interrupts whatever its thread is doing. If that thread is waiting for this client,
streams that the handler starts use another BlockingClient: the wait goes on only after the handler.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Protocol

from . import _process_hooks
from ._greenlets import get_ident, is_patched, let_others_run, make_lock, wait_readable
from ._key_function import ask_on_thread
from ._native_client import NativeClient, Receiver
from ._platform import close_descriptors, make_descriptors

if TYPE_CHECKING:
    from ._api_key import KeyFunction
    from ._base_builder import MakeBuilder
    from ._receiver import ReadMode
    from ._request import SecretJson

POLL_MS = 50
_SLEEP_SECONDS = 1.0
"""How often a sleeping thread checks that another one leads: the next to lead may be interrupted by
a signal handler that waits for something else."""
_INTERRUPTED = (
    "this signal handler interrupted a thread that waits for a stream of the same LiterLlm;"
    " start a new stream in the handler, do not read one that was started before"
)


class Watcher(Protocol):
    """Is told what happens to a receiver, by the thread that polls."""

    def notice(self, receiver: BlockingReceiver) -> None: ...


class BlockingReceiver(Receiver):
    """Read by a thread, which leads, or sleeps at a lock until it is released."""

    __slots__ = ("_awake", "_watcher", "asks", "sleeping")

    client: BlockingClient

    def __init__(
        self,
        mode: ReadMode,
        client: BlockingClient,
        owner: object,
        collect: bool,
        make_builder: MakeBuilder | None = None,
    ) -> None:
        super().__init__(mode, client, owner, collect, make_builder)
        self.sleeping = False
        self.asks = False
        self._watcher: Watcher | None = None
        self._awake = make_lock()
        self._awake.acquire()

    def wake(self) -> None:
        if self.sleeping:
            self.wake_again()

    def watch(self, watcher: Watcher) -> None:
        """Has another object be told whatever happens; then nobody waits for this receiver."""
        self._watcher = watcher
        self.sleeping = True  # for ever, so that each wake() gets there
        if self.ended or self.asks:
            watcher.notice(self)

    def wake_again(self) -> None:
        """An extra wake is harmless: the reader checks, and waits again. Safe in a signal handler
        and in __del__."""
        if self._watcher is not None:
            self._watcher.notice(self)
            return
        self.sleeping = False
        try:  # noqa: SIM105 - this is on the way of every token that a sleeping thread waits for
            self._awake.release()
        except RuntimeError:
            pass  # it was woken, and has not looked yet

    def sleep(self, seconds: float) -> bool:
        """Whether it was woken; Ctrl-C is noticed at once."""
        return self._awake.acquire(timeout=seconds)

    def is_ready(self) -> bool:
        """Whether the reader has something to do."""
        return bool(self.items) or self.ended or self.asks

    def ask_key(self) -> None:
        """The reader asks, in its own thread: another one may have polled."""
        self.asks = True
        self.wake()

    def wait(self) -> None:
        """Returns when the reader has something to do."""
        self.client.wait(self)
        if self.asks:
            self.answer_asked()

    def answer_asked(self) -> None:
        """Asks the function of api_key, in the thread of the reader."""
        self.asks = False
        if not self.ended and self.key_function is not None:
            self._answer_key(self.key_function)

    def _answer_key(self, function: KeyFunction) -> None:
        try:
            answer = ask_on_thread(function)
        except BaseException as error:
            self.refuse_key(error)
            raise
        self.client.answer(self.number, answer)

    def drop(self) -> None:
        super().drop()
        self.client.remove(self)  # the END may never be polled
        if self.observation is not None:
            self.client.observe_end(self)


class BlockingClient(NativeClient[BlockingReceiver]):
    """Lets one of the waiting threads poll for all."""

    def __init__(self, options: SecretJson, acknowledge_at: int) -> None:
        super().__init__(acknowledge_at)
        self.is_cooperative = is_patched()
        self._get_ident = get_ident if self.is_cooperative else threading.get_ident
        self._descriptors = make_descriptors() if self.is_cooperative else ()
        try:
            self.open(options, self._descriptors[-1] if self.is_cooperative else None)
        except BaseException:
            self._close_descriptors()
            raise
        self._mutex = threading.RLock()
        self._leader: BlockingReceiver | None = None
        self._sleepers: dict[BlockingReceiver, None] = {}
        self._waiting: dict[int, BlockingReceiver] = {}  # by thread, or greenlet

    def is_usable_here(self) -> bool:
        """Whether a stream that starts here and now can be waited for."""
        waits_beneath = self._get_ident() in self._waiting
        return not (waits_beneath or self.closed) and self.is_cooperative == is_patched()

    def receive(
        self, mode: ReadMode, owner: object, collect: bool, make_builder: MakeBuilder | None = None
    ) -> BlockingReceiver:
        """A receiver for a stream that is to be started."""
        return BlockingReceiver(mode, self, owner, collect, make_builder)

    def wait(self, receiver: BlockingReceiver) -> None:
        """Leads or sleeps until the receiver has items or has ended."""
        if os.getpid() != _process_hooks.process:
            _process_hooks.notice_fork()
        while not receiver.is_ready():
            self._wait_or_log(receiver)
            if self.deferred:
                self.deferred.run()

    def _wait_or_log(self, receiver: BlockingReceiver) -> None:
        """Like wait(), but also returns when there are log lines to write, which the leader must
        not do. Ctrl-C may come at any line: the finally sees what was claimed, as a claim names the
        receiver; the caller cancels."""
        thread = self._get_ident()
        if thread in self._waiting:
            raise RuntimeError(_INTERRUPTED)
        try:
            self._waiting[thread] = receiver
            while not receiver.is_ready() and not self.deferred:
                receiver.acknowledge()
                if self._claim(receiver):
                    self._lead()
                elif not receiver.is_ready():
                    receiver.sleep(_SLEEP_SECONDS)
                if _process_hooks.exiting:
                    _process_hooks.park_if_exiting()
        finally:
            try:
                self._resign(receiver, thread)
            except BaseException:
                self._resign(receiver, thread)  # else nobody leads any more
                raise

    def remove(self, receiver: BlockingReceiver) -> None:
        """Forgets a stream whose reader has gone."""
        self.receivers.pop(receiver.number, None)
        if self.closed and not self.receivers:
            self.free()

    def close(self) -> None:
        """Ends every stream with CLOSED; its reader polls the END; the last one frees it."""
        super().close()
        if not self.receivers:
            self.free()

    def forget(self, reason: str) -> None:
        super().forget(reason)
        self._close_descriptors()

    def abandon(self) -> None:
        self._stopped = True
        super().close()  # ends a poll, so that its thread releases the lock, and parks
        super().abandon()

    def _free_native(self) -> None:
        super()._free_native()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        descriptors, self._descriptors = self._descriptors, ()
        close_descriptors(descriptors)

    def _claim(self, receiver: BlockingReceiver) -> bool:
        """Whether this receiver leads; otherwise it is listed, to be woken when it has to lead."""
        with self._mutex:
            if self._leader is None:
                self._leader = receiver
            leads = self._leader is receiver
            if not leads:
                self._sleepers[receiver] = None
                receiver.sleeping = True
            return leads

    def _lead(self) -> None:
        """Polls once and dispatches the events."""
        with self._dispatching:
            found = self.poll(0 if self.is_cooperative else POLL_MS)
            if found:
                self.dispatch()
        if self._descriptors and not found:
            self._wait_readable()
        elif "greenlet" in sys.modules and is_patched():  # also for a stream that began before
            let_others_run()

    def _wait_readable(self) -> None:
        """Lets other greenlets run until the library writes."""
        wait_readable(self._descriptors[0])
        if self._descriptors:  # else the process was forked meanwhile
            with contextlib.suppress(BlockingIOError):
                os.read(self._descriptors[0], 4096)

    def _resign(self, receiver: BlockingReceiver, thread: int) -> None:
        """Wakes another waiting thread when no one leads any more."""
        with self._mutex:
            self._sleepers.pop(receiver, None)
            receiver.sleeping = False
            if self._leader is receiver:
                self._leader = None
            successor = next(iter(self._sleepers), None)
            if self._leader is None and successor is not None:
                successor.wake_again()
        self._waiting.pop(thread, None)  # last: until then a handler on top must not wait for us
        if self.closed and not self.receivers:
            self.free()
