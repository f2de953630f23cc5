"""The fault battery through the Python package: every scenario of tests/battery/faults.json."""

from __future__ import annotations

import json
import logging
import pickle
import time
from typing import Any

import pytest

import liter_llm
from support import MESSAGES, ROOT, Mock, pieces_shown, show

KEY = "test-key-0123456789"
SCENARIOS: list[dict[str, Any]] = json.loads((ROOT / "tests/battery/faults.json").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["name"]))
def test_scenario(mock: Mock, caplog: pytest.LogCaptureFixture, scenario: dict[str, Any]) -> None:
    key = mock.new_key(scenario["name"])
    steps = json.loads(json.dumps(scenario["steps"]).replace("{key}", KEY))
    mock.plan(*steps, key=key)
    expected = scenario["expected"]
    caplog.set_level(logging.DEBUG, logger="liter_llm")  # all of the log is looked at, too
    llm = liter_llm.LiterLlm(
        provider="openai",
        api_key=KEY,
        base_url=mock.base_url(key),
        # Clients with equal options share connections; a scenario needs its own.
        pool_idle_timeout_ms=50_000 + SCENARIOS.index(scenario),
    )
    request = json.loads(json.dumps(scenario.get("request", {})).replace("{key}", KEY))
    stream = llm.invoke({"model": "test-model", "messages": MESSAGES, "stream": True, **request})
    events: list[liter_llm.Event] = []
    began = time.monotonic()
    error: liter_llm.LlmError | None = None
    try:
        events.extend(stream.events())
    except liter_llm.LlmError as failure:
        error = failure
        assert failure.partial == stream.response
    response = stream.response
    elapsed_ms = (time.monotonic() - began) * 1000
    llm.close()

    assert got(response, error, expected) == wanted(expected)
    assert text_of(events) == response.text
    assert expected.get("at_least_ms", 0) <= elapsed_ms <= expected.get("at_most_ms", 30_000)
    if scenario.get("closed"):
        mock.wait(key, closed=1)
    if not scenario.get("any_requests"):
        assert mock.seen(key)["requests_count"] == expected["requests"]
    shown = everything_shown(events, response, error, caplog)
    assert KEY not in shown
    never = scenario.get("never", [])
    for secret in [never] if isinstance(never, str) else never:
        assert pieces_shown(secret.replace("{key}", KEY), shown) == []
    if "message_has" in scenario:
        assert scenario["message_has"] in str(error)


def everything_shown(
    events: list[liter_llm.Event],
    response: liter_llm.Response,
    error: liter_llm.LlmError | None,
    caplog: pytest.LogCaptureFixture,
) -> str:
    """All that a program could print of it; of a key there must be no piece of eight characters."""
    shown = [repr(events), repr(response)]
    shown += [f"{record.getMessage()} {vars(record)!r}" for record in caplog.records]
    if error is not None:
        shown += [show(error), show(pickle.loads(pickle.dumps(error)))]
    return "\n".join(shown)


def text_of(events: list[liter_llm.Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, liter_llm.Text))


def got(
    response: liter_llm.Response, error: liter_llm.LlmError | None, expected: dict[str, Any]
) -> dict[str, Any]:
    """What came, in the words of the scenario."""
    result: dict[str, Any] = {
        "outcome": response.outcome,
        "text": response.text,
        "text_length": len(response.text),
        "attempts": response.attempts,
        "finish_reason": response.finish_reason,
        "tool_calls": list(response.tool_calls),
    }
    result = {name: value for name, value in result.items() if name in expected}
    result |= {"error": None, "warnings": list(response.warnings)}
    if error is not None:
        names = expected.get("error", {"kind"})
        message = {"message": str(error)}
        result["error"] = {name: message.get(name) or getattr(error, name) for name in names}
    return result


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    outside = ("requests", "at_least_ms", "at_most_ms")
    result = {name: value for name, value in expected.items() if name not in outside}
    return {"error": None, "warnings": [], **result}
