"""An HTTP/2 server for the tests, independent of the Rust one in tests/mock: its protocol machine
is Python's `h2`, below which it sends single frames, right or wrong. See README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import ssl
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import control
import script
import trustme
from connection import Connection, Stream
from h2.settings import SettingCodes
from http1 import Http1Connection
from record import ConnectionSeen, Record

BACKLOG = 1024


class Listener:
    """One port: its SETTINGS, its scripts by key, what it saw."""

    def __init__(self, options: dict[str, Any], context: ssl.SSLContext) -> None:
        known = {"alpn", "settings", "connections"}
        if unknown := options.keys() - known:
            raise ValueError(f"{sorted(unknown)}: unknown option; there are {sorted(known)}")
        self.record = Record()
        self.settings: dict[SettingCodes, int] = {
            SettingCodes[name.upper()]: value
            for name, value in options.get("settings", {"max_concurrent_streams": 100}).items()
        }
        self._connections: list[dict[str, Any]] = options.get("connections", [{}])
        self._context = context
        self._plans: dict[str, list[dict[str, Any]]] = {}
        self._served: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def plan(self, key: str, steps: list[dict[str, Any]]) -> None:
        """What the requests of a key get, one step each, the last one for ever."""
        script.check(steps)
        self._plans[key], self._served[key] = steps, 0

    def step(self, path: str) -> dict[str, Any]:
        """The step of the next request."""
        key = path.split("/")[1] if "/" in path else ""
        turn = self._served.get(key, 0)
        self._served[key] = turn + 1
        steps = self._plans.get(key, [{"acts": [{"answer": "Hello world"}]}])
        for step in steps[:-1]:
            if turn < step.get("times", 1):
                return step
            turn -= step.get("times", 1)
        return steps[-1]

    async def accept(self, listening: socket.socket) -> None:
        """Accepts for ever."""
        loop = asyncio.get_running_loop()
        while True:
            accepted, _ = await loop.sock_accept(listening)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            seen = ConnectionSeen(len(self.record.connections) + 1)
            self.record.connections.append(seen)
            self.record.add("accepted")
            task = loop.create_task(self._shake_hands(accepted, seen))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, accepted: socket.socket, seen: ConnectionSeen) -> None:
        if not await self._script(seen, "before_tls", accepted):
            return
        self.record.event("handshake")

        def protocol() -> asyncio.Protocol:
            return Negotiated(self, seen)

        try:
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(protocol, accepted, ssl=self._context)
        except OSError:
            seen.open = False
            self.record.add("closed")

    async def respond(self, connection: Connection, stream: Stream, step: dict[str, Any]) -> None:
        """Plays the step of a request on its stream."""
        await script.Run(connection, stream).step(step)

    async def before_settings(self, connection: Connection) -> None:
        """What the script of this connection puts between TLS and SETTINGS."""
        await self._script(connection.seen, "before_settings", connection)

    async def _script(
        self, seen: ConnectionSeen, place: str, subject: socket.socket | Connection
    ) -> bool:
        number = min(seen.number, len(self._connections)) - 1
        for action in self._connections[number].get(place, []):
            ((name, value),) = action.items()
            if name == "await":
                await self.record.until_released(value)
            elif name == "close" and isinstance(subject, socket.socket):
                subject.close()
                seen.open = False
                return False
            elif name == "close" and isinstance(subject, Connection):
                subject.close(value)
            else:
                self.record.violation(f"{place} {action}: unknown action")
        return True


class Negotiated(asyncio.Protocol):
    """Passes a connection to the protocol that ALPN chose."""

    def __init__(self, listener: Listener, seen: ConnectionSeen) -> None:
        self._listener, self._seen = listener, seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TLS handshake is over."""
        assert isinstance(transport, asyncio.Transport)
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        self._seen.protocol = chosen
        is_http2 = chosen == "h2"
        connection = (
            Connection(self._listener, self._seen)
            if is_http2
            else Http1Connection(self._listener.record, self._seen)
        )
        transport.set_protocol(connection)
        connection.connection_made(transport)


class Server:
    """All listeners, and the certificate that they share."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self._certificate = authority.issue_cert("localhost", "127.0.0.1")
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._listeners: dict[str, Listener] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def listen(self, options: dict[str, Any]) -> dict[str, str]:
        """A port of its own with these options."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        context.set_alpn_protocols(options.get("alpn", ["h2"]))
        listener = Listener(options, context)
        listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        listening.setblocking(False)
        name = str(listening.getsockname()[1])
        self._listeners[name] = listener
        self._tasks.append(asyncio.get_running_loop().create_task(listener.accept(listening)))
        return {"listener": name, "url": f"https://localhost:{name}"}

    def record(self, name: str) -> Record:
        """What a listener saw."""
        return self._listeners[name].record

    def plan(self, name: str, key: str, steps: list[Any]) -> None:
        """Sets what a key gets."""
        self._listeners[name].plan(key, steps)


async def serve(folder: Path, lifetime_seconds: float) -> None:
    """Serves until standard input ends or the lifetime is over."""
    server = Server(folder)

    async def on_control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await control.serve(server, reader, writer)

    controls = await asyncio.start_server(on_control, "127.0.0.1", 0, backlog=BACKLOG)
    port = controls.sockets[0].getsockname()[1]
    first = await server.listen({})
    ready = {
        **first,
        "control": f"http://127.0.0.1:{port}",
        "ca_file": str(server.ca_file),
        "pid": os.getpid(),
    }
    print(json.dumps(ready), flush=True)
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def until_input_ends() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=until_input_ends, daemon=True).start()
    try:
        await asyncio.wait_for(over.wait(), lifetime_seconds)
    except asyncio.TimeoutError:
        print("http2 server: its lifetime is over", file=sys.stderr)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifetime-seconds", type=float, default=600)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="liter-llm-http2-") as folder:
        asyncio.run(serve(Path(folder), options.lifetime_seconds))
        # Open connections end with the process, not one by one.
        sys.stdout.flush()


if __name__ == "__main__":
    main()
