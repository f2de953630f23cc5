"""Lines: what one finished row is in the output. OpenAI's batch output format, so that what reads
that reads this, and beside it `liter_llm` with what that format has no place for."""

from __future__ import annotations

import json
from typing import Any

from .._errors import LlmError
from .._events import Response
from .._openai_form import chat_body, usage_fields
from .._replies import EmbedResponse, RerankResponse
from .rows import Row

INVALID_ROW = "invalid_row"


def answered_line(row: Row, reply: Any) -> dict[str, Any]:
    """A row with its answer."""
    if isinstance(reply, EmbedResponse):
        body = _embedding_body(reply)
    elif isinstance(reply, RerankResponse):
        body = _rerank_body(reply)
    elif isinstance(reply, Response):
        body = chat_body(reply)
    else:
        body = {"object": "token_count", "input_tokens": reply.input_tokens}
    body["model"] = reply.model
    body["usage"] = usage_fields(reply.usage, is_embedding=isinstance(reply, EmbedResponse))
    about = {
        "provider": reply.provider,
        "attempts": reply.attempts,
        "total_ms": reply.total_ms,
        "warnings": list(reply.warnings) or None,
    }
    if isinstance(reply, Response):
        about["finish_reason_raw"] = reply.finish_reason_raw
    response = {"status_code": 200, "request_id": reply.request_id, "body": body}
    return make_line(row, response, None, about)


def failed_line(row: Row, error: Exception) -> dict[str, Any]:
    """A row with its error. What was received before it is kept as `partial_text`."""
    if not isinstance(error, LlmError):
        said = {"code": type(error).__name__, "message": str(error)}
        return make_line(row, None, said, {})
    partial = getattr(error.partial, "text", "")
    about = {
        "provider": error.provider,
        "attempts": error.attempts,
        "status": error.status,
        "provider_code": error.code,
        "request_id": error.request_id,
        "retryable": error.retryable,
        "maybe_executed": error.maybe_executed or None,
        "partial_text": partial or None,
    }
    return make_line(row, None, {"code": error.kind.lower(), "message": str(error)}, about)


def invalid_line(row: Row) -> dict[str, Any]:
    """A row that no request could be made of."""
    return make_line(row, None, {"code": INVALID_ROW, "message": row.fault}, {})


def make_line(
    row: Row, response: dict[str, Any] | None, error: dict[str, Any] | None, about: dict[str, Any]
) -> dict[str, Any]:
    """about: what OpenAI's format has no place for; what is None is left out."""
    known = {name: value for name, value in about.items() if value is not None}
    digest = row.digest.hex()
    return {
        "id": f"row_{digest}",
        "custom_id": row.custom_id,
        "response": response,
        "error": error,
        "liter_llm": {"line": row.line, "digest": digest, **known},
    }


def encode(line: dict[str, Any]) -> bytes:
    """One line of the output."""
    text = json.dumps(line, ensure_ascii=False, default=str, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def _embedding_body(reply: EmbedResponse) -> dict[str, Any]:
    """Nine digits tell every float of 32 bits apart."""
    data = [
        {
            "object": "embedding",
            "index": place,
            "embedding": [float(f"{number:.9g}") for number in vector],
        }
        for place, vector in enumerate(reply.vectors)
    ]
    return {"object": "list", "data": data}


def _rerank_body(reply: RerankResponse) -> dict[str, Any]:
    """The form that Cohere and Jina have in common; OpenAI has none."""
    results = [
        {"index": each.index, "relevance_score": each.score, "document": each.document}
        for each in reply.results
    ]
    return {"object": "list", "results": results}
