"""Responses and errors as calls return and raise them, with defaults for all that a test does not
say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Optional, TypeVar, Union

from .._errors import LlmError
from .._events import Response, ToolCall, Usage

AnyToolCall = Union[ToolCall, Mapping[str, Any], tuple[str, Any]]
"""A call of a tool: also `("weather", {"city": "Rome"})`, or a dict with name and arguments."""
AnyError = TypeVar("AnyError", bound=LlmError)

_STATUS = {
    "INVALID_REQUEST": 400,
    "AUTHENTICATION": 401,
    "PERMISSION": 403,
    "NOT_FOUND": 404,
    "RATE_LIMITED": 429,
    "QUOTA_EXCEEDED": 429,
    "OVERLOADED": 529,
    "PROVIDER": 500,
    "TOO_LARGE": 413,
}
_RETRYABLE = frozenset(("RATE_LIMITED", "OVERLOADED", "PROVIDER", "NETWORK", "TIMEOUT"))
_UNSENT = frozenset(("INVALID_ARGUMENT", "CONFIG", "CLOSED"))
_NAMES = frozenset(field.name for field in dataclasses.fields(Response))


def make_response(
    text: str = "",
    *,
    tool_calls: Iterable[AnyToolCall] = (),
    usage: Union[Usage, Mapping[str, Any], None] = None,
    **fields: Any,
) -> Response:
    """A whole Response with this text.

    usage: its numbers by name; by default 10 tokens in and 5 out.
    fields: any other field of a Response; `finish_reason` follows from the tool calls."""
    for name in fields:
        if name not in _NAMES:
            raise TypeError(f"a Response has no field {name!r}")
    calls = tuple(read_tool_call(index, call) for index, call in enumerate(tool_calls))
    finish_reason = fields.get("finish_reason", "tool_calls" if calls else "stop")
    defaults: dict[str, Any] = {
        "outcome": "complete",
        "collected": True,
        "reasoning": "",
        "refusal": None,
        "parts": (),
        "blocks": (),
        "id": "response_1",
        "model": "test-model",
        "provider": "script",
        "request_id": None,
        "rate_limit": {},
        "headers": {},
        "warnings": (),
        "finish_reason_raw": finish_reason,
        "attempts": 1,
        "unknown_events": 0,
        "first_token_ms": None,
        "total_ms": None,
        "queued_ms": None,
        "tried": (),
    }
    own = {"text": text, "tool_calls": calls, "usage": _usage(usage)}
    return Response(**{**defaults, "finish_reason": finish_reason, **fields, **own})


def make_error(kind: type[AnyError], message: Optional[str] = None, **fields: Any) -> AnyError:
    """An error of that class as a provider causes it, with the status that is usual for it.

    fields: any attribute, such as `status`, `code`, `retry_after_ms` or `partial`."""
    defaults: dict[str, Any] = {
        "provider": "script",
        "status": _STATUS.get(kind.kind),
        "retryable": kind.kind in _RETRYABLE,
        "attempts": 0 if kind.kind in _UNSENT else 1,
    }
    if kind.kind == "TIMEOUT":
        defaults["timer"] = "headers"
    text = f"script: {kind.kind.lower().replace('_', ' ')}" if message is None else message
    return kind(text, **{**defaults, **fields})


def read_tool_call(index: int, call: AnyToolCall) -> ToolCall:
    """A call of a tool, in whichever form."""
    if isinstance(call, ToolCall):
        return call
    if isinstance(call, tuple):
        name, arguments = call
        given: Mapping[str, Any] = {"name": name, "arguments": arguments}
    else:
        given = call
    unknown = set(given) - {"id", "name", "arguments", "extra"}
    if unknown or "name" not in given:
        raise TypeError(f"a tool call has name, arguments, id and extra, not {dict(given)!r}")
    arguments = given.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    number = given.get("id", f"call_{index + 1}")
    return ToolCall(index, number, given["name"], text, given.get("extra"))


def _usage(usage: Union[Usage, Mapping[str, Any], None]) -> Usage:
    if isinstance(usage, Usage):
        return usage
    given = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15} if usage is None else usage
    names = [field.name for field in dataclasses.fields(Usage)]
    for name in given:
        if name not in names:
            raise TypeError(f"a Usage has no field {name!r}")
    return Usage(**{**dict.fromkeys(names), "raw": {}, **given})
