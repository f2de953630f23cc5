"""Replays recorded provider traffic through the C boundary and compares whole results.

The recordings are no part of the project: LITER_LLM_RECORDINGS names the folder. Each exchange is
served by the mock provider whole and cut at 1, 3 and 7 bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import liter_llm
from support import Mock

FOLDER = Path(os.environ.get("LITER_LLM_RECORDINGS", "no recordings"))
# The wire of each folder: the provider that speaks it, and the path of the base URL.
APIS = {
    "openai-chat": ("openai", "/v1"),
    "openai-compat-chat": ("openai", "/v1"),
    "azure-openai-chat": ("azure", "/openai/v1"),
    "mistral-chat": ("mistral", "/v1"),
    "anthropic-messages": ("anthropic", "/v1"),
    "cohere-v2-chat": ("cohere", "/v2"),
    "cohere-v1-chat": ("cohere", "/v1"),
}
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
    "error_in_200": "failed",
}
# Where we differ from what a recording expects, and why.
DIFFERENT: dict[str, dict[str, Any]] = {
    # The wait is named as a date, and the response's own date header shows how far away that is.
    "openai-json-documented-503-retry-after-http-date": {"retry_after_ms": 10_000},
    # max_tokens cut this call in its arguments: a tool call that is not whole is not delivered.
    "anthropic-stream-incomplete_partial_json_response": {"tool_calls": []},
}


def exchanges() -> list[dict[str, Any]]:
    """The rows of the index that speak a wire of ours."""
    index = FOLDER / "index.json"
    if not index.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(index.read_text())["exchanges"]
    return [row for row in rows if row["api"] in APIS]


@pytest.fixture(scope="module")
def replay() -> Iterator[Mock]:
    running = Mock("--recordings", str(FOLDER))
    yield running
    running.stop()


@pytest.mark.parametrize("row", exchanges(), ids=lambda row: str(row["id"]))
def test_recording(replay: Mock, row: dict[str, Any]) -> None:
    expected = json.loads((FOLDER / row["dir"] / "expected.json").read_text())
    for cut in CUTS:
        result = observed(replay, row, cut)
        for name in ("reasoning_tokens", "cache_write_tokens"):
            if name not in (expected.get("usage") or {}):
                # We read it from where the recording leaves it: in usage_raw.
                result["usage"].pop(name, None)
        assert result == wanted(row, expected), f"cut at {cut} bytes"


def observed(replay: Mock, row: dict[str, Any], cut: int) -> dict[str, Any]:
    """The result of our client for the exchange."""
    key = f"recording~{row['api']}~{row['id']}~{cut}~{replay.new_key()}"
    provider, path = APIS[row["api"]]
    base_url = f"{replay.places['http']}/{key}{path}"
    llm = liter_llm.LiterLlm(
        provider=provider, api_key="test-key", base_url=base_url, retries_max=0
    )
    stream = llm.invoke(
        {
            "model": "any",
            "messages": [{"role": "user", "content": "hello"}],
            "stream": row["stream"],
        }
    )
    error: dict[str, Any] | None = None
    try:
        response = stream.complete()
    except liter_llm.LlmError as failure:
        assert failure.partial is not None
        response = failure.partial
        error = {"kind": failure.kind, "retryable": failure.retryable}
        if failure.retry_after_ms is not None:
            error["retry_after_ms"] = failure.retry_after_ms
    finally:
        llm.close()
    result = summary(response)
    result["error"] = error
    return result


def summary(response: liter_llm.Response) -> dict[str, Any]:
    usage = response.usage
    counts = {} if usage is None else {name: getattr(usage, name) for name in COUNTS}
    return {
        "outcome": response.outcome,
        "text": response.text,
        "reasoning": response.reasoning,
        "refusal": response.refusal,
        "tool_calls": [[call.name, arguments(call.arguments)] for call in response.tool_calls],
        "finish_reason": response.finish_reason,
        "finish_reason_raw": response.finish_reason_raw,
        "usage": {name: count for name, count in counts.items() if count is not None},
        "usage_raw": None if usage is None else usage.raw,
    }


def wanted(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The result that the recording expects."""
    different = DIFFERENT.get(row["id"], {})
    calls = different.get("tool_calls", expected.get("tool_calls") or [])
    truncated = expected["outcome"] == "truncated"
    result: dict[str, Any] = {
        "outcome": OUTCOMES[expected["outcome"]],
        "text": expected.get("text") or "",
        "reasoning": expected.get("reasoning") or "",
        "refusal": expected.get("refusal"),
        "tool_calls": [[call["name"], call["arguments"]] for call in calls],
        "finish_reason": expected.get("finish_reason"),
        "finish_reason_raw": expected.get("finish_reason_raw"),
        "usage": expected.get("usage") or {},
        "usage_raw": expected.get("usage_raw") or None,
        "error": None,
    }
    error = expected.get("error")
    if truncated:
        result["error"] = {"kind": "TRUNCATED", "retryable": False}
    elif error is not None:
        kind = KINDS[error["category"]]
        # For an error inside a response the recordings do not tell whether to retry.
        retryable = error.get("retryable", kind in ("PROVIDER", "OVERLOADED", "RATE_LIMITED"))
        result["error"] = {"kind": kind, "retryable": retryable}
        wait_ms = different.get("retry_after_ms", error.get("retry_after_ms"))
        if wait_ms is not None:
            result["error"]["retry_after_ms"] = int(wait_ms)
    return result


def arguments(text: str) -> Any:
    """The parsed arguments; None for what is no JSON, as in the recordings."""
    try:
        return json.loads(text)
    except ValueError:
        return None
