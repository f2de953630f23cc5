"""The bytes of a good response: a chat completion in OpenAI's wire, in pieces or whole."""

from __future__ import annotations

import json
from typing import Any


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "test-model",
        "choices": [choice],
    }
    return event(json.dumps(document))


def event(data: str) -> str:
    """One server-sent event."""
    return f"data: {data}\n\n"


def token(text: str) -> str:
    """The event of a piece of text."""
    return _chunk({"content": text})


def end() -> str:
    """The end of a good stream."""
    return _chunk({}, "stop") + event("[DONE]")


def response(text: str, stream: bool) -> tuple[str, str]:
    """Content type and body of a good response."""
    if stream:
        return "text/event-stream", _chunk({"role": "assistant"}) + token(text) + end()
    message = {"role": "assistant", "content": text}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return "application/json", json.dumps(document)
