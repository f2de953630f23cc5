"""Lines of rows that a batch has answered, in the format that every run writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._events import Response, ToolCall, Usage
from .._openai_form import chat_body, usage_fields
from .._replies import Batch, BatchResult
from .lines import make_line
from .rows import Row

NO_RESULT = "no_result"
BATCH_FAILED = "batch_failed"


def result_line(row: Row, result: BatchResult, batch: Batch) -> dict[str, Any]:
    """A row with what became of it."""
    about: dict[str, Any] = {"provider": batch.provider, "batch": batch.id}
    if result.outcome == "succeeded" and result.response is not None:
        reply = result.response
        about["finish_reason_raw"] = reply.get("finish_reason_raw")
        response = {"status_code": 200, "request_id": None, "body": _body(reply, batch)}
        return make_line(row, response, None, about)
    error = result.error or {}
    code = error.get("kind", "").lower() if result.outcome == "failed" else result.outcome
    message = error.get("message") or f"{batch.provider}: the batch ended before it: {code}"
    about |= {
        "status": error.get("status"),
        "provider_code": error.get("code"),
        "request_id": error.get("request_id"),
        "retryable": error.get("retryable", result.outcome != "failed"),
        "maybe_executed": error.get("maybe_executed") or None,
    }
    return make_line(row, None, {"code": code or "failed", "message": message}, about)


def unanswered_line(row: Row, batch: Batch) -> dict[str, Any]:
    """A row of a batch that has ended without a word about it, or that ran nothing."""
    about = {"provider": batch.provider, "batch": batch.id, "retryable": True}
    if batch.state != "failed":
        message = f"{batch.provider}: the batch {batch.id} has ended without a result for it"
        return make_line(row, None, {"code": NO_RESULT, "message": message}, about)
    why = (batch.error or {}).get("message") or "the provider gives no reason"
    message = f"the batch {batch.id} failed and ran nothing: {why}"
    return make_line(row, None, {"code": BATCH_FAILED, "message": message}, about)


def _body(reply: Mapping[str, Any], batch: Batch) -> dict[str, Any]:
    usage = _usage(reply.get("usage"))
    if "vectors" in reply:
        data = [
            {"object": "embedding", "index": place, "embedding": vector}
            for place, vector in enumerate(reply["vectors"])
        ]
        body: dict[str, Any] = {"object": "list", "data": data}
    else:
        body = chat_body(_response(reply, batch, usage))
    body["model"] = reply.get("model") or batch.model or ""
    body["usage"] = usage_fields(usage, is_embedding="vectors" in reply)
    return body


def _usage(said: Mapping[str, Any] | None) -> Usage | None:
    if said is None:
        return None
    names = [name for name in Usage.__annotations__ if name != "raw"]
    return Usage(**{name: said.get(name) for name in names}, raw=said.get("raw") or {})


def _response(reply: Mapping[str, Any], batch: Batch, usage: Usage | None) -> Response:
    calls = [
        ToolCall(place, call["id"], call["name"], call["arguments"], call.get("extra"))
        for place, call in enumerate(reply.get("tool_calls") or ())
    ]
    return Response(
        outcome="complete",
        collected=True,
        text=reply.get("text") or "",
        reasoning=reply.get("reasoning") or "",
        refusal=reply.get("refusal"),
        tool_calls=tuple(calls),
        parts=(),
        blocks=(),
        id=reply.get("id"),
        model=reply.get("model") or "",
        provider=batch.provider,
        request_id=None,
        rate_limit={},
        headers={},
        warnings=(),
        finish_reason=reply.get("finish_reason"),
        finish_reason_raw=reply.get("finish_reason_raw"),
        usage=usage,
        attempts=1,
        unknown_events=0,
        first_token_ms=None,
        total_ms=None,
        queued_ms=None,
    )
