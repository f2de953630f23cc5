"""The least that a Python program could do which reads its sockets in asyncio: a protocol for each
connection, a body that was written before, and text found by a search, without a parser of JSON.
Knows the mock's HTTP/1.1 and nothing else, as limit.c does; what it does not know is an error of
the stream. The text reaches the counters in the call that has the bytes: no task is woken for it.

A package that reads in threads of its own can be ahead of it, where many tokens come to one turn of
the loop.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run

CONTENT = re.compile(rb'"content":"([^"\\]*)"')
LENGTH = re.compile(rb"content-length: (\d+)\r\n")
LAST_CHUNK = b"\r\n0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection, which serves one stream after another."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.stream: Stream | None = None
        self.ended: asyncio.Future[None] | None = None
        self.rest = b""
        self.whole_bytes: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.ended and not self.ended.done():
            self.ended.set_exception(error or ConnectionError("the connection ended early"))

    async def ask(self, request: bytes, stream: Stream) -> None:
        """Sends a request and waits for the end of its response."""
        assert self.transport is not None
        self.stream, self.rest, self.whole_bytes = stream, b"", None
        self.ended = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.ended

    def data_received(self, data: bytes) -> None:
        """A response of a known length is read when it is whole, another line by line."""
        if self.rest:
            data = self.rest + data
        if self.stream is None or self.ended is None:
            raise ConnectionError("bytes that nobody asked for")
        if self.whole_bytes is None:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.rest = data
                return
            if not data.startswith(b"HTTP/1.1 200 "):
                raise ConnectionError("a response that is no success")
            length = LENGTH.search(data, 0, end + 2)
            self.whole_bytes = int(length[1]) if length else 0
            data = data[end + 4 :]
        if self.whole_bytes:
            self.rest = data
            is_over = len(data) == self.whole_bytes
            whole = len(data) if is_over else 0
        else:
            is_over = data.endswith(LAST_CHUNK)
            whole = data.rfind(b"\n\n") + 1
            self.rest = data[whole:]
        for text in CONTENT.findall(data, 0, whole):
            if text:
                self.stream.token(text.decode())
        if is_over:
            self.rest, self.stream = b"", None
            self.ended.set_result(None)


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """Connections that are not in use wait in a list."""
    place = urlsplit(arguments.base)
    host, port = place.hostname, place.port
    if place.scheme != "http" or host is None or port is None:
        raise SystemExit("--base-url: it knows plain HTTP, with a port, and no TLS")
    request = {"model": MODEL, "messages": MESSAGES, "stream": not arguments.whole}
    body = json.dumps(request)
    idle: list[Connection] = []
    loop = asyncio.get_running_loop()

    async def ask(stream: Stream) -> None:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(Connection, host, port)
        path = urlsplit(stream.base_url).path
        head = (
            f"POST {path}/chat/completions HTTP/1.1\r\nhost: {place.netloc}\r\n"
            f"authorization: Bearer {API_KEY}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        await connection.ask((head + body).encode(), stream)
        idle.append(connection)

    yield ask
    for connection in idle:
        assert connection.transport is not None
        connection.transport.close()


if __name__ == "__main__":
    run("asyncio-raw", f"asyncio, Python {sys.version.split()[0]}", opens)
