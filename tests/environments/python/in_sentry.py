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


def client(**options: Any) -> liter_llm.LiterLlm:
    made = {"api_key": KEY, "headers": {"x-pass": KEY}, "base_url": base_url, "log_level": "debug"}
    return liter_llm.LiterLlm("openai", retries_max=0, **{**made, **options})


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
    "nobody": lambda: client(base_url="http://127.0.0.1:9/v1").invoke(REQUEST),
    "unknown_option": lambda: client(no_such_option=1).invoke(REQUEST),
    "not_json": lambda: client().invoke(with_field(object()), api_key=KEY),
    "circle": lambda: client().invoke(with_field(CIRCLE), api_key=KEY),
    "nested_model": lambda: client().invoke(with_field(Model(KeyError("x"))), api_key=KEY),
    "nested_interrupt": lambda: client().invoke(with_field(Model(SELDOM)), api_key=KEY),
    "nested_log": lambda: client().invoke(with_field(Model(None)), api_key=KEY),
    "model": lambda: client().invoke(as_request(Model(ZeroDivisionError("x"))), api_key=KEY),
    "no_mapping": lambda: client().invoke(["no"], api_key=KEY),  # type: ignore[arg-type]
    "of_the_call": lambda: client(api_key="x").invoke({**REQUEST, "api_key": KEY}),
    "key_with_a_break": lambda: client(api_key=f"{KEY}\n").invoke(REQUEST),
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
