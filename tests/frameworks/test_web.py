"""The recipes for web servers: whole responses, and clients that go away in the middle."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "bindings/python/samples/web"
HELLO = {"answer": {"text": "Hello world"}}
HEAD = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
HANG = {"raw": [{"head": HEAD}, {"token": "one"}, {"hang": True}]}
SLOW = {"tokens": 2000, "interval_ms": 20, "text": "one "}
REFUSED = {"status": 429, "headers": [["retry-after", "99"]], "error": {"message": "slow"}}
UVICORN = ["-m", "uvicorn", "--log-level", "warning", "--fd"]
GUNICORN = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "8"]
GUNICORN += ["--log-level", "critical", "--graceful-timeout", "3", "--bind"]
SERVERS = {
    "fastapi_sse": UVICORN,
    "starlette_text": UVICORN,
    "django_view": UVICORN,
    "flask_stream": GUNICORN,
}


@contextmanager
def serving(name: str, place: Any) -> Iterator[httpx.Client]:
    """A client of the sample, which runs as its first line says."""
    names = {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": place.options["base_url"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        server = SERVERS[name]
        bound = str(number) if server is UVICORN else f"fd://{number}"
        started = subprocess.Popen(
            [sys.executable, *server, bound, f"{name}:app"],
            cwd=SAMPLES,
            env={**os.environ, **names, "PYTHONDONTWRITEBYTECODE": "1"},
            pass_fds=[number],
        )
        port = listener.getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://localhost:{port}", timeout=30) as client:
            yield client
    finally:
        started.terminate()
        started.wait(timeout=20)


def question(name: str) -> dict[str, Any]:
    return {"json": {"text": "Hello"}} if name == "fastapi_sse" else {"content": "Hello"}


@pytest.mark.parametrize("name", SERVERS)
def test_the_whole_answer_and_a_client_that_leaves(plan, name):
    # WSGI only notices that a client has gone when it writes to it.
    place = plan(HELLO, SLOW if name == "flask_stream" else HANG)
    with serving(name, place) as client:
        text = client.post("/chat", **question(name)).text
        if name == "fastapi_sse":
            lines = [line for line in text.splitlines() if line.startswith("data: ")]
            assert "".join(json.loads(line[6:]) for line in lines[:-1]) == "Hello world"
            assert text.endswith("event: done\ndata: {}\n\n")
        else:
            assert text == "Hello world"
        assert place.asked()["messages"] == [{"role": "user", "content": "Hello"}]
        with client.stream("POST", "/chat", **question(name)) as response:
            assert "one" in next(response.iter_text())
        place.mock.wait(place.key, closed=1)


def test_an_error_before_the_first_token_has_a_status(plan):
    place = plan(REFUSED)
    with serving("fastapi_sse", place) as client:
        response = client.post("/chat", json={"text": "Hello"})
    assert (response.status_code, response.json()) == (503, {"error": "RATE_LIMITED"})
