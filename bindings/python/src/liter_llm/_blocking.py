"""BlockingClient: one native client for all threads that read without an event loop.

One of the waiting threads leads: it polls, with the interpreter lock released, and routes for all.
The others sleep until their stream has something, or until they have to lead. A poll lasts
at most POLL_MS, so that Ctrl-C is noticed.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from . import _lifetime
from ._channel import Channel
from ._library import NativeClient
from ._line import Line

if TYPE_CHECKING:
    from ._mode import Mode
    from ._request import Sealed

POLL_MS = 50


class BlockingChannel(Channel):
    """Read by a thread, which leads or sleeps at its bell."""

    __slots__ = ("bell", "client", "sleeping")

    def __init__(self, mode: Mode, client: BlockingClient, owner: object, collect: bool) -> None:
        super().__init__(mode, client, client.give_back_at, owner, collect)
        self.client = client
        self.bell: SimpleQueue[None] = SimpleQueue()
        self.sleeping = False

    def wake(self) -> None:
        if self.sleeping:
            self.sleeping = False
            self.bell.put(None)

    def alarm(self) -> None:
        self.sleeping = False
        self.bell.put(None)  # once too often is harmless: the reader looks, and waits again

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
        self._native = NativeClient(options, None)
        self._mutex = threading.Lock()
        self._leader: BlockingChannel | None = None
        self._sleepers: dict[BlockingChannel, None] = {}

    def wait(self, channel: BlockingChannel) -> None:
        """Leads or sleeps until the channel has items or has ended. Ctrl-C may come at any line:
        the finally sees what was claimed, as a claim names the channel; the caller cancels."""
        try:
            while not channel.is_ready():
                channel.give_back()
                if self._claim(channel):
                    self._lead()
                elif not channel.is_ready():
                    channel.bell.get()
                _lifetime.park_if_exiting()
        finally:
            try:
                self._resign(channel)
            except BaseException:
                self._resign(channel)  # else nobody leads any more
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

    def abandon(self) -> None:
        self._stopped = True
        self._native.close()  # ends a poll, so that its thread lets go of the lock, and parks
        super().abandon()

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
            if self._poll(POLL_MS):
                self._route()

    def _resign(self, channel: BlockingChannel) -> None:
        """Rings another waiting thread when no one leads any more."""
        with self._mutex:
            self._sleepers.pop(channel, None)
            channel.sleeping = False
            if self._leader is channel:
                self._leader = None
            successor = next(iter(self._sleepers), None)
            if self._leader is None and successor is not None:
                successor.bell.put(None)
        if self.closed and not self.channels:
            self._free()
