"""Django under ASGI: a response is streamed piece by piece, and ends when its client goes."""

from __future__ import annotations

import sys
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import StreamingHttpResponse
from django.urls import path

from shared import HELLO, connect, get, in_two_halves, running_mock, serve
from support import HANG, REQUEST, stream, token


def plan(name: str) -> Any:
    return llm.invoke(REQUEST, base_url=mock.base_url(keys[name]))


async def on_loop(request: Any, name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(aiter(plan(name)), content_type="text/plain")


async def peeked(request: Any, name: str) -> StreamingHttpResponse:
    """The first token decides the status; the rest is forwarded."""
    call = plan(name)
    first = await anext(call)

    async def body() -> Any:
        yield first
        async for piece in call:
            yield piece

    return StreamingHttpResponse(body(), content_type="text/plain")


def on_thread(request: Any, name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(plan(name)), content_type="text/plain")


urlpatterns = [
    path("on_loop/<name>", on_loop),
    path("peeked/<name>", peeked),
    path("on_thread/<name>", on_thread),
]
settings.configure(ROOT_URLCONF=sys.modules[__name__], ALLOWED_HOSTS=["*"], SECRET_KEY="x")
django.setup()

with running_mock() as mock:
    keys = {
        "on_loop": mock.plan(in_two_halves()),
        "peeked": mock.plan(in_two_halves()),
        "hello": mock.plan(HELLO),
        "left": mock.plan(stream(token("Hello "), HANG)),
    }
    llm = connect("http://127.0.0.1:9/v1")
    with serve(get_asgi_application()) as port:
        for name in ("on_loop", "peeked"):
            connection, response = get(port, f"/{name}/{name}")
            first = response.read1()
            assert first == b"Hello ", "the first piece comes before the second is sent"
            mock.signal(keys[name], "go")
            assert response.read() == b"world"
            connection.close()

        connection, response = get(port, "/on_loop/left")
        assert response.read1() == b"Hello "
        response.close()
        connection.close()
        mock.wait(keys["left"], closed=1)

    from django.test import Client

    assert b"".join(Client().get("/on_thread/hello").streaming_content) == b"Hello world"
