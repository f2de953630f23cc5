"""The likely mistakes of a Python user, and the whole message that each of them gets."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import decimal
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

import liter_llm
from liter_llm import ClosedError, ConfigError, InvalidRequestError, LiterLlm, LlmError, Stream
from liter_llm._constants_generated import OPERATION_FIELDS
from support import HANG, HELLO, MESSAGES, REQUEST, ROOT, as_coroutine, stream, token

MISTAKES = json.loads((ROOT / "tests/mistakes.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((ROOT / "core/schema/schema.json").read_text(encoding="utf-8"))
JSON = "expected JSON (str, number, bool, None, list or dict)"
A_DICT = (
    "request: expected a dict, another mapping or an object with model_dump(), such as"
    ' {"model": ..., "messages": [...]}, got '
)
NOON = datetime.datetime(2026, 1, 1, 12)


def raised(use: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - it is looked at by the caller
        use()
    return caught.value


# ---- the core's own words come through unchanged


@pytest.mark.parametrize("row", MISTAKES["requests"], ids=lambda row: row["name"])
def test_mistakes_in_a_request(connect, row):
    """Without a loop and on one; what is no dict is this package's to refuse."""
    llm = connect("unused", api_key="k")
    for use in (lambda: call_of(llm, row).complete(), lambda: on_loop(llm, row)):
        error = raised(use)
        assert isinstance(error, LlmError)
        assert error.kind == row["kind"]
        if isinstance(row["request"], dict):
            assert str(error) == row["message"]
        else:
            assert str(error) == A_DICT + type(row["request"]).__name__


def on_loop(llm: LiterLlm, row: dict[str, Any]) -> None:
    asyncio.run(as_coroutine(call_of(llm, row)))


def call_of(llm: LiterLlm, row: dict[str, Any]) -> Any:
    """By the method of the request's operation; an operation that is none has none."""
    request = row["request"]
    operation = request.get("operation") if isinstance(request, dict) else None
    methods = {name: getattr(llm, name) for name in OPERATION_FIELDS}
    return methods.get(operation, llm.invoke)(request)


@pytest.mark.parametrize("row", MISTAKES["options"], ids=lambda row: row["name"])
def test_mistakes_in_options(row):
    """They are found when the client is made."""
    error = raised(lambda: LiterLlm(**{"provider": "openai", "api_key": "k", **row["options"]}))
    assert isinstance(error, LlmError)
    assert (error.kind, str(error)) == (row["kind"], row["message"])


# ---- what cannot be JSON, with its path


def message(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hello", **fields}]}


class Model:
    """As a model of pydantic that is not valid: its errors are ValueErrors."""

    def model_dump(self) -> dict[str, Any]:
        raise ValueError("no such field")


@dataclasses.dataclass
class Question:
    text: str = "Hello"


class Holder:
    """A model that holds something that is no JSON."""

    def model_dump(self) -> dict[str, Any]:
        return {"role": "user", "content": {"at": NOON}}


async def coroutine() -> str:
    return "Hello"


CIRCLE: dict[str, Any] = {}
CIRCLE["again"] = CIRCLE
ISO = "isoformat() makes text of it"
NOT_JSON: dict[str, tuple[Any, str]] = {
    "bytes": (
        message(content=b"Hello"),
        f"messages[0].content: {JSON}, got bytes; decode() makes text of it",
    ),
    "datetime": (
        {**REQUEST, "metadata": {"at": NOON}},
        f"metadata.at: {JSON}, got datetime; {ISO}",
    ),
    "date": (
        {**REQUEST, "metadata": {"on": NOON.date()}},
        f"metadata.on: {JSON}, got date; {ISO}",
    ),
    "decimal": (
        {**REQUEST, "temperature": decimal.Decimal("0.5")},
        f"temperature: {JSON}, got Decimal; float() or str() makes JSON of it",
    ),
    "set": ({**REQUEST, "stop": {"a"}}, f"stop: {JSON}, got set; list() makes JSON of it"),
    "uuid": (
        {**REQUEST, "user": uuid.UUID(int=1)},
        f"user: {JSON}, got UUID; str() makes text of it",
    ),
    "object": ({**REQUEST, "user": object()}, f"user: {JSON}, got object"),
    "a_function_as_a_tool": (
        {**REQUEST, "tools": [message]},
        "tools[0]: write liter_llm.tool(message)",
    ),
    "a_class_as_response_format": (
        {**REQUEST, "response_format": dict},
        "response_format: write invoke(request, output=dict)",
    ),
    "a_dataclass": (
        {**REQUEST, "messages": [Question()]},
        f"messages[0]: {JSON}, got Question; dataclasses.asdict() makes a dict of it",
    ),
    "a_stream_in_the_place_of_its_text": (
        message(content=LiterLlm().invoke(REQUEST)),
        f"messages[0].content: {JSON}, got Stream; await it, or call complete(), and use its text",
    ),
    "nan": (
        {**REQUEST, "temperature": float("nan")},
        "temperature: expected a finite number, got nan",
    ),
    "infinity": (
        {**REQUEST, "logit_bias": {"1": [float("-inf")]}},
        "logit_bias.1[0]: expected a finite number, got -inf",
    ),
    "a_key_of_another_type": (
        {**REQUEST, "metadata": {("a", "b"): 1}},
        "metadata: expected text as the name of a field, got tuple",
    ),
    "circle": (
        {**REQUEST, "messages": [CIRCLE]},
        "messages[0].again: the value holds itself",
    ),
    "model_that_fails": (
        {**REQUEST, "messages": [Model()]},
        "messages[0]: model_dump() of Model failed: no such field",
    ),
    "model_that_holds_no_json": (
        {**REQUEST, "messages": [*MESSAGES, Holder()]},
        f"messages[1].content.at: {JSON}, got datetime; {ISO}",
    ),
    "text": ("Hello", A_DICT + "str"),
    "messages_alone": (MESSAGES, A_DICT + "list"),
    "nothing": (None, A_DICT + "NoneType"),
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_json_is_named_with_its_path(connect, name):
    request, text = NOT_JSON[name]
    llm = connect("unused")
    for use in (
        lambda: llm.invoke(request).complete(),
        lambda: asyncio.run(as_coroutine(llm.invoke(request))),
    ):
        error = raised(use)
        assert (type(error), str(error)) == (InvalidRequestError, text)


def test_options_that_are_not_json_are_named():
    error = raised(lambda: LiterLlm("openai", api_key="k", headers={"x-team": {"blue"}}))
    text = f"option headers.x-team: {JSON}, got set; list() makes JSON of it"
    assert (type(error), str(error)) == (ConfigError, text)


# ---- options in the wrong place, and missing ones


KNOWN = ", ".join(provider["name"] for provider in SCHEMA["providers"])
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], type[LlmError], str]] = {
    "no_key": (
        {"api_key": None, "base_url": None},
        {},
        ConfigError,
        "no key; set OPENAI_API_KEY or api_key",
    ),
    "unknown_provider": (
        {"provider": "opanai"},
        {},
        ConfigError,
        'provider "opanai" is unknown; did you mean "openai"?',
    ),
    "provider_of_no_name": (
        {"provider": "nobody"},
        {},
        ConfigError,
        f'provider "nobody" is unknown; known are: {KNOWN}',
    ),
    "no_provider": (
        {"provider": None},
        {},
        ConfigError,
        'no provider for model "gpt-4o-mini"; name one, or write provider/model',
    ),
    "misspelt_option": (
        {"max_retries": 1},
        {},
        ConfigError,
        'option "max_retries" is unknown; did you mean "retries_max"?',
    ),
    "request_field_in_options": (
        {"temperature": 0.5},
        {},
        ConfigError,
        '"temperature" is a field of a request, not an option of a client',
    ),
    "client_option_in_a_call": (
        {},
        {"worker_threads": 2},
        ConfigError,
        '"worker_threads" is an option of the client, not of a call; write'
        " LiterLlm(worker_threads=...)",
    ),
    "misspelt_option_of_a_call": (
        {},
        {"timeout": 3},
        ConfigError,
        'option "timeout" is unknown; did you mean "key_timeout_ms", "idle_timeout_ms" or'
        ' "total_timeout_ms"?',
    ),
    "field_of_the_provider_as_an_option": (
        {},
        {"top_k": 5},
        ConfigError,
        'option "top_k" is unknown; a field for the provider belongs in the request, or in'
        " extra_body",
    ),
    "words_of_an_option_in_another_order": (
        {},
        {"retry_max": 2},
        ConfigError,
        'option "retry_max" is unknown; did you mean "retries_max"?',
    ),
    "camel_case": (
        {},
        {"baseUrl": "http://localhost"},
        ConfigError,
        'option "baseUrl" is unknown; did you mean "base_url"?',
    ),
    "misspelt_option_of_the_client_in_a_call": (
        {},
        {"cafile": "/etc/ca.pem"},
        ConfigError,
        'option "cafile" is unknown; did you mean "ca_file"? it is of the client:'
        " LiterLlm(ca_file=...)",
    ),
    "misspelt_field_of_a_request_as_an_option": (
        {},
        {"maxTokens": 5},
        ConfigError,
        'option "maxTokens" is unknown; did you mean "max_tokens"?',
    ),
    "seconds_in_the_place_of_milliseconds": (
        {},
        {"total_timeout_ms": 2.5},
        InvalidRequestError,
        "total_timeout_ms: expected a whole number of milliseconds, got 2.5",
    ),
    "collect_in_options": (
        {"collect": "no"},
        {},
        ConfigError,
        "option collect: expected True or False, got str",
    ),
    "collect_in_a_call": (
        {},
        {"collect": 0},
        InvalidRequestError,
        "collect: expected True or False, got int",
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_is_wrong_is_named(mock, connect, name):
    options, call_options, kind, text = OPTIONS[name]
    key = mock.plan(HELLO)
    error = raised(lambda: connect(key, **options).invoke(REQUEST, **call_options).complete())
    assert (type(error), str(error)) == (kind, text)
    assert mock.seen(key)["requests"] == []


# ---- use of a stream


async def wait_twice(llm: LiterLlm) -> None:
    """Two tasks read one stream."""
    async with llm.invoke(REQUEST) as call:
        await call.__anext__()
        first = asyncio.ensure_future(call.__anext__())
        await asyncio.sleep(0)
        try:
            await call.__anext__()
        finally:
            first.cancel()


async def loop_of_threads(llm: LiterLlm) -> None:
    """Goes on with `for` where `async for` began."""
    async with llm.invoke(REQUEST) as call:
        async for _ in call:
            for _ in call:
                pass


def other_loop(llm: LiterLlm) -> None:
    loops = [asyncio.new_event_loop() for _ in range(2)]
    reader = llm.invoke(REQUEST).__aiter__()
    try:
        for loop in loops:
            loop.run_until_complete(reader.__anext__())
    finally:
        for loop in loops:
            loop.close()


def read_twice(llm: LiterLlm) -> None:
    with llm.invoke(REQUEST) as call:
        for _ in call:
            for _ in call.events():
                pass


def begun_without_a_loop(llm: LiterLlm) -> None:
    with llm.invoke(REQUEST) as call:
        next(call)
        asyncio.run(as_coroutine(call))


def closed(llm: LiterLlm) -> None:
    llm.close()
    llm.invoke(REQUEST).complete()


def cancelled(llm: LiterLlm) -> None:
    call = llm.invoke(REQUEST)
    call.cancel()
    call.complete()


def anext_without_a_loop(llm: LiterLlm) -> None:
    llm.invoke(REQUEST).__aiter__().__anext__().send(None)


ONCE = "a stream is read once; call invoke() again for a new one"
USES: dict[str, tuple[Callable[[LiterLlm], Any], type[BaseException], str]] = {
    "not_awaited": (
        lambda llm: llm.invoke(REQUEST).text,  # type: ignore[attr-defined]
        AttributeError,
        "'Stream' object has no attribute 'text'; await the stream, or call complete(), and use"
        " response.text",
    ),
    "added_to_text": (
        lambda llm: "> " + llm.invoke(REQUEST),  # type: ignore[operator]
        TypeError,
        'can only concatenate str (not "Stream") to str',
    ),
    "events_awaited": (
        lambda llm: asyncio.run(as_coroutine(llm.invoke(REQUEST).events())),
        TypeError,
        "object StreamIterator can't be used in 'await' expression",
    ),
    "no_request": (
        lambda llm: llm.invoke(**REQUEST),
        TypeError,
        "LiterLlm.invoke() missing 1 required positional argument: 'request'",
    ),
    "response_too_early": (
        lambda llm: llm.invoke(REQUEST).response,
        RuntimeError,
        "the stream has not started; there is no response yet",
    ),
    "read_twice": (read_twice, RuntimeError, ONCE),
    "two_tasks": (
        lambda llm: asyncio.run(wait_twice(llm)),
        RuntimeError,
        "another task is waiting for this stream; one reader at a time",
    ),
    "for_in_async_for": (
        lambda llm: asyncio.run(loop_of_threads(llm)),
        RuntimeError,
        ONCE,
    ),
    "await_after_for": (
        begun_without_a_loop,
        RuntimeError,
        "this stream was started without an event loop; go on with for or complete()",
    ),
    "another_loop": (
        other_loop,
        RuntimeError,
        "this stream was started on another event loop",
    ),
    "no_loop": (anext_without_a_loop, RuntimeError, "no running event loop"),
    "closed": (closed, ClosedError, "this LiterLlm is closed; make a new one"),
    "cancelled": (
        cancelled,
        liter_llm.CancelledError,
        "the stream was cancelled before it started",
    ),
}


@pytest.mark.parametrize("name", USES)
def test_a_stream_that_is_used_wrongly_says_so(mock, connect, name):
    use, kind, text = USES[name]
    llm = connect(mock.plan(stream(token("one"), HANG)))
    error = raised(lambda: use(llm))
    assert (type(error), str(error)) == (kind, text)


def test_a_stream_has_no_attribute_of_a_response(connect):
    """The hint is for people; code that looks for an attribute finds none."""
    call: Any = connect("unused").invoke(REQUEST)
    assert not hasattr(call, "text")
    assert getattr(call, "model", None) is None
    assert isinstance(call, Stream)
