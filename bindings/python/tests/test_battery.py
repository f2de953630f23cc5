"""The fault battery through the Python package: every scenario of tests/battery/faults.json."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

import liter_llm
from support import MESSAGES, ROOT, Mock

KEY = "test-key-0123456789"
SCENARIOS: list[dict[str, Any]] = json.loads((ROOT / "tests/battery/faults.json").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["name"]))
def test_scenario(mock: Mock, scenario: dict[str, Any]) -> None:
    key = mock.new_key(scenario["name"])
    steps = json.loads(json.dumps(scenario["steps"]).replace("{key}", KEY))
    mock.plan(*steps, key=key)
    expected = scenario["expected"]
    llm = liter_llm.LiterLlm(provider="openai", api_key=KEY, base_url=mock.base_url(key))
    request = {"model": "test-model", "messages": MESSAGES, "stream": True}
    stream = llm.invoke({**request, **scenario.get("request", {})})
    began = time.monotonic()
    error: liter_llm.LlmError | None = None
    try:
        response = stream.complete()
    except liter_llm.LlmError as failure:
        error = failure
        assert failure.partial is not None
        response = failure.partial
    elapsed_ms = (time.monotonic() - began) * 1000
    llm.close()

    assert got(response, error, expected) == wanted(expected)
    assert expected.get("at_least_ms", 0) <= elapsed_ms <= expected.get("at_most_ms", 30_000)
    if scenario.get("closed"):
        mock.wait(key, closed=1)
    if not scenario.get("any_requests"):
        assert mock.seen(key)["requests_count"] == expected["requests"]
    if "never" in scenario:
        assert scenario["never"].replace("{key}", KEY) not in f"{response!r}{error!r}{error}"
    if "message_has" in scenario:
        assert scenario["message_has"] in str(error)


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
    result["error"] = None
    if error is not None:
        result["error"] = {name: getattr(error, name) for name in expected.get("error", {"kind"})}
    return result


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    outside = ("requests", "at_least_ms", "at_most_ms")
    result = {name: value for name, value in expected.items() if name not in outside}
    return {"error": None, **result}
