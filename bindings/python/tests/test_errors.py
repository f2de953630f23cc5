"""Every failure is an LlmError of its kind, says what is known, and keeps what was received."""

from __future__ import annotations

import asyncio
import builtins
import pickle
import socket
import time

import pytest

import liter_llm
from liter_llm import LlmError
from support import HANG, REQUEST, Mock, failing, stream, token

KINDS = [
    ("INVALID_REQUEST", failing(400), {"status": 400}),
    ("AUTHENTICATION", failing(401, code="invalid_api_key"), {"code": "invalid_api_key"}),
    ("PERMISSION", failing(403), {"status": 403}),
    ("NOT_FOUND", failing(404), {"status": 404}),
    ("RATE_LIMITED", failing(429), {"status": 429, "retryable": True}),
    ("QUOTA_EXCEEDED", failing(429, code="insufficient_quota"), {"retryable": False}),
    ("OVERLOADED", failing(529), {"status": 529}),
    ("PROVIDER", failing(500), {"status": 500, "attempts": 1, "provider": "openai"}),
    ("PROTOCOL", stream({"sse": "not json"}), {"phase": "body"}),
    ("TRUNCATED", stream(token("a"), {"chunk_end": True}), {"phase": "body"}),
]


@pytest.mark.parametrize(("kind", "step", "details"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_error_kinds(mock, connect, kind, step, details):
    llm = connect(mock.plan(step))

    async def fail() -> LlmError:
        with pytest.raises(LlmError) as caught:
            async for _ in llm.invoke(REQUEST):
                pass
        return caught.value

    for error in (asyncio.run(fail()), fail_without_loop(llm)):
        assert error.kind == kind
        assert type(error).kind == kind
        assert {name: getattr(error, name) for name in details} == details
        assert str(error)
        assert "\n" not in str(error)


def fail_without_loop(llm: liter_llm.LiterLlm) -> LlmError:
    with pytest.raises(LlmError) as caught:
        list(llm.invoke(REQUEST))
    return caught.value


def test_retry_after_is_told(mock, connect):
    step = {**failing(429), "headers": [["retry-after", "3600"]]}
    error = fail_without_loop(connect(mock.plan(step), retries_max=3))
    assert (error.kind, error.retry_after_ms, error.attempts) == ("RATE_LIMITED", 3_600_000, 1)


def test_timeout_is_a_builtin_timeout(mock, connect):
    llm = connect(mock.plan(stream(token("one"), HANG)), idle_timeout_ms=200)

    with pytest.raises(builtins.TimeoutError) as caught:
        list(llm.invoke(REQUEST))

    error = caught.value
    assert isinstance(error, liter_llm.TimeoutError)
    assert (error.kind, error.timer) == ("TIMEOUT", "idle")
    assert error.partial is not None
    assert (error.partial.text, error.partial.outcome) == ("one", "failed")


def test_nobody_listens(connect):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = fail_without_loop(connect("x", base_url=f"http://127.0.0.1:{port}/v1"))
    assert (error.kind, error.maybe_executed) == ("NETWORK", False)


def test_killed_provider_is_truncated_with_the_text_so_far():
    own = Mock()
    key = own.plan(stream(token("so "), token("far"), HANG))
    llm = liter_llm.LiterLlm("openai", api_key="k", base_url=own.base_url(key))

    async def read() -> tuple[list[str], LlmError]:
        tokens: list[str] = []
        with pytest.raises(liter_llm.TruncatedError) as caught:
            async for piece in llm.invoke(REQUEST):
                tokens.append(piece)
                if len(tokens) == 2:
                    own.kill()
        await llm.aclose()
        return tokens, caught.value

    begin = time.monotonic()
    tokens, error = asyncio.run(read())
    own.stop()

    assert tokens == ["so ", "far"]
    assert error.partial is not None
    assert (error.partial.text, error.partial.outcome) == ("so far", "truncated")
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("kind", LlmError.__subclasses__(), ids=lambda kind: kind.kind)
def test_errors_can_be_pickled(kind):
    error = kind("openai: it failed")
    error.status = 418
    error.partial = make_response()

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert (str(copy), copy.status) == ("openai: it failed", 418)
    assert copy.partial == error.partial


def make_response() -> liter_llm.Response:
    from liter_llm._response_builder import ResponseBuilder

    builder = ResponseBuilder()
    builder.text.append("so far")
    return builder.response()


def test_every_kind_of_the_header_has_a_class():
    from liter_llm._native import lib

    numbers = [name for name in dir(lib) if name.startswith("LLM_ERROR_")]
    kinds = {name[len("LLM_ERROR_") :] for name in numbers} - {"OK"}
    found_here = {"OUTPUT"}
    assert kinds | found_here == {kind.kind for kind in LlmError.__subclasses__()}


BAD_INPUT = [
    ("CONFIG", {"provider": "nobody"}, REQUEST, "nobody"),
    ("CONFIG", {"no_such_option": 1}, REQUEST, "no_such_option"),
    ("CONFIG", {"base_url": "ftp://example.invalid"}, REQUEST, "base_url|base URL"),
    ("CONFIG", {"api_key": ""}, REQUEST, "key"),
    ("INVALID_ARGUMENT", {"api_key": "a\nb"}, REQUEST, "key"),
    ("INVALID_ARGUMENT", {"headers": {"x": "a\r\nb"}}, REQUEST, "x"),
    ("INVALID_REQUEST", {}, {"messages": []}, "model"),
    ("INVALID_REQUEST", {}, {"model": "m"}, "messages"),
    ("INVALID_REQUEST", {}, {"model": 5, "messages": []}, "model"),
    ("INVALID_REQUEST", {}, {**REQUEST, "temperature": "hot"}, "temperature"),
]


@pytest.mark.parametrize(("kind", "options", "request_", "named"), BAD_INPUT)
def test_bad_input_is_named_before_anything_is_sent(mock, connect, kind, options, request_, named):
    key = mock.plan({"answer": {"text": "fine"}})
    of_client = {name: value for name, value in options.items() if name != "provider"}
    call_options = {"provider": options["provider"]} if "provider" in options else {}

    with pytest.raises(LlmError, match=named) as caught:
        connect(key, **of_client).invoke(request_, **call_options).complete()

    assert caught.value.kind == kind
    assert mock.seen(key)["requests"] == []
    assert connect(key).invoke(REQUEST).complete().text == "fine"


def test_tls_is_checked_and_a_ca_can_be_given():
    own = Mock("--tls")
    key = own.plan({"answer": {"text": "Hello world"}})
    options = {"api_key": "k", "base_url": own.base_url(key, "https"), "retries_max": 0}

    with liter_llm.LiterLlm("openai", **options) as llm:
        error = fail_without_loop(llm)
    with liter_llm.LiterLlm("openai", ca_file=own.places["ca_file"], **options) as llm:
        response = llm.invoke(REQUEST).complete()
    own.stop()

    assert (error.kind, error.retryable) == ("TLS", False)
    assert response.text == "Hello world"
