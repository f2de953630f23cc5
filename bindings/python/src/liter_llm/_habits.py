"""What people write who come from another library, and the line that does it here. Used for the
text of errors only."""

from __future__ import annotations

_INVOKE = 'llm.invoke({"model": ..., "messages": [...]})'
_STREAMED = f"write `async for token in {_INVOKE}`, or `for` without an event loop"
_WHOLE = f"write `response = await {_INVOKE}`, or .complete() without an event loop"
_EMBED = 'write `reply = await llm.embed({"model": ..., "input": [...]})`'
_TEXT = "use response.text"

_LINES: dict[str, dict[str, str]] = {
    "LiterLlm": {
        "acompletion": _WHOLE,
        "chat": f"{_WHOLE}; to stream, {_STREAMED}",
        "complete": _WHOLE,
        "completion": _WHOLE,
        "completions": _WHOLE,
        "create": _WHOLE,
        "embedding": _EMBED,
        "embeddings": _EMBED,
        "generate": _WHOLE,
        "messages": f"{_WHOLE}; to stream, {_STREAMED}",
        "responses": _WHOLE,
        "stream": _STREAMED,
    },
    "Stream": {
        "choices": f"await the stream, or call complete(), and {_TEXT}",
        "output_text": f"await the stream, or call complete(), and {_TEXT}",
        "text_stream": "the stream itself is iterated over: write `async for token in stream`",
    },
    "Response": {
        "choices": f"{_TEXT}, response.tool_calls or response.message",
        "delta": f"{_TEXT}; to stream, {_STREAMED}",
        "dict": "use response.to_dict()",
        "events": "write `async for event in llm.invoke(request).events()` without await",
        "json": "use json.dumps(response.to_dict())",
        "model_dump": "use response.to_dict()",
        "model_dump_json": "use json.dumps(response.to_dict())",
        "output_text": _TEXT,
    },
    "Text": {"choices": "use event.text", "content": "use event.text", "delta": "use event.text"},
    "ToolCall": {"function": "use call.name and call.arguments", "input": "use call.arguments"},
    "Usage": {
        "completion_tokens": "use usage.output_tokens",
        "prompt_tokens": "use usage.input_tokens",
    },
    "EmbedResponse": {"data": "use reply.vectors", "embeddings": "use reply.vectors"},
    "ModelsResponse": {"data": "use reply.models"},
}

ITERATED = f"this is the whole response, which {_TEXT[4:]} has; to read it piece by piece, "
"""What is wrong with a loop over a response; the line that is meant follows."""
LOOP_ON_LOOP = "write `async for token in llm.invoke(request)` without await"
LOOP_ON_THREAD = "write `for token in llm.invoke(request)` without complete()"


def missing(owner: str, name: str, hint: str = "") -> AttributeError:
    """The error for an attribute that is none; a hint of the caller's comes first."""
    hint = hint or _LINES.get(owner, {}).get(name, "")
    return AttributeError(f"'{owner}' object has no attribute {name!r}{'; ' if hint else ''}{hint}")
