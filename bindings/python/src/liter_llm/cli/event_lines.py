"""Events as objects of JSON, for --json: one a line, the last one of type `end`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .. import _events
from .._constants_generated import ERROR_DETAILS

if TYPE_CHECKING:
    from .._errors import LlmError

TYPES = {
    _events.Start: "start",
    _events.Text: "text",
    _events.Reasoning: "reasoning",
    _events.ToolDelta: "tool_delta",
    _events.ToolCall: "tool_call",
    _events.Part: "part",
    _events.End: "end",
}


def describe(event: Any) -> dict[str, Any]:
    """What the provider did not say is left out."""
    if isinstance(event, _events.Part):
        return {"type": "part", "part": event.data}
    fields = {"type": TYPES[type(event)]}
    if isinstance(event, _events.End):
        fields["outcome"] = "complete"
    return {**fields, **_present(dataclasses.asdict(event))}


def describe_failure(error: LlmError) -> dict[str, Any]:
    """The end of a response that is not complete."""
    outcome = getattr(error.partial, "outcome", None) or "failed"
    details = {name: getattr(error, name, None) for name in ERROR_DETAILS}
    failure = {"kind": error.kind, "message": str(error), **_present(details)}
    usage = getattr(error.partial, "usage", None)
    end = {"type": "end", "outcome": outcome, "error": failure}
    return end if usage is None else {**end, "usage": _present(dataclasses.asdict(usage))}


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if value not in (None, (), {})}
    return {n: _present(value) if isinstance(value, dict) else value for n, value in kept.items()}
