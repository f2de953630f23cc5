"""Replays recorded provider traffic through the C boundary and compares whole results.

Each exchange is served by the mock provider whole and cut at 1, 3 and 7 bytes. conftest.py prints
how many of each API ran, and which did not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from boundary import Boundary, Outcome
from exchanges import APIS, FOLDER, SIGNED, Row, exchanges, options_of, read, request_of

from support import Mock

CUTS = (0, 1, 3, 7)
KINDS = {
    "authentication": "AUTHENTICATION",
    "permission": "PERMISSION",
    "not_found": "NOT_FOUND",
    "context_length": "INVALID_REQUEST",
    "too_large": "TOO_LARGE",
    "content_filter": "INVALID_REQUEST",
    "invalid_request": "INVALID_REQUEST",
    "quota": "QUOTA_EXCEEDED",
    "rate_limit": "RATE_LIMITED",
    "overloaded": "OVERLOADED",
    "server": "PROVIDER",
    "timeout": "PROVIDER",
    "conflict": "PROVIDER",
    "cancelled": "PROVIDER",
    "unknown": "PROVIDER",
}
COUNTS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "billed_input_tokens",
    "billed_output_tokens",
)
OUTCOMES = {
    "ok": "complete",
    "truncated": "truncated",
    "http_error": "failed",
    "stream_error": "failed",
    "response_failed": "failed",
    "error_in_200": "failed",
}
RETRYABLE = ("PROVIDER", "OVERLOADED", "RATE_LIMITED")
# What the last page of a list of models holds, in the shape of any provider.
NO_MORE = {
    "status": 200,
    "headers": [["content-type", "application/json"]],
    "body": json.dumps({"data": [], "models": [], "has_more": False}),
}
# Where we differ from what a recording expects, and why.
DIFFERENT: dict[str, dict[str, Any]] = {
    # The wait is named as a date, and the response's own date header shows how far away that is.
    "openai-json-documented-503-retry-after-http-date": {"retry_after_ms": 10_000},
    # max_tokens cut this call in its arguments: a tool call that is not whole is not delivered.
    "anthropic-stream-incomplete_partial_json_response": {"tool_calls": []},
    # The message says "try again in 11.054s", which is the wait.
    "openai-stream-documented-failed_rate_limit": {"retry_after_ms": 11_054},
    # "The model is overloaded" is the meaning of UNAVAILABLE.
    "gemini-json-documented-503-unavailable": {"kind": "OVERLOADED"},
    # Without candidates the reason of the block is the reason of the end.
    "gemini-json-documented-prompt-blocked": {"finish_reason_raw": "PROHIBITED_CONTENT"},
    # A raw reason is text; this is the name of the number.
    "gemini-json-testgoogleaiwithstreaming": {"finish_reason_raw": "STOP"},
    # START comes with the first content, and this stream failed before.
    "openai-stream-error_1": {"response_id": None, "model": None},
    # The message is a list of faults, of which we say the place and the text.
    "mistral-json-documented-422-validation": {"message": "body.messages: Field required"},
}
# How much of a provider's message must stand in ours, which has secrets taken out and may go on.
MESSAGE_CHARACTERS = 60


@pytest.fixture(scope="module")
def replay() -> Iterator[Mock]:
    running = Mock("--recordings", str(FOLDER))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def boundary() -> Boundary:
    return Boundary()


WHOLE = [row for row in exchanges() if row["kind"] != "batch"]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: str(row["id"]))
def test_recording(replay: Mock, boundary: Boundary, row: Row) -> None:
    expected = read(row, "expected.json")
    for cut in CUTS:
        outcome = play(replay, boundary, row, expected, cut)
        result = {**common(outcome), **SUMMARIES[row["kind"]](outcome)}
        want = wanted(row, expected)
        leave_out_unsaid(result, want, row)
        assert result == want, f"cut at {cut} bytes"
        if row["kind"] == "chat":
            check_parts(outcome, expected)


def leave_out_unsaid(result: Row, want: Row, row: Row) -> None:
    """Takes out of a result what the recording does not tell."""
    for name in ("reasoning_tokens", "cache_write_tokens"):
        if name not in want["usage"]:
            # We read it from where the recording leaves it: in usage_raw.
            result["usage"].pop(name, None)
    if row["kind"] != "chat" and result["usage"].get("output_tokens") == 0:
        # Some say that they wrote nothing; the recordings count the input alone.
        del result["usage"]["output_tokens"]
    if want["model"] is None and result["model"] == request_of(row).get("model", ""):
        result["model"] = None
    for call, told_call in zip(result.get("tool_calls", []), want.get("tool_calls", [])):
        if told_call[0] is None:
            call[0] = None  # the wire has no ids, and we make them
    if result["error"] is not None and want["error"] is not None:
        leave_out_of_error(result["error"], want["error"])


def leave_out_of_error(error: Row, want: Row) -> None:
    """Of a message it is enough that ours has the beginning of the provider's."""
    for name in ("status", "message"):
        if name not in want:
            error.pop(name, None)
    if "message" in want and want["message"] in error["message"]:
        error["message"] = want["message"]


def check_parts(outcome: Outcome, expected: Row) -> None:
    """What goes back to the provider, or is shown beside the text, is in parts and calls."""
    counted = [expected[name] for name in ("citations_count", "annotations") if name in expected]
    citations = counted[0] if counted else len(expected.get("citations", ()))
    assert len([part for part in outcome.parts if part["type"] == "citation"]) == citations
    delivered = json.dumps([outcome.parts, outcome.tool_calls], ensure_ascii=False)
    for signature in expected.get("reasoning_signatures", ()):
        assert signature in delivered
    assert delivered.count('"thoughtSignature"') == expected.get("thought_signatures", 0)
    redacted = expected.get("redacted_reasoning_blocks", 0)
    assert delivered.count('"redacted_thinking"') == redacted
    if "tool_plan" in expected:
        assert json.dumps(expected["tool_plan"], ensure_ascii=False) in delivered


def play(mock: Mock, boundary: Boundary, row: Row, expected: Row, cut: int) -> Outcome:
    """The exchange as our client sees it; a list that goes on ends with an empty page."""
    key = f"recording~{row['api']}~{row['id']}~{cut}~{mock.new_key()}"
    if expected.get("next"):
        page = {"recording": f"{row['api']}/{row['id']}", "cut": cut}
        key = mock.plan(page, NO_MORE)
    options = {
        "api_key": "test-key",
        "base_url": f"{mock.places['http']}/{key}{APIS[row['api']].path}",
        "retries_max": 0,
        **options_of(row),
    }
    if (expected.get("error") or {}).get("clock_skew"):
        # Signed, so that the clock counts; once more with the corrected time, and the same answer.
        options.update(SIGNED, retries_max=1)
        del options["api_key"]
    options.pop("api", None)
    outcome = boundary.call(options, request_of(row))
    if expected.get("next"):
        _, second = mock.seen(key)["requests"]
        query = parse_qs(urlsplit(second["path"]).query)
        assert {name: query.get(name) for name in expected["next"]} == {
            name: [value] for name, value in expected["next"].items()
        }, "the second page"
    return outcome


def common(outcome: Outcome) -> dict[str, Any]:
    """What every operation has: its end, its usage, its error."""
    receipt = outcome.receipt
    usage = receipt.get("usage")
    error = receipt.get("error")
    result: dict[str, Any] = {
        "outcome": receipt["outcome"],
        "response_id": outcome.start.get("id"),
        "model": outcome.start.get("model"),
        "usage": {name: usage[name] for name in COUNTS if name in usage} if usage else {},
        "usage_raw": (usage.get("raw") or None) if usage else None,
        "error": None,
    }
    if error is not None:
        names = ("kind", "retryable", "status", "message", "retry_after_ms")
        result["error"] = {name: error[name] for name in names if name in error}
    return result


def of_chat(outcome: Outcome) -> dict[str, Any]:
    refusals = [part.get("text", "") for part in outcome.parts if part["type"] == "refusal"]
    calls = outcome.tool_calls
    return {
        "text": outcome.text,
        "reasoning": outcome.reasoning,
        "refusal": "".join(refusals) or None,
        "tool_calls": [[one["id"], one["name"], arguments(one["arguments"])] for one in calls],
        "finish_reason": outcome.receipt.get("finish_reason"),
        "finish_reason_raw": outcome.receipt.get("finish_reason_raw"),
    }


def of_embeddings(outcome: Outcome) -> dict[str, Any]:
    if not outcome.vectors:
        return {}
    return {
        "count": len(outcome.vectors),
        "dimensions": {len(vector) // 4 for vector in outcome.vectors},
        "vectors_sha256": hashlib.sha256(b"".join(outcome.vectors)).hexdigest(),
        "truncated": outcome.receipt.get("truncated", []),
    }


def of_rerank(outcome: Outcome) -> dict[str, Any]:
    if outcome.result is None:
        return {}
    return {"results": [[row["index"], row["score"]] for row in outcome.result["results"]]}


def of_models(outcome: Outcome) -> dict[str, Any]:
    if outcome.result is None:
        return {}
    return {"models": [told(model) for model in outcome.result["models"]]}


def of_count(outcome: Outcome) -> dict[str, Any]:
    counted = outcome.result
    return {} if counted is None else {"counted": {name: counted.get(name) for name in COUNTED}}


COUNTED = ("input_tokens", "token_ids", "details", "billable_characters")
SUMMARIES = {
    "chat": of_chat,
    "embeddings": of_embeddings,
    "rerank": of_rerank,
    "models": of_models,
    "count": of_count,
}


def told(model: Row) -> Row:
    """A model without the provider's own object; the order of what it can do says nothing."""
    fields: Row = {name: value for name, value in model.items() if name not in ("raw", "provider")}
    if "capabilities" in fields:
        fields["capabilities"] = sorted(fields["capabilities"])
    return fields


def wanted(row: Row, expected: Row) -> dict[str, Any]:
    """The result that the recording expects."""
    different = DIFFERENT.get(row["id"], {})
    wanted_too = {**expected, **different}
    usage = expected.get("usage") or {}
    result: dict[str, Any] = {
        "outcome": OUTCOMES[expected["outcome"]],
        "response_id": wanted_too.get("response_id"),
        "model": wanted_too.get("model"),
        "usage": usage_of(row, usage),
        "usage_raw": expected.get("usage_raw") or None,
        "error": wanted_error(expected, different),
    }
    if row["kind"] == "chat":
        result.update(wanted_chat(wanted_too))
    elif expected["outcome"] != "ok":
        pass
    elif row["kind"] == "embeddings":
        result["count"] = expected["count"]
        result["dimensions"] = {expected["dimensions"]}
        result["vectors_sha256"] = expected["vectors_sha256"]
        result["truncated"] = expected.get("truncated", [])
    elif row["kind"] == "rerank":
        result["results"] = [[one["index"], one["score"]] for one in expected["results"]]
    elif row["kind"] == "models":
        result["models"] = [told(model) for model in expected["models"]]
    else:
        result["counted"] = {name: expected.get(name) for name in COUNTED}
    return result


def usage_of(row: Row, usage: Row) -> dict[str, Any]:
    """Google counts thinking beside the output and the prompts of tools beside the input; the
    recordings keep its meaning, and we add them, so that input and output are all there is."""
    found = {name: usage[name] for name in COUNTS if name in usage}
    if row["api"] == "gemini-generate" and usage:
        if "reasoning_tokens" in usage:
            found["output_tokens"] = usage.get("output_tokens", 0) + usage["reasoning_tokens"]
        if "tool_use_input_tokens" in usage:
            found["input_tokens"] += usage["tool_use_input_tokens"]
    return found


def wanted_chat(expected: Row) -> dict[str, Any]:
    calls: list[Row] = expected.get("tool_calls") or []
    reasoning = (expected.get("reasoning_summary") or "") + (expected.get("reasoning") or "")
    return {
        "text": expected.get("text") or "",
        "reasoning": reasoning,
        "refusal": expected.get("refusal"),
        "tool_calls": [[call.get("id"), call["name"], call["arguments"]] for call in calls],
        "finish_reason": expected.get("finish_reason"),
        "finish_reason_raw": expected.get("finish_reason_raw"),
    }


def wanted_error(expected: Row, different: Row) -> dict[str, Any] | None:
    error = expected.get("error")
    if expected["outcome"] == "truncated":
        return {"kind": "TRUNCATED", "retryable": False}
    if error is None:
        return None
    kind = different.get("kind", KINDS[error["category"]])
    # For an error inside a response the recordings do not tell whether to retry.
    found = {"kind": kind, "retryable": error.get("retryable", kind in RETRYABLE)}
    if "http_status" in error:
        found["status"] = error["http_status"]
    message = different.get("message", error.get("message") or "")
    found["message"] = " ".join(message.split()).rstrip(".")[:MESSAGE_CHARACTERS]
    wait_ms = different.get("retry_after_ms", error.get("retry_after_ms"))
    if wait_ms is not None:
        found["retry_after_ms"] = int(wait_ms)
    return found


def arguments(text: str) -> Any:
    """The parsed arguments; None for what is no JSON, as in the recordings."""
    try:
        return json.loads(text)
    except ValueError:
        return None
