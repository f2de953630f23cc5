"""What a script answers: the forms in which a test may write an answer, made into the core's."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Optional, Union

from .._errors import LlmError
from .._events import Response, ToolCall
from ._builders import read_tool_call

Plain = Union[str, Mapping[str, Any], LlmError, Response]
Answer = Union[Plain, Callable[[dict[str, Any]], Plain]]
"""Text, a dict with the fields of the guide's "Tests without a key", an error, a Response, or a
function that is given the request and returns one of these."""

_OF_PROVIDERS = frozenset(
    [
        "INVALID_REQUEST",
        "AUTHENTICATION",
        "PERMISSION",
        "NOT_FOUND",
        "RATE_LIMITED",
        "QUOTA_EXCEEDED",
        "OVERLOADED",
        "PROVIDER",
        "TOO_LARGE",
        "NETWORK",
        "TLS",
        "TIMEOUT",
        "PROTOCOL",
        "TRUNCATED",
    ]
)
"""Kinds that a provider can cause."""
_RETRIED = frozenset(["RATE_LIMITED", "OVERLOADED", "PROVIDER", "NETWORK", "TIMEOUT", "TRUNCATED"])
_LEADS_ON = _RETRIED | {"QUOTA_EXCEEDED", "NOT_FOUND"}
"""Kinds after which a fallback is asked (the guide's Fallback)."""
_NOT_RETRIED_STATUS = frozenset((501, 505))
_RETRIED_STATUS = frozenset((408, 409, 429, 498))
_NAMES = frozenset(
    [
        "text",
        "reasoning",
        "tool_calls",
        "parts",
        "finish_reason",
        "usage",
        "id",
        "model",
        "request_id",
        "headers",
        "delay_ms",
        "piece_delay_ms",
        "error",
        "cut",
        "hang",
        "embeddings",
        "scores",
        "models",
        "input_tokens",
        "when",
        "repeat",
    ]
)
"""The fields of an answer, as core/schema/schema.json lists them."""
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
_CONTENT = ("text", "reasoning", "tool_calls", "parts")


def read_answer(answer: Plain) -> dict[str, Any]:
    """An answer as the core reads it. Raises TypeError or ValueError for what is none."""
    if isinstance(answer, str):
        return {"text": answer}
    if isinstance(answer, Mapping):
        return _of_fields(answer)
    if isinstance(answer, Response):
        return _of_response(answer)
    if isinstance(answer, LlmError):
        return _of_error(answer)
    raise TypeError(
        "an answer is text, a dict, an LlmError, a Response or a function, not"
        f" {type(answer).__name__}"
    )


def has_content(answer: Mapping[str, Any]) -> bool:
    """Whether anything of a response comes."""
    return any(answer.get(name) for name in _CONTENT)


def may_be_retried(answer: Mapping[str, Any]) -> bool:
    """Whether another attempt can follow this answer."""
    if has_content(answer):
        return False
    if answer.get("cut") or answer.get("hang"):
        return True
    kind, status = _kind_and_status(answer)
    if kind is not None:
        return kind in _RETRIED
    if status is None:
        return False
    return status in _RETRIED_STATUS or (status >= 500 and status not in _NOT_RETRIED_STATUS)


def leads_to_fallback(answer: Mapping[str, Any]) -> bool:
    """Whether a fallback is asked after this answer, once it is not retried any more."""
    if has_content(answer):
        return False
    if answer.get("cut") or answer.get("hang"):
        return True
    kind, status = _kind_and_status(answer)
    if kind is not None:
        return kind in _LEADS_ON
    return status is not None and (status in (404, *_RETRIED_STATUS) or status >= 500)


def _kind_and_status(answer: Mapping[str, Any]) -> tuple[Optional[str], Optional[int]]:
    error = answer.get("error")
    if isinstance(error, Mapping):
        kind, status = error.get("kind"), error.get("status")
        return kind, 500 if kind is None and status is None else status
    return (error, None) if isinstance(error, str) else (None, error)


def _of_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    for name in fields:
        if name not in _NAMES:
            near = difflib.get_close_matches(name, _NAMES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"an answer has no field {name!r}{hint}")
    answer = dict(fields)
    if isinstance(answer.get("error"), LlmError):
        answer.update(_of_error(answer["error"]))
    calls = answer.get("tool_calls")
    if isinstance(calls, Iterable):
        # OpenAI's own form, with `function`, is the core's as well.
        answer["tool_calls"] = [_plain_call(call) for call in calls]
    return answer


def _plain_call(call: Any) -> Mapping[str, Any]:
    if isinstance(call, Mapping):
        return call
    made = read_tool_call(0, call)
    fields = {"name": made.name, "arguments": made.arguments}
    return {"id": made.id, **fields} if isinstance(call, ToolCall) else fields


def _of_response(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "text": [response.text] if response.text else None,
        "reasoning": [response.reasoning] if response.reasoning else None,
        "tool_calls": [_plain_call(call) for call in response.tool_calls],
        "parts": [dict(part.data) for part in response.parts],
        "finish_reason": response.finish_reason,
        "usage": _usage(response),
        "id": response.id,
        "model": None if response.model == "test-model" else response.model,
        "request_id": response.request_id,
    }
    if response.refusal:
        answer["parts"].append({"type": "refusal", "text": response.refusal})
    if response.outcome not in ("complete", None):
        answer["cut"] = True
    return {name: value for name, value in answer.items() if value not in (None, [])}


def _usage(response: Response) -> Optional[dict[str, Any]]:
    if response.usage is None:
        return None
    counts = {name: getattr(response.usage, name) for name in _COUNTS}
    return {**response.usage.raw, **{name: n for name, n in counts.items() if n is not None}}


def _of_error(error: LlmError) -> dict[str, Any]:
    if error.kind not in _OF_PROVIDERS:
        raise ValueError(
            f"{type(error).__name__} is no error of a provider, so no answer; it comes from a"
            " wrong call, or from cancel() and close()"
        )
    answer: dict[str, Any] = {}
    if isinstance(error.partial, Response):
        answer = _of_response(error.partial)
        answer.pop("cut", None)
        answer.pop("finish_reason", None)
    if error.kind == "TRUNCATED" and has_content(answer):
        return {**answer, "cut": True}
    given = {
        "kind": error.kind,
        "message": str(error).removeprefix("script: ") or None,
        "status": error.status,
        "code": error.code,
        "retry_after_ms": error.retry_after_ms,
    }
    fields = {name: value for name, value in given.items() if value is not None}
    return {**answer, "error": fields}
