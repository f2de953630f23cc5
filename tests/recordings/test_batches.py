"""Replays recorded traffic of batches: each exchange as a step of the call that would have it, cut
at 1, 3 and 7 bytes and whole. Steps that were not recorded beside it are written here.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from boundary import Boundary, Outcome
from exchanges import APIS, FOLDER, Row, exchanges, options_of, read
from test_recordings import COUNTS, CUTS, KINDS, OUTCOMES, arguments, usage_of

from support import Mock

BATCHES = [row for row in exchanges() if row["kind"] == "batch"]
# What both we and the recordings say of a batch.
STATE = (
    "id",
    "state",
    "state_raw",
    "counts",
    "model",
    "endpoint",
    "created_at",
    "ended_at",
    "expires_at",
)
ROW = {"id": "0", "request": {"model": "m", "messages": [{"role": "user", "content": "hi"}]}}


@pytest.fixture(scope="module")
def replay() -> Iterator[Mock]:
    running = Mock("--recordings", str(FOLDER))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def boundary() -> Boundary:
    return Boundary()


@pytest.mark.parametrize("row", BATCHES, ids=lambda row: str(row["id"]))
def test_recording(replay: Mock, boundary: Boundary, row: Row) -> None:
    expected = read(row, "expected.json")
    for cut in CUTS:
        for request, steps in calls(row, expected, cut):
            outcome = play(replay, boundary, row, request, steps)
            due = wanted(row, request["action"], expected)
            result = got(outcome, request["action"])
            leave_out_untold(result, due)
            assert result == due, f"cut at {cut} bytes"


def leave_out_untold(result: Row, due: Row) -> None:
    """We read some counts from where the recordings leave them."""
    for one, other in zip(result.get("rows", []), due.get("rows", [])):
        for name in ("reasoning_tokens", "cache_write_tokens"):
            if name not in other.get("usage", {}):
                one.get("usage", {}).pop(name, None)


def play(
    mock: Mock, boundary: Boundary, row: Row, request: Row, steps: list[dict[str, Any]]
) -> Outcome:
    key = mock.plan(*steps)
    options = {
        "api_key": "test-key",
        "base_url": f"{mock.places['http']}/{key}{APIS[row['api']].path}",
        "retries_max": 0,
        **options_of(row),
    }
    return boundary.call(options, {"operation": "batch", **request})


def calls(row: Row, expected: Row, cut: int) -> list[tuple[Row, list[dict[str, Any]]]]:
    """The calls that have the exchange as a step, with all steps."""
    provider = APIS[row["api"]].provider
    asked = read(row, "request.json")
    this = recording(row["api"], row["id"], cut)
    handle = json.dumps({"provider": provider, "id": "batches/b" if provider == "gemini" else "b"})
    path = asked["path"].split("?")[0]
    if expected.get("what") == "batch_list":
        last = document({"object": "list", "data": [], "has_more": False})
        return [({"action": "list"}, [this, last])]
    if path.endswith("/content"):
        name = "error_file_id" if "error" in row["id"] else "output_file_id"
        batch = document({"id": "b", "status": "completed", name: "f"})
        return [({"action": "results", "batch": handle}, [batch, this])]
    if path.endswith("/results"):
        return [({"action": "results", "batch": handle}, [this])]
    if path.endswith("/cancel"):
        return [({"action": "cancel", "batch": handle}, [this])]
    if asked["method"] == "POST":
        return [({"action": "submit", "requests": [ROW]}, submission(row, provider, cut))]
    found = [({"action": "status", "batch": handle}, [this])]
    if "results" in expected:
        found.append(({"action": "results", "batch": handle}, [this]))
    return found


def submission(row: Row, provider: str, cut: int) -> list[dict[str, Any]]:
    """What a provider says to the steps of a submission, as it was recorded."""
    parts = {"openai": ["00", "01"], "xai": ["00", "01"]}.get(provider)
    if parts is None:
        return [recording(row["api"], row["id"], cut)]
    name = f"{provider}-batch-chats"
    steps = [recording(row["api"], f"{name}_{part}", cut) for part in parts]
    # The state follows the rows that were added.
    return steps if provider == "openai" else [*steps, steps[0]]


def recording(api: str, name: str, cut: int) -> dict[str, Any]:
    return {"recording": f"{api}/{name}", "cut": cut}


def document(body: Any) -> dict[str, Any]:
    headers = [["content-type", "application/json"]]
    return {"status": 200, "headers": headers, "body": json.dumps(body)}


def got(outcome: Outcome, action: str) -> Row:
    receipt = outcome.receipt
    error = receipt.get("error")
    result: Row = {"outcome": receipt["outcome"]}
    if error is not None:
        result["error"] = [error["kind"], error["retryable"]]
    elif action == "results":
        result["rows"] = [row_of(row) for row in outcome.results]
    elif action == "list":
        assert outcome.result is not None
        result["batches"] = [picked(batch) for batch in outcome.result["batches"]]
    else:
        assert outcome.result is not None
        handle = json.loads(outcome.result["batch"])
        assert handle["id"] == outcome.result["id"]
        result["batch"] = picked(outcome.result)
    return result


def picked(state: Row) -> Row:
    return {name: state[name] for name in STATE if state.get(name) not in (None, {})}


def row_of(row: Row) -> Row:
    """A result in the words of the recordings."""
    found: Row = {"id": row["id"], "outcome": row["outcome"]}
    if row["outcome"] == "failed":
        error = row["error"]
        found["error"] = [error["kind"], error["retryable"], error.get("status")]
    if "response" not in row:
        return found
    response = row["response"]
    usage = response.get("usage") or {}
    found["usage"] = {name: usage[name] for name in COUNTS if name in usage}
    if "vectors" in response:
        numbers = array("f", [number for vector in response["vectors"] for number in vector])
        found["vectors"] = hashlib.sha256(numbers.tobytes()).hexdigest()
        return found
    for name in ("model", "text", "finish_reason", "finish_reason_raw"):
        found[name] = response[name]
    found["response_id"] = response["id"]
    found["reasoning"] = response.get("reasoning", "")
    calls = response["tool_calls"]
    found["tool_calls"] = [[call["name"], arguments(call["arguments"])] for call in calls]
    return found


def wanted(row: Row, action: str, expected: Row) -> Row:
    found: Row = {"outcome": OUTCOMES[expected["outcome"]]}
    if (error := expected.get("error")) is not None:
        found["error"] = [KINDS[error["category"]], error["retryable"]]
    elif action == "results":
        rows = expected.get("rows") or expected["results"]["rows"]
        found["rows"] = [wanted_row(row, one) for one in rows]
    elif action == "list":
        found["batches"] = [picked(batch) for batch in expected["batches"]]
    else:
        found["batch"] = picked(batch_of(row, expected))
    return found


def batch_of(row: Row, expected: Row) -> Row:
    """The batch that a submission ends with, where the exchange is another step of it."""
    if "batch" in expected:
        found: Row = expected["batch"]
        return found
    name = {"openai-batch": "chats_01", "xai-batch": "chats_00"}[row["api"]]
    other = {**row, "dir": f"{row['api']}/{row['api']}-{name}"}
    return dict(read(other, "expected.json")["batch"])


def wanted_row(row: Row, one: Row) -> Row:
    found: Row = {"id": one["id"], "outcome": one["outcome"]}
    if one["outcome"] == "failed":
        error = one["error"]
        status = error.get("http_status")
        found["error"] = [KINDS[error["category"]], error["retryable"], status]
    if (answer := one.get("answer")) is None:
        return found
    api = "gemini-generate" if row["api"] == "gemini-batch" else row["api"]
    found["usage"] = usage_of({**row, "api": api}, answer.get("usage") or {})
    if answer["kind"] == "embeddings":
        found["vectors"] = answer["vectors_sha256"]
        return found
    for name in ("model", "response_id", "finish_reason", "finish_reason_raw"):
        found[name] = answer.get(name)
    found["text"] = answer.get("text", "")
    found["reasoning"] = (answer.get("reasoning_summary") or "") + answer.get("reasoning", "")
    calls = answer.get("tool_calls", [])
    found["tool_calls"] = [[call["name"], call["arguments"]] for call in calls]
    return found
