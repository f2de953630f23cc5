"""The control interface: makes listeners, sets plans, reports what was seen, waits, signals.
HTTP/1.1 in its smallest form, one request per connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from record import Record

WAIT_DEFAULT_MS = 5_000


class RefusedError(Exception):
    """An invalid control request."""


class Listeners(Protocol):
    """What the control interface works with."""

    async def listen(self, options: dict[str, Any]) -> dict[str, str]: ...

    def record(self, name: str) -> Record: ...

    def plan(self, name: str, key: str, steps: list[Any]) -> None: ...


async def _wait(record: Record, query: str) -> dict[str, Any]:
    """What was seen, once all conditions hold (`held`) or the time is over."""
    fields = parse_qsl(query, keep_blank_values=True)
    numbers = {name: value for name, value in fields if name != "signal"}
    timeout_ms = int(numbers.pop("timeout_ms", WAIT_DEFAULT_MS))
    unknown = numbers.keys() - record.totals().keys()
    if unknown:
        raise RefusedError(f"{sorted(unknown)}: not a condition")
    conditions = {name: int(value) for name, value in numbers.items()}
    signals = [value for name, value in fields if name == "signal"]

    async def until_held() -> None:
        while not record.holds(conditions, signals):
            await record.change()

    try:
        await asyncio.wait_for(until_held(), timeout_ms / 1000)
        held = True
    except asyncio.TimeoutError:
        held = False
    return {**record.document(), "held": held}


async def _respond(listeners: Listeners, method: str, target: str, body: bytes) -> dict[str, Any]:
    parts = urlsplit(target)
    path = parts.path.strip("/").split("/")
    if (method, path) == ("POST", ["_", "listeners"]):
        return {**await listeners.listen(json.loads(body or b"{}"))}
    if method == "PUT" and path[:2] == ["_", "plans"] and len(path) == 4:
        listeners.plan(path[2], path[3], json.loads(body)["steps"])
        return {}
    if method == "GET" and path[:2] == ["_", "seen"] and len(path) == 3:
        return listeners.record(path[2]).document()
    if method == "GET" and path[:2] == ["_", "wait"] and len(path) == 3:
        return await _wait(listeners.record(path[2]), parts.query)
    if method == "POST" and path[:2] == ["_", "signal"] and len(path) == 4:
        listeners.record(path[2]).release(path[3])
        return {}
    raise RefusedError(f"{method} {target}: not in the control interface")


async def serve(
    listeners: Listeners, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One control connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        method, target, _ = lines[0].split(" ")
        lengths = [line.split(":")[1] for line in lines if line.lower().startswith("content-len")]
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
        try:
            status, document = "200 OK", await _respond(listeners, method, target, body)
        except (RefusedError, LookupError, TypeError, ValueError) as error:
            status, document = "400 Bad Request", {"error": f"{type(error).__name__}: {error}"}
        text = json.dumps(document).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(text)}\r\n\r\n".encode()
            + text
        )
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # The client is gone.
    finally:
        writer.close()
