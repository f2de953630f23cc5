"""uWSGI: the application is loaded and used by the master, and its workers are forked in C."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shared import HELLO, ask, connect, running_mock
from support import REQUEST

PORT = re.compile(rb"bound to TCP address 127\.0\.0\.1:(\d+)")
WORKERS = 2

if "APP_BASE_URL" in os.environ:
    llm = connect(os.environ["APP_BASE_URL"])
    MASTER = os.getpid()
    assert ask(llm) == "Hello world"
    inherited = iter(llm.invoke({**REQUEST, "stream": True}))
    assert next(inherited)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A streamed response; then the worker's number, and whether it is forked."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    for piece in llm.invoke(REQUEST):
        yield piece.encode()
    yield f" {os.getpid()} {os.getpid() != MASTER}".encode()


def fetch(port: int) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return text.rsplit(" ", 2)


def check(server: subprocess.Popen[bytes]) -> None:
    assert server.stdout is not None
    log: list[bytes] = []
    spawned = 0
    port = 0
    for line in server.stdout:
        log.append(line)
        found = PORT.search(line)
        port = int(found[1]) if found else port
        spawned += b"spawned uWSGI worker" in line
        if spawned == WORKERS:
            break
    assert port, b"".join(log).decode()
    for _ in range(10):
        text, _, is_forked = fetch(port)
        assert (text, is_forked) == ("Hello world", "True"), text


if __name__ == "__main__":
    with running_mock() as mock:
        key = mock.plan(HELLO)
        command = [str(Path(sys.executable).with_name("uwsgi")), "--http-socket", "127.0.0.1:0"]
        command += ["--master", "--processes", str(WORKERS), "--wsgi-file", __file__, "--need-app"]
        command += ["--die-on-term", "--virtualenv", sys.prefix]
        server = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "APP_BASE_URL": mock.base_url(key)},
        )
        try:
            check(server)
        finally:
            server.terminate()
            server.wait(20)
