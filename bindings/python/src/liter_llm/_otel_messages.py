"""Messages as the GenAI conventions record them: roles and parts, as JSON text.

JSON schemas: gen-ai-input-messages, gen-ai-output-messages and gen-ai-tool-definitions of
open-telemetry/semantic-conventions-genai. Images and files are named, never copied.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from ._events import Response
    from ._request import Fields


def input_messages(fields: Fields) -> str:
    """The conversation of a request."""
    messages = [_plain(message) for message in fields.get("messages", None) or ()]
    return _text([_message(message) for message in messages])


def output_messages(response: Optional[Response]) -> str:
    """What the model said."""
    if response is None:
        return "[]"
    parts: list[dict[str, Any]] = []
    if response.reasoning:
        parts.append({"type": "reasoning", "content": response.reasoning})
    if response.text:
        parts.append({"type": "text", "content": response.text})
    parts += [_call(call.id, call.name, call.arguments) for call in response.tool_calls]
    return _text([{"role": "assistant", "parts": parts}])


def tool_definitions(fields: Fields) -> Optional[str]:
    """The tools of a request: their names, as descriptions and schemas may be large."""
    tools = [_plain(tool) for tool in fields.get("tools", None) or ()]
    named = []
    for tool in tools:
        kind = tool.get("type", "function")
        name = tool.get("function", tool).get("name", kind)
        named.append({"type": kind, "name": name})
    return _text(named) if named else None


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role, content = message.get("role", ""), message.get("content")
    if role == "tool":
        if content is not None and not isinstance(content, str):
            content = [_part(_plain(part)) for part in content]
        response = {
            "type": "tool_call_response",
            "id": message.get("tool_call_id"),
            "response": content,
        }
        return {"role": role, "parts": [response]}
    parts: list[dict[str, Any]] = []
    if isinstance(content, str):
        parts.append({"type": "text", "content": content})
    elif content is not None:
        parts += [_part(_plain(part)) for part in content]
    for call in message.get("tool_calls") or ():
        function = _plain(call).get("function", {})
        parts.append(_call(_plain(call).get("id"), function.get("name"), function.get("arguments")))
    return {"role": role, "parts": parts}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") == "text":
        return {"type": "text", "content": part.get("text", "")}
    if part.get("type") == "thinking":
        return {"type": "reasoning", "content": part.get("thinking", "")}
    return {"type": str(part.get("type", "unknown"))}


def _call(number: Any, name: Any, arguments: Any) -> dict[str, Any]:
    with contextlib.suppress(TypeError, ValueError):  # else as the model wrote it
        arguments = json.loads(arguments or "{}")
    return {"type": "tool_call", "id": number, "name": name, "arguments": arguments}


def _plain(value: Any) -> Mapping[str, Any]:
    """A mapping, or a model's fields."""
    if isinstance(value, Mapping):
        return value
    dumped: Mapping[str, Any] = value.model_dump() if hasattr(value, "model_dump") else {}
    return dumped


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
