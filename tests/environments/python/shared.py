"""What the programs of this folder share: the mock provider, a client of it, and a server."""

from __future__ import annotations

import contextlib
import http.client
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import liter_llm
from support import REQUEST, Mock, stream, token

HELLO: dict[str, Any] = {"answer": {"text": "Hello world"}}
WORK = Path(os.environ.get("ENVIRONMENT_WORK", "."))
"""A folder for files of this program alone."""


@contextlib.contextmanager
def running_mock() -> Iterator[Mock]:
    """The provider that this program uses."""
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
        del os.environ[name]
    mock = Mock()
    try:
        yield mock
    finally:
        mock.stop()


def connect(base_url: str, **options: Any) -> liter_llm.LiterLlm:
    """A client of the mock."""
    return liter_llm.LiterLlm("openai", api_key="test-key", base_url=base_url, **options)


def ask(llm: liter_llm.LiterLlm) -> str:
    """The whole text, without an event loop."""
    return llm.invoke(REQUEST).complete().text


def in_two_halves() -> dict[str, Any]:
    """A response whose second half comes once a test that saw the first one signals."""
    end: list[dict[str, Any]] = [{"finish": "stop"}, {"done": True}, {"chunk_end": True}]
    return stream(token("Hello "), {"await": "go"}, token("world"), *end)


@contextlib.contextmanager
def serve(app: Any) -> Iterator[int]:
    """An ASGI application under uvicorn, in a thread; its port."""
    import uvicorn

    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            started.set()

    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30), "uvicorn does not start"
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def get(port: int, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """A response whose body is still to be read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return connection, connection.getresponse()
