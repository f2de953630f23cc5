"""A key is sent to the provider and shown to nobody, whatever the provider does with it."""

from __future__ import annotations

import asyncio
import base64
import logging
import pickle
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest

import liter_llm
from liter_llm import LlmError
from support import (
    HELLO,
    REQUEST,
    STREAMED,
    as_coroutine,
    failing,
    pieces_shown,
    run_python,
    show,
    stream,
    token,
)

KEY = "kq7Zx9Wv3Lm5Tn8Rb2Yc"

# Where the key comes from: options of the client, options of the call, headers, the environment.
SOURCES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "client": ({"api_key": KEY}, {}, {}),
    "call": ({}, {"api_key": KEY}, {}),
    "authorization": ({"headers": {"Authorization": f"Bearer {KEY}"}}, {}, {}),
    "header": ({"headers": {"x-team-pass": KEY}}, {}, {}),
    "header_of_the_call": ({}, {"headers": {"x-team-pass": KEY}}, {}),
    "environment": ({"api_key": None}, {}, {"OPENAI_API_KEY": KEY}),
}


def finishing(*last: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    head = [["content-type", "text/event-stream"], *(headers or {}).items()]
    actions = [token("one"), *last, {"done": True}, {"chunk_end": True}]
    return {"raw": [{"head": {"status": 200, "headers": head, "chunked": True}}, *actions]}


NOW = {"retry-after-ms": "1"}
ENCODED = base64.b64encode(KEY.encode()).decode()
PERCENT = urllib.parse.quote("".join(f"%{ord(letter):02X}" for letter in KEY), safe="%")
ERROR_EVENT = {"error": {"message": f"bad {KEY}", "type": KEY, "code": KEY}}
PLAYS: dict[str, list[dict[str, Any]]] = {
    "message": [failing(401, message=f"Incorrect API key provided: {KEY}.")],
    "message_with_a_hole": [failing(401, message="Incorrect API key provided: {{api_key}}.")],
    "code": [failing(400, code=KEY)],
    "type": [failing(400, type=KEY)],
    "bearer": [failing(401, message=f"header was 'Bearer {KEY}'")],
    "base64": [failing(401, message=f"header was {ENCODED}")],
    "percent": [failing(401, message=f"address was ?key={PERCENT}")],
    "cut_at_2_kib": [failing(401, message="x" * length + KEY) for length in range(2030, 2050, 3)],
    "cut_in_the_detail": [
        {"status": 200, "headers": [["content-type", "text/html"]], "body": "y" * 4085 + KEY}
    ],
    "html": [{"status": 200, "headers": [["content-type", "text/html"]], "body": f"<p>{KEY}</p>"}],
    "html_error": [{"status": 502, "headers": [], "body": f"<p>{KEY}</p>"}],
    "retried": [failing(500, NOW, message=f"no {KEY}", code=KEY), HELLO],
    "retried_html": [
        {"status": 503, "headers": list(NOW.items()), "body": f"<p>{KEY}</p>"},
        failing(401, message="no"),
    ],
    "request_id": [failing(401, {"x-request-id": KEY})],
    "request_id_of_a_response": [finishing({"finish": "stop"}, headers={"x-request-id": KEY})],
    "rate_limit": [
        finishing({"finish": "stop"}, headers={"x-ratelimit-limit-requests": KEY}),
    ],
    "finish_reason_raw": [finishing({"finish": KEY})],
    "redirect": [{"status": 307, "headers": [["location", f"http://{KEY}.invalid/"]], "body": ""}],
    "redirect_path": [
        {"status": 302, "headers": [["location", f"http://127.0.0.1:9/?k={KEY}"]], "body": ""}
    ],
    "error_event": [stream({"sse": ERROR_EVENT}, {"chunk_end": True})],
    "error_event_after_text": [stream(token("a"), {"sse": ERROR_EVENT}, {"chunk_end": True})],
    "not_json": [stream(token("a"), {"sse": f"{{not json {KEY}"}, {"chunk_end": True})],
    "event_name": [stream({"chunk": f"event: {KEY}\ndata: {{}}\n\n"}, token("a"))],
    "retry_after": [failing(429, {"retry-after": KEY})],
    "content_type": [{"status": 200, "headers": [["content-type", f"text/{KEY}"]], "body": "what"}],
    "content_encoding": [{"status": 200, "headers": [["content-encoding", KEY]], "body": "what"}],
}


async def events_on_loop(call: liter_llm.Stream, shown: list[str]) -> None:
    async for event in call.events():
        shown.append(repr(event))


def events(call: liter_llm.Stream, shown: list[str]) -> None:
    for event in call.events():
        shown.append(repr(event))


READ: dict[str, Callable[[liter_llm.Stream, list[str]], object]] = {
    "loop": lambda call, shown: asyncio.run(events_on_loop(call, shown)),
    "thread": events,
    "complete": lambda call, shown: shown.append(repr(call.complete())),
}


def everything_shown(
    call: liter_llm.Stream, way: str, caplog: pytest.LogCaptureFixture
) -> list[str]:
    """What Python code could print of a call."""
    shown: list[str] = []
    try:
        READ[way](call, shown)
    except LlmError as error:
        copy = pickle.loads(pickle.dumps(error))
        shown += [show(error), show(copy), repr(error.partial)]
    shown += [repr(call), repr(call.response)]
    for record in caplog.records:
        shown += [record.getMessage(), repr(vars(record))]
    return shown


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("play", PLAYS)
def test_no_key_is_shown(mock, connect, caplog, monkeypatch, play, source):
    options, call_options, environment = SOURCES[source]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if play == "base64" and source.startswith("header"):
        pytest.skip("only keys are known to be sent in this form")
    # Of one play either all steps are played one after the other, or each alone.
    for step, *rest in [PLAYS[play]] if play.startswith("retried") else zip(PLAYS[play]):
        key = mock.plan(step, *rest)
        made = {"log_level": "debug", "retries_max": len(rest), **options}
        llm = connect(key, **made)
        if made.get("api_key", "") is None:
            llm = liter_llm.LiterLlm(
                "openai", base_url=mock.base_url(key), log_level="debug", retries_max=len(rest)
            )
        for way in READ:
            caplog.clear()
            mock.plan(step, *rest, key=key)
            with caplog.at_level(logging.DEBUG, logger="liter_llm"):
                call = llm.invoke(STREAMED, **call_options)
                shown = "\n".join(everything_shown(call, way, caplog))
            assert mock.seen(key)["requests_count"] == 1 + len(rest), shown
            sent = repr(mock.seen(key)["requests"][0]["headers"])
            assert KEY in sent, "else the test shows nothing"
            assert pieces_shown(KEY, shown) == []
            assert pieces_shown(ENCODED, shown) == []
        llm.close()


def test_the_check_of_this_file_sees_a_key():
    assert pieces_shown(KEY, f"... {KEY[3:12]} ...") == [KEY[3:11], KEY[4:12]]
    assert pieces_shown(KEY, f"... {KEY[3:10]} ...") == []
    assert pieces_shown("short", "a short one") == ["short"]
    error = ValueError("outer")
    error.__context__ = ValueError(KEY)
    assert pieces_shown(KEY, show(error))


class NotJson:
    """Nothing that a request may hold."""


LOCALS: dict[str, tuple[dict[str, Any], Any]] = {
    "option_that_is_not_json": ({"headers": NotJson()}, REQUEST),
    "option_that_is_unknown": ({"no_such_option": 1}, REQUEST),
    "option_of_the_wrong_type": ({"retries_max": "many"}, REQUEST),
    "collect_of_the_wrong_type": ({"collect": "no"}, REQUEST),
    "field_that_is_not_json": ({}, {**REQUEST, "user": NotJson()}),
    "number_that_is_not_json": ({}, {**REQUEST, "temperature": float("nan")}),
    "request_that_is_no_dict": ({}, ["no", "dict"]),
    "call_collect_of_the_wrong_type": ({}, {**REQUEST, "collect": "no"}),
    "key_that_cannot_be_sent": ({"api_key": f"{KEY}\n"}, REQUEST),
    "header_that_cannot_be_sent": ({"headers": {"x-pass": f"{KEY}\r\n"}}, REQUEST),
    "password_in_the_base_url": ({"base_url": f"http://me:{KEY}@127.0.0.1/v1"}, REQUEST),
    "nobody_listens": ({"base_url": "http://127.0.0.1:9/v1"}, REQUEST),
}


@pytest.mark.parametrize("where", ["client", "call"])
@pytest.mark.parametrize("name", LOCALS)
def test_no_local_of_a_frame_shows_a_key(connect, name, where):
    """Tools that report exceptions print the locals of every frame, and the chained exceptions."""
    options, request = LOCALS[name]
    of_client = {"api_key": KEY, **options} if where == "client" else options
    of_call = {"api_key": KEY} if where == "call" else {}
    for use in (lambda call: call.complete(), list, lambda call: asyncio.run(as_coroutine(call))):
        with pytest.raises(LlmError) as caught:
            use(connect("unused", **of_client).invoke(request, **of_call))
        assert pieces_shown(KEY, show(caught.value)) == []
        assert caught.value.__context__ is None
        assert "liter_llm" in str(caught.traceback), "frames of this package were looked at"


class Model:
    """A user's model that fails, in its own way, while it is asked for its fields."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def model_dump(self) -> dict[str, Any]:
        raise self.error("meant")


@pytest.mark.parametrize("place", ["request", "message"])
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("where", ["client", "call", "request"])
def test_no_local_shows_a_key_when_a_model_fails(mock, connect, where, error, place):
    """The error is the user's own, and passes through frames of this package and of json."""
    made = {"api_key": KEY, "headers": {"x-pass": KEY}}
    llm = connect("unused", **(made if where == "client" else {}))
    model: Any = Model(error)
    asked = model if place == "request" else {**REQUEST, "messages": [model]}
    if where == "request" and place == "message":
        asked = {**asked, **made}
    for use in (lambda call: call.complete(), list, lambda call: asyncio.run(as_coroutine(call))):
        with pytest.raises((error, LlmError)) as caught:
            use(llm.invoke(asked, **(made if where == "call" else {})))
        assert "liter_llm" in str(caught.traceback), "frames of this package were looked at"
        assert pieces_shown(KEY, show(caught.value)) == []


def test_objects_show_no_key(mock, connect):
    llm = connect(mock.plan(HELLO), api_key=KEY)
    call = llm.invoke(REQUEST, api_key=KEY, headers={"x-pass": KEY})
    reader = call.__iter__()
    fields = call._invocation._fields
    next(reader)
    parts = [llm, call, reader, call._invocation, fields, llm._options]
    parts += [llm._blocking, call._invocation.receiver, llm._options.encode({})]
    assert pieces_shown(KEY, "".join(f"{part!r}{part}" for part in parts)) == []


UNCAUGHT = """
import logging, sys
import liter_llm
logging.basicConfig(level=logging.DEBUG)
llm = liter_llm.LiterLlm("openai", api_key=sys.argv[2], base_url=sys.argv[1], retries_max=1)
llm.invoke({"model": "m", "messages": [{"role": "user", "content": "x"}]}).complete()
"""


def test_nothing_on_standard_error_shows_a_key(mock):
    """An exception that nobody catches, with the log of everything beside it."""
    key = mock.plan(failing(500, NOW, message=f"no {KEY}"), failing(401, message=f"no {KEY}"))

    ended = run_python(UNCAUGHT, mock.base_url(key), KEY)

    assert ended.returncode == 1
    assert "AuthenticationError" in ended.stderr
    assert pieces_shown(KEY, ended.stdout + ended.stderr) == []
