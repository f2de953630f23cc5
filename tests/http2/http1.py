"""HTTP/1.1 behind ALPN, for servers that speak no HTTP/2: a good response to every request."""

from __future__ import annotations

import asyncio
import re

import wire
from record import ConnectionSeen, Record, RequestSeen


class Http1Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, record: Record, seen: ConnectionSeen) -> None:
        self._record, self._seen = record, seen
        self._input = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio passes the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone; this side never closes first."""
        self._seen.open = False
        self._record.add("closed")

    def data_received(self, data: bytes) -> None:
        """Responds to every complete request."""
        self._input += data
        while (end := self._input.find(b"\r\n\r\n")) >= 0:
            head = self._input[:end].decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._input) < whole:
                return
            body = bytes(self._input[end + 4 : whole])
            del self._input[:whole]
            self._respond(head, body)

    def _respond(self, head: str, body: bytes) -> None:
        method, path, version = head.split("\r\n")[0].split(" ")
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:])
        headers = [(name.lower(), value) for name, value in pairs]
        self._seen.requests += 1
        request = RequestSeen(self._seen.number, 0, version, method, path, headers)
        request.body_bytes, request.whole = len(body), True
        self._record.requests.append(request)
        kind, text = wire.response("over HTTP/1.1", b'"stream":true' in body)
        whole = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(text)}\r\n\r\n"
        if self._transport is not None:
            self._transport.write((whole + text).encode())
        self._record.tell()
