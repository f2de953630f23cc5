"""Faults through the Python package: every row of tests/faults/faults.json, over plain
HTTP/1.1, over TLS and over HTTP/2. LITER_LLM_FAULTS=F12.http2 plays what holds that."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from functools import partial
from typing import Any, cast

import pytest
from rows import KEY, Case, Observed, cancel_as_told, cases, check, differences, played, tried_of

import liter_llm
from support import Mock, show

CASES = cases(operations=True)


class OwnLog(logging.Handler):
    """The lines of each thread: a blocking call logs in the thread that waits for it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: dict[int, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.getMessage()} {vars(record)!r}"
        self.lines.setdefault(threading.get_ident(), []).append(line)

    def taken(self) -> list[str]:
        """Those of this thread since the last time."""
        return self.lines.pop(threading.get_ident(), [])


def play(mock: Mock, log: OwnLog, case: Case) -> list[str]:
    """Everything that is not as promised."""
    key = mock.new_key(case.name)
    mock.plan(*case.steps(), key=key)
    place = case.address(mock.base_url(key, case.transport.port))
    llm = liter_llm.LiterLlm(
        provider="openai",
        api_key=KEY,
        base_url=place,
        ca_file=mock.places["ca_file"],
        # Clients with equal options share connections; a row needs its own.
        pool_idle_timeout_ms=50_000 + case.number,
        **cast(Any, case.options()),
    )
    began = time.monotonic()
    with llm:
        found, observed = (play_operation if case.is_operation else play_chat)(
            mock, llm, key, case, case.request("hello", place)
        )
    observed.elapsed_ms = (time.monotonic() - began) * 1000

    lines = log.taken()
    observed.shown = "\n".join([observed.shown, *lines])
    if case.row.get("closed"):
        mock.wait(key, closed=1)
    host = place.split("/")[2].split(":")[0]
    found += differences(case, observed, mock.seen(key), host)
    if observed.fields.get("attempts", 0) > 1 and not lines:
        found.append("a retry is not in the log")
    return found


Played = tuple[list[str], Observed]
"""What is not as it has to be in every row, and what the row is compared with."""


def play_chat(mock: Mock, llm: liter_llm.LiterLlm, key: str, case: Case, request: Any) -> Played:
    stream = llm.invoke(request)
    events: list[liter_llm.Event] = []
    cancel_as_told(case, partial(mock.wait, key), stream.cancel)
    error: liter_llm.LlmError | None = None
    try:
        events.extend(stream.events())
    except liter_llm.LlmError as failure:
        error = failure
    found: list[str] = []
    if error is not None and error.partial != stream.response:
        found.append(f"partial: {error.partial}, and the response is {stream.response}")
    if error is not None and error.tried != stream.response.tried:
        found.append(f"the error lists {error.tried}")
    if text_of(events) != stream.response.text:
        found.append(f"the events' text: {text_of(events)!r}")
    shown = everything_shown([events, stream.response], error)
    return found, Observed(fields_of(stream.response), fields_of_error(error), 0, shown)


def play_operation(
    mock: Mock, llm: liter_llm.LiterLlm, key: str, case: Case, request: Any
) -> Played:
    """Without an event loop; over HTTP/2 on one, so that both are played."""
    call: liter_llm.Call[Any] = getattr(llm, request["operation"])(request)
    cancel_as_told(case, partial(mock.wait, key), call.cancel)
    reply: Any = None
    error: liter_llm.LlmError | None = None
    try:
        on_loop = case.transport.name == "http2"
        reply = asyncio.run(wait_for(call)) if on_loop else call.complete()
    except liter_llm.LlmError as failure:
        error = failure
        reply = failure.partial
    found: list[str] = []
    if error is not None and (reply is not None) != (request["operation"] == "embed"):
        found.append(f"partial: {reply}")
    shown = everything_shown([reply], error)
    return found, Observed(fields_of_operation(reply, error), fields_of_error(error), 0, shown)


async def wait_for(call: liter_llm.Call[Any]) -> Any:
    return await call


def everything_shown(received: list[object], error: liter_llm.LlmError | None) -> str:
    """All that a program could print of it; of a key there must be no piece of eight characters."""
    shown = [repr(value) for value in received]
    if error is not None:
        shown += [show(error), show(pickle.loads(pickle.dumps(error)))]
    return "\n".join(shown)


def text_of(events: list[liter_llm.Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, liter_llm.Text))


def fields_of(response: liter_llm.Response) -> dict[str, Any]:
    """What came, in the words of the rows."""
    return {
        "outcome": response.outcome,
        "text": response.text,
        "text_length": len(response.text),
        "attempts": response.attempts,
        "finish_reason": response.finish_reason,
        "tool_calls": list(response.tool_calls),
        "tried": tried_of(map(asdict, response.tried)),
        "provider": response.provider,
        "model": response.model,
        "warnings": list(response.warnings),
    }


def fields_of_operation(reply: Any, error: liter_llm.LlmError | None) -> dict[str, Any]:
    """The same of an operation beside chat. Of one that failed without a partial reply, only the
    attempts are known."""
    if reply is None:
        return {"attempts": error.attempts if error else 0}
    of_any = {name: getattr(reply, name) for name in ("outcome", "attempts")}
    of_any["warnings"] = list(reply.warnings)
    of_any["tried"] = tried_of(map(asdict, reply.tried))
    if isinstance(reply, liter_llm.EmbedResponse):
        numbers = hashlib.sha256(reply.vectors.tobytes()).hexdigest()
        counts = {"vectors": reply.count, "dimensions": reply.dimensions}
        return {**of_any, **counts, "vectors_sha256": numbers}
    if isinstance(reply, liter_llm.RerankResponse):
        return {**of_any, "ranked": [result.index for result in reply.results]}
    if isinstance(reply, liter_llm.ModelsResponse):
        return {**of_any, "models": len(reply.models)}
    return {**of_any, "counted": reply.input_tokens}


def fields_of_error(error: liter_llm.LlmError | None) -> dict[str, Any] | None:
    names = ("kind", "status", "code", "retryable", "retry_after_ms", "attempts", "phase", "timer")
    more = ("request_id", "maybe_executed", "provider", "detail", "retry_budget_exhausted")
    if error is None:
        return None
    return {"message": str(error), **{name: getattr(error, name) for name in (*names, *more)}}


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock("--tls")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, mock: Mock) -> Iterator[dict[Case, Future[list[str]]]]:
    """Of all tests of this run: they are played beside each other."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted: list[Case] = [
        test.callspec.params["case"] for test in tests if test.function is test_scenario
    ]
    log = OwnLog()
    logger = logging.getLogger("liter_llm")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(log)
    with played(wanted, lambda case: play(mock, log, case)) as found:
        yield found
    logger.removeHandler(log)
    logger.setLevel(level)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_scenario(verdicts: dict[Case, Future[list[str]]], case: Case) -> None:
    check(verdicts[case].result())
