"""BlockingClient: one native client for all threads that read without an event loop.

One of the waiting threads leads: it polls, with the interpreter lock released, and routes for all.
The others sleep until their stream has something, or until they have to lead. A poll lasts
at most POLL_MS, so that Ctrl-C is noticed. Under gevent and eventlet, greenlets take turns in the
same way, and the one that leads waits on a descriptor in place of a poll.

A signal handler runs on top of whatever its thread is doing. What it starts goes over another
BlockingClient when its own thread waits for this one, since that cannot go on beneath it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from . import _process_hooks, _wake_descriptor
from ._library import NativeClient
from ._native_client import Line
from ._receiver import Channel

if TYPE_CHECKING:
    from ._mode import Mode
    from ._request import Sealed

POLL_MS = 50
_SLEEP_SECONDS = 1.0
"""After that a sleeper looks whether anybody leads: who was to lead may be beneath a signal
handler that waits for something else."""
_BENEATH = (
    "this thread is waiting for a stream of the same LiterLlm, beneath this signal handler;"
    " a handler may start a new stream, and may not go on with one of these"
)


class BlockingChannel(Channel):
    """Read by a thread, which leads or sleeps at its bell."""

    __slots__ = ("bell", "client", "sleeping")

    def __init__(self, mode: Mode, client: BlockingClient, owner: object, collect: bool) -> None:
        super().__init__(mode, client, client.give_back_at, owner, collect)
        self.client = client
        self.bell = _wake_descriptor.Bell()
        self.sleeping = False

    def wake(self) -> None:
        if self.sleeping:
            self.sleeping = False
            self.bell.ring()

    def alarm(self) -> None:
        self.sleeping = False
        self.bell.ring()  # once too often is harmless: the reader looks, and waits again

    def is_ready(self) -> bool:
        """Whether the reader has something to do."""
        return bool(self.items) or self.ended

    def wait(self) -> None:
        """Returns when the reader has something to do."""
        self.client.wait(self)

    def drop(self) -> None:
        super().drop()
        self.client.let_go(self)  # the END may never be polled


class BlockingClient(Line[BlockingChannel]):
    """Lets one of the waiting threads poll for all."""

    def __init__(self, options: Sealed, give_back_at: int) -> None:
        super().__init__(give_back_at)
        self.is_cooperative = _wake_descriptor.is_patched()
        self._descriptors = _wake_descriptor.make_descriptors() if self.is_cooperative else ()
        writing = self._descriptors[-1] if self.is_cooperative else None
        try:
            self._native = NativeClient(options, writing)
        except BaseException:
            self._close_descriptors()
            raise
        self._mutex = threading.RLock()
        self._leader: BlockingChannel | None = None
        self._sleepers: dict[BlockingChannel, None] = {}
        self._waiting: dict[int, BlockingChannel] = {}  # by thread

    def suits(self) -> bool:
        """Whether a stream that starts here and now can be waited for."""
        waits_beneath = threading.get_ident() in self._waiting
        return not waits_beneath and self.is_cooperative == _wake_descriptor.is_patched()

    def wait(self, channel: BlockingChannel) -> None:
        """Leads or sleeps until the channel has items or has ended."""
        _process_hooks.notice_fork()
        while not channel.is_ready():
            self._wait_or_log(channel)
            if self._logs:
                self._write_logs()

    def _wait_or_log(self, channel: BlockingChannel) -> None:
        """The same, but returns as well when there are lines of the log to hand over, which is not
        for the one who leads. Ctrl-C may come at any line: the finally sees what was claimed, as a
        claim names the channel; the caller cancels."""
        thread = threading.get_ident()
        if thread in self._waiting:
            raise RuntimeError(_BENEATH)
        try:
            self._waiting[thread] = channel
            while not channel.is_ready() and not self._logs:
                channel.give_back()
                if self._claim(channel):
                    self._lead()
                elif not channel.is_ready():
                    channel.bell.wait(_SLEEP_SECONDS)
                _process_hooks.park_if_exiting()
        finally:
            try:
                self._resign(channel, thread)
            except BaseException:
                self._resign(channel, thread)  # else nobody leads any more
                raise

    def let_go(self, channel: BlockingChannel) -> None:
        """Forgets a stream whose reader has gone."""
        self.channels.pop(channel.number, None)
        if self.closed and not self.channels:
            self._free()

    def close(self) -> None:
        """Ends every stream with CLOSED; its reader polls the END, and the last one lets go."""
        self.closed = True
        self._native.close()
        if not self.channels:
            self._free()

    def forget(self, reason: str) -> None:
        super().forget(reason)
        self._close_descriptors()

    def abandon(self) -> None:
        self._stopped = True
        self._native.close()  # ends a poll, so that its thread lets go of the lock, and parks
        super().abandon()

    def _free_native(self) -> None:
        super()._free_native()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        descriptors, self._descriptors = self._descriptors, ()
        for descriptor in descriptors:
            os.close(descriptor)

    def _claim(self, channel: BlockingChannel) -> bool:
        with self._mutex:
            if self._leader is None:
                self._leader = channel
            leads = self._leader is channel
            if not leads:
                self._sleepers[channel] = None
                channel.sleeping = True
            return leads

    def _lead(self) -> None:
        """One poll, and all of its events."""
        with self._routing:
            found = self._poll(0 if self.is_cooperative else POLL_MS)
            if found:
                self._route()
        if self._descriptors and not found:
            _wake_descriptor.wait_readable(self._descriptors[0])
            if self._descriptors:  # else the process was forked meanwhile
                _wake_descriptor.read_silent(self._descriptors[0])
        elif _wake_descriptor.is_patched():  # also for a stream that was started before
            _wake_descriptor.yield_now()

    def _resign(self, channel: BlockingChannel, thread: int) -> None:
        """Rings another waiting thread when no one leads any more."""
        with self._mutex:
            self._sleepers.pop(channel, None)
            channel.sleeping = False
            if self._leader is channel:
                self._leader = None
            successor = next(iter(self._sleepers), None)
            if self._leader is None and successor is not None:
                successor.bell.ring()
        self._waiting.pop(thread, None)  # last: until then a handler on top must not wait for us
        if self.closed and not self.channels:
            self._free()
