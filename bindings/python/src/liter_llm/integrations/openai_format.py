"""What OpenAI's Python package takes and gives, for code that is shaped to it.

Arguments of `client.chat.completions.create()` become a request, and events and responses become
the objects of the chat completions API, as dicts. Nothing is imported: its classes take the dicts,
as in `ChatCompletionChunk.model_validate(chunk)`.

Object shapes: OpenAI's API reference, "The chat completion object" and "The chat completion chunk
object".
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from .._events import End, Reasoning, Start, Text, ToolCall, ToolDelta
from .._openai_form import chat_body, usage_fields

if TYPE_CHECKING:
    from .._events import Event, Response, Usage
    from .._stream import Stream

_OURS = {"extra_headers": "headers", "extra_body": "extra_body"}
_OF_THE_PACKAGE = {"stream_options", "extra_query", "idempotency_key"}


def from_openai_request(arguments: Mapping[str, Any]) -> Any:
    """The request for invoke() from the arguments of `client.chat.completions.create()`.

    `extra_headers` and `timeout` (seconds) become `headers` and `total_timeout_ms`, `functions` and
    `function_call` become tools, arguments that are not given (`omit`, NOT_GIVEN) are left out.
    `stream_options` is too: usage is always asked for. Everything else stays as it is. Raises
    ValueError for `extra_query`, which has no counterpart."""
    request: dict[str, Any] = {}
    for name, value in arguments.items():
        if type(value).__name__ in ("Omit", "NotGiven"):
            continue
        if name == "timeout":
            request.update(_timeout(value))
        elif name in ("functions", "function_call"):
            request.update(_tools(name, value))
        elif name == "extra_query" and value:
            raise ValueError("extra_query has no counterpart; put the query into base_url")
        elif name not in _OF_THE_PACKAGE:
            request[_OURS.get(name, name)] = value
    return request


def to_openai_chunk(event: Event, start: Optional[Start] = None) -> Optional[dict[str, Any]]:
    """The chunk of an event, or None for an event that has none, such as a citation.

    start: the stream's Start, which has the id and the model of all its chunks. The End becomes a
    chunk with the finish reason and the usage, which OpenAI's API sends in two. Finish reasons that
    OpenAI's list lacks (pause, error, other) stay as they are: none of its own would be true."""
    if isinstance(event, Start):
        return _chunk(event, {"role": "assistant", "content": ""})
    if isinstance(event, Text):
        return _chunk(start, {"content": event.text})
    if isinstance(event, Reasoning):
        return _chunk(start, {"reasoning_content": event.text})
    if isinstance(event, ToolDelta):
        return _chunk(start, {"tool_calls": [_call_piece(event)]})
    if isinstance(event, End):
        chunk = _chunk(start, {}, event.finish_reason)
        return {**chunk, "usage": to_openai_usage(event.usage)}
    if not isinstance(event, ToolCall) and event.type == "refusal":
        return _chunk(start, {"refusal": event.data.get("text", "")})
    return None


class OpenAIChunks:
    """The chunks of a stream, for `async for` and `for`. Leaving the loop early closes the
    connection."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        start: Optional[Start] = None
        async with self._stream as stream:
            async for event in stream.events():
                start = event if isinstance(event, Start) else start
                chunk = to_openai_chunk(event, start)
                if chunk is not None:
                    yield chunk

    def __iter__(self) -> Iterator[dict[str, Any]]:
        start: Optional[Start] = None
        with self._stream as stream:
            for event in stream.events():
                start = event if isinstance(event, Start) else start
                chunk = to_openai_chunk(event, start)
                if chunk is not None:
                    yield chunk

    def lines(self) -> Iterator[str]:
        """As server-sent events, with `data: [DONE]` last, as an OpenAI-compatible server sends
        them. For a coroutine there is alines()."""
        for chunk in self:
            yield _line(chunk)
        yield _DONE

    async def alines(self) -> AsyncIterator[str]:
        """The same as lines(), on an event loop."""
        async for chunk in self:
            yield _line(chunk)
        yield _DONE


def to_openai_response(response: Response) -> dict[str, Any]:
    """The whole response as a `chat.completion` object."""
    body = chat_body(response)
    message = body["choices"][0]["message"]
    message["content"] = response.text or None
    message.setdefault("refusal", None)
    return {**body, "model": response.model, "usage": to_openai_usage(response.usage)}


def to_openai_usage(usage: Optional[Usage]) -> Optional[dict[str, Any]]:
    """The `usage` object; None where the provider did not say how many tokens there were."""
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    return usage_fields(usage, is_embedding=False)


def _chunk(
    start: Optional[Start], delta: dict[str, Any], finish_reason: Optional[str] = None
) -> dict[str, Any]:
    return {
        "id": (start and start.id) or "",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": start.model if start else "",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }


def _call_piece(delta: ToolDelta) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": delta.arguments}
    if delta.name is not None:
        function["name"] = delta.name
    piece: dict[str, Any] = {"index": delta.index, "function": function}
    if delta.id is not None:
        piece.update(id=delta.id, type="function")
    return piece


def _timeout(value: Any) -> dict[str, Any]:
    """Of seconds, or of an object as httpx.Timeout is, whose `read` bounds a gap."""
    if value is None:
        return {}
    if isinstance(value, (int, float)):
        return {"total_timeout_ms": round(value * 1000)}
    found = {"connect_timeout_ms": value.connect, "idle_timeout_ms": value.read}
    return {name: round(seconds * 1000) for name, seconds in found.items() if seconds is not None}


def _tools(name: str, value: Any) -> dict[str, Any]:
    """Of the names that the API had before tools."""
    if name == "functions":
        return {"tools": [{"type": "function", "function": function} for function in value]}
    if isinstance(value, str):
        return {"tool_choice": value}
    return {"tool_choice": {"type": "function", "function": value}}


def _line(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n"


_DONE = "data: [DONE]\n\n"
