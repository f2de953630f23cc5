"""What one listener saw: connections, requests, resets, pings, windows. Written by the connections,
read by the control interface, which can wait for a change."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

EVENTS_MAX = 10_000


def now_ms() -> float:
    """Milliseconds of the monotonic clock, which every process of this machine shares."""
    return time.monotonic_ns() / 1e6


@dataclass
class RequestSeen:
    """One request, as far as it came, and what became of it."""

    connection: int
    stream: int
    version: str
    method: str
    path: str
    headers: list[tuple[str, str]]
    at_ms: float = field(default_factory=now_ms)
    body_bytes: int = 0
    whole: bool = False
    bytes_sent: int = 0
    stuck: bool = False
    reset_code: int | None = None
    reset_ms: float | None = None


@dataclass
class ConnectionSeen:
    """One connection, from its accept on."""

    number: int
    protocol: str | None = None
    requests: int = 0
    streams_at_once_max: int = 0
    pings_received: int = 0
    settings: dict[str, int] = field(default_factory=dict)
    goaway_code: int | None = None
    window_least: int | None = None
    closed_by_peer_ms: float | None = None
    open: bool = True


@dataclass
class Record:
    """The sum of a listener. Every number can be waited for."""

    connections: list[ConnectionSeen] = field(default_factory=list)
    requests: list[RequestSeen] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wakes the tasks that wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Returns at the next change."""
        await self._changed.wait()

    def add(self, name: str, count: int = 1) -> None:
        """Adds to a counter."""
        self.counts[name] = self.counts.get(name, 0) + count
        self.tell()

    def event(self, name: str) -> None:
        """Keeps a named moment."""
        if len(self.events) < EVENTS_MAX:
            self.events.append({"name": name, "at_ms": now_ms()})
        self.tell()

    def violation(self, text: str) -> None:
        """Keeps what the peer did against RFC 9113."""
        self.violations.append(text)
        self.tell()

    def release(self, name: str) -> None:
        """Lets `await` go on, now and later."""
        self.released.add(name)
        self.event(name)

    async def until_released(self, name: str) -> None:
        """Returns once the name was released."""
        while name not in self.released:
            await self.change()

    def totals(self) -> dict[str, int]:
        """The numbers that can be waited for."""
        named = ("accepted", "closed", "resets", "refused", "over_limit", "after_goaway")
        counted = (
            "settings_acknowledged",
            "pings_received",
            "pings_answered",
            "connection_window_dry",
            "window_updates",
        )
        return {
            **dict.fromkeys(named + counted, 0),
            **self.counts,
            "requests": len(self.requests),
            "whole": sum(request.whole for request in self.requests),
            "body_bytes": sum(request.body_bytes for request in self.requests),
            "bytes_sent": sum(request.bytes_sent for request in self.requests),
            "stuck": sum(request.stuck for request in self.requests),
            "connections": len(self.connections),
            "violations": len(self.violations),
        }

    def holds(self, conditions: dict[str, int], signals: list[str]) -> bool:
        """Whether every number is reached and every name was signalled."""
        totals = self.totals()
        signalled = {event["name"] for event in self.events}
        return signalled.issuperset(signals) and all(
            totals[name] >= least for name, least in conditions.items()
        )

    def document(self) -> dict[str, Any]:
        """The whole record, as JSON."""
        return {
            "totals": self.totals(),
            "connections": [vars(connection) for connection in self.connections],
            "requests": [vars(request) for request in self.requests],
            "events": self.events,
            "violations": self.violations,
        }
