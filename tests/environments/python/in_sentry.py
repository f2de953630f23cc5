"""Sentry sends the local variables of every frame: no key and no header is among them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import sentry_sdk

import liter_llm
from shared import HELLO, running_mock
from support import REQUEST, pieces_shown

KEY = "kq7Zx9Wv3Lm5Tn8Rb2Yc"
events: list[str] = []


def keep(event: Any, _: Any) -> None:
    events.append(json.dumps(event, default=repr))


class Model:
    """A user's model that fails while its fields are read, and writes that to the log."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error

    def model_dump(self) -> dict[str, Any]:
        logging.getLogger("app").error("asked")
        if self.error is not None:
            raise self.error
        return {"role": "user", "content": "Hi"}


class Reporting(logging.Handler):
    """Reports each line of this library with the frames that it was written in."""

    def emit(self, record: logging.LogRecord) -> None:
        sentry_sdk.capture_message(record.getMessage())


OTHERS: dict[str, dict[str, Any]] = {
    "nobody": {"base_url": "http://127.0.0.1:9/v1"},
    "unknown_option": {"no_such_option": 1},
    "of_the_call": {"api_key": "x"},
    "key_with_a_break": {"api_key": f"{KEY}\n"},
}


def client(name: str = "") -> liter_llm.LiterLlm:
    """Some of its options are refused here; so no local of this program's own has the key."""
    return liter_llm.LiterLlm("openai", retries_max=0, **{**usual(), **OTHERS.get(name, {})})


def usual() -> dict[str, Any]:
    return {
        "api_key": KEY,
        "headers": {"x-pass": KEY},
        "base_url": base_url,
        "log_level": "debug",
    }


def as_request(model: Any) -> Any:
    return model


def with_field(value: Any) -> Any:
    return {**REQUEST, "messages": [value]}


async def as_coroutine(call: Any) -> Any:
    return await call


WAYS: dict[str, Callable[[liter_llm.Stream], object]] = {
    "complete": lambda call: call.complete(),
    "for": list,
    "await": lambda call: asyncio.run(as_coroutine(call)),
}
SELDOM: BaseException = KeyboardInterrupt("meant")
CASES: dict[str, Callable[[], liter_llm.Stream]] = {
    "status": lambda: client().invoke(REQUEST),
    "nobody": lambda: client("nobody").invoke(REQUEST),
    "unknown_option": lambda: client("unknown_option").invoke(REQUEST),
    "not_json": lambda: client().invoke(with_field(object()), api_key=KEY),
    "circle": lambda: client().invoke(with_field(CIRCLE), api_key=KEY),
    "nested_model": lambda: client().invoke(with_field(Model(KeyError("x"))), api_key=KEY),
    "nested_interrupt": lambda: client().invoke(with_field(Model(SELDOM)), api_key=KEY),
    "nested_log": lambda: client().invoke(with_field(Model(None)), api_key=KEY),
    "model": lambda: client().invoke(as_request(Model(ZeroDivisionError("x"))), api_key=KEY),
    "no_mapping": lambda: client().invoke(["no"], api_key=KEY),  # type: ignore[arg-type]
    "of_the_call": lambda: client("of_the_call").invoke({**REQUEST, "api_key": KEY}),
    "key_with_a_break": lambda: client("key_with_a_break").invoke(REQUEST),
}
CIRCLE: dict[str, Any] = {}
CIRCLE["again"] = CIRCLE


def report(name: str, way: str) -> None:
    try:
        WAYS[way](CASES[name]())
    except BaseException:
        sentry_sdk.capture_exception()


with running_mock() as mock:
    refusing = {"status": 401, "error": {"message": f"no {KEY}", "type": "t"}}
    base_url = mock.base_url(key := mock.plan(refusing))
    sentry_sdk.init(
        dsn="http://public@127.0.0.1:9/1",
        before_send=keep,
        include_local_variables=True,
        attach_stacktrace=True,
        max_value_length=1 << 20,
        default_integrations=True,
    )
    logging.getLogger("liter_llm").addHandler(Reporting())
    for name in CASES:
        for way in WAYS:
            before = len(events)
            report(name, way)
            assert len(events) > before, (name, way)
            for event in events[before:]:
                assert '"liter_llm' in event, "frames of this library were looked at"
                found = event.find(KEY[:8])
                shown = pieces_shown(KEY, event)
                assert not shown, (name, way, event[max(0, found - 300) : found + 50])
    sent = json.dumps(mock.seen(key)["requests"])
    assert KEY in sent, "else the test shows nothing"
    mock.plan(HELLO, key=key)
    assert client().invoke(REQUEST).complete().text == "Hello world"
