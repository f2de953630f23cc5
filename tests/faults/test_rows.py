"""The verdict on a row fails for each thing that a row promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rows import KEY, TRANSPORTS, Case, Observed, all_rows, differences

ROW = {
    "name": "row",
    "expected": {
        "outcome": "failed",
        "text": "half",
        "error": {"kind": "TIMEOUT", "timer": "idle"},
        "requests": 1,
        "at_least_ms": 100,
        "at_most_ms": 200,
    },
    "message_has": "127.0.0.1",
}
CASE = Case(0, ROW, TRANSPORTS[2])
ERROR = {"kind": "TIMEOUT", "timer": "idle", "message": "localhost is silent"}
OBSERVED = Observed({"outcome": "failed", "text": "half", "warnings": []}, ERROR, 150, "all of it")
SEEN = {"requests_count": 1, "requests": [{"version": "HTTP/2", "place": "https"}]}


def found(observed: Observed = OBSERVED, **seen: Any) -> list[str]:
    return differences(CASE, observed, {**SEEN, **seen}, "localhost")


def test_what_is_promised_is_no_difference() -> None:
    assert found() == []


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {**OBSERVED.fields, "outcome": "complete"}},
        {"fields": {**OBSERVED.fields, "text": "half half"}},
        {"fields": {**OBSERVED.fields, "warnings": ["odd"]}},
        {"error": None},
        {"error": {**ERROR, "timer": "total"}},
        {"error": {**ERROR, "message": "127.0.0.1 is silent"}},
        {"elapsed_ms": 99},
        {"elapsed_ms": 201},
        {"shown": f"the key {KEY[3:11].upper()}"},
    ],
    ids=str,
)
def test_each_difference_is_found(change: dict[str, Any]) -> None:
    assert len(found(replace(OBSERVED, **change))) >= 1


@pytest.mark.parametrize(
    "request_seen",
    [{"version": "HTTP/1.1", "place": "https"}, {"version": "HTTP/2", "place": "http"}],
    ids=str,
)
def test_another_transport_is_found(request_seen: dict[str, Any]) -> None:
    assert len(found(requests=[request_seen])) == 1
    assert len(found(requests_count=2)) == 1


def test_an_error_that_was_not_promised_is_found() -> None:
    row = {"name": "row", "expected": {"requests": 1}}
    case = Case(0, row, TRANSPORTS[2])
    assert len(differences(case, OBSERVED, SEEN, "localhost")) == 1


def test_a_row_of_an_operation_has_no_messages_of_a_chat() -> None:
    row = {"name": "row", "request": {"operation": "embed", "input": "a"}, "base_path": "/v2"}
    case = Case(0, row, TRANSPORTS[0])
    assert case.request("hello") == {"model": "test-model", "operation": "embed", "input": "a"}
    assert case.address("http://mock/key/v1") == "http://mock/key/v2"


FIELDS = {
    *("name", "about", "steps", "request", "expected", "never", "message_has", "cancel_when"),
    *("closed", "http1_only", "any_requests", "new_connection", "memory_mb_max", "slow"),
    *("base_path", "options"),
}
EXPECTED = {
    *("outcome", "text", "text_length", "attempts", "finish_reason", "tool_calls", "warnings"),
    *("error", "requests", "at_least_ms", "at_most_ms", "tried", "provider", "model"),
    *("vectors", "dimensions", "vectors_sha256", "ranked", "models", "counted"),
}


def test_every_row_has_its_steps_and_its_expected_outcome() -> None:
    rows = all_rows()
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(rows) > 200
    for row in rows:
        assert {"name", "about", "steps", "expected"} <= set(row) <= FIELDS, row["name"]
        assert {"outcome"} < set(row["expected"]) <= EXPECTED, row["name"]
        assert row.get("any_requests") or "requests" in row["expected"], row["name"]
