"""What an observer of a client is told: each request has the headers of its own observation, and
each observation ends once, whatever fails."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
from typing import Any

import pytest

from liter_llm import CancelledError, ClosedError, InvalidRequestError, LiterLlm
from liter_llm._observer import Observation, Observer
from support import HELLO, REQUEST, as_coroutine

tenant = contextvars.ContextVar("tenant", default="nobody")


@dataclasses.dataclass
class Place:
    city: str


class Observed(Observer):
    """Numbers the calls, and keeps the error kinds that they ended with."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[tuple[int, Any, str]] = []

    def begin(self, fields: Any, options: Any, operation: str, streamed: bool) -> Observation:
        self.begun += 1
        return Numbered(self, self.begun)


class Numbered(Observation):
    def __init__(self, observed: Observed, number: int) -> None:
        self.observed = observed
        self.number = number

    def headers(self) -> dict[str, str]:
        return {"traceparent": f"call-{self.number}"}

    def end(self, builder: Any) -> None:
        kind = builder.read_receipt().get("error", {}).get("kind")
        self.observed.ended.append((self.number, kind, tenant.get()))


def observe(llm: LiterLlm) -> Observed:
    observed = llm._observer = Observed()
    return observed


def sent(mock: Any, key: str) -> list[str]:
    """The header of each request that the provider saw."""
    requests = mock.seen(key)["requests"]
    headers = [{name.lower(): text for name, text in each["headers"]} for each in requests]
    return [each["traceparent"] for each in headers]


@pytest.mark.parametrize("on_loop", [False, True])
def test_each_request_of_a_repair_has_its_own_headers(mock, connect, on_loop):
    key = mock.plan(*[{"answer": {"text": text}} for text in ("no", "neither", '{"city": "Rome"}')])
    llm = connect(key)
    observed = observe(llm)
    stream = llm.invoke(REQUEST, output=Place, output_retries=2)

    reply = asyncio.run(as_coroutine(stream)) if on_loop else stream.complete()

    assert reply.output == Place("Rome")
    assert sent(mock, key) == ["call-1", "call-2", "call-3"]
    assert [number for number, _, _ in observed.ended] == [1, 2, 3]


def test_headers_of_the_request_and_of_the_client_win(mock, connect):
    key = mock.plan(HELLO, HELLO)
    asking, having = connect(key), connect(key, headers={"Traceparent": "of the client"})
    observe(asking)
    observe(having)

    asking.invoke(REQUEST, headers={"TraceParent": "of the request"}).complete()
    having.invoke(REQUEST).complete()

    assert sent(mock, key) == ["of the request", "of the client"]


@pytest.mark.parametrize("on_loop", [False, True])
def test_a_request_that_cannot_be_encoded_ends_each_time(connect, on_loop):
    """Each use of the call fails in the same way, and is observed from its start to its end."""
    llm = connect("unused")
    observed = observe(llm)
    call: Any = llm.invoke({"model": "m", "messages": [object()]})  # type: ignore[list-item]
    errors = []

    for name in ("blue", "green"):
        tenant.set(name)
        with pytest.raises(InvalidRequestError) as caught:
            asyncio.run(as_coroutine(call)) if on_loop else call.complete()
        errors.append((str(caught.value), caught.value.partial))
    tenant.set("nobody")

    assert observed.ended == [(1, "INVALID_REQUEST", "blue"), (2, "INVALID_REQUEST", "green")]
    message = "messages[0]: expected JSON (str, number, bool, None, list or dict), got object"
    assert errors == [(message, None)] * 2


def test_a_row_that_cannot_be_encoded_ends(mock, connect):
    llm = connect(mock.plan(HELLO))
    observed = observe(llm)
    wrong: Any = {"model": "m", "messages": [object()]}

    first, second = llm.map([wrong, REQUEST], ordered=True)

    assert isinstance(first.error, InvalidRequestError)
    assert second.response.text == "Hello world"
    assert [ended[:2] for ended in observed.ended] == [(1, "INVALID_REQUEST"), (2, None)]


@pytest.mark.parametrize("on_loop", [False, True])
def test_what_is_never_started_leaves_no_observation_open(connect, on_loop):
    """Of a client that was closed, or of a call that was cancelled before its start."""
    llm = connect("unused")
    observed = observe(llm)
    cancelled: Any = llm.invoke(REQUEST)
    cancelled.cancel()

    def use(call: Any) -> None:
        asyncio.run(as_coroutine(call)) if on_loop else call.complete()

    with pytest.raises(CancelledError, match="before it started"):
        use(cancelled)
    llm.close()
    with pytest.raises(ClosedError, match="closed"):
        use(llm.invoke(REQUEST))

    assert observed.begun == len(observed.ended)


def test_a_call_that_is_cancelled_while_it_starts_is_not_sent(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key)
    observed = observe(llm)
    call: Any = None

    class Model:
        def model_dump(self) -> Any:
            call.cancel()
            return {"role": "user", "content": "Hello"}

    call = llm.invoke({"model": "m", "messages": [Model()]})  # type: ignore[list-item]

    with pytest.raises(CancelledError):
        call.complete()

    assert observed.ended == [(1, "CANCELLED", "nobody")]
    assert not mock.seen(key)["requests"]
