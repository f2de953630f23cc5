"""Chat responses in the form of OpenAI's API, which other programs read. Owns its names; what a
reader needs besides is added where it is served."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._events import Response, Usage


def chat_body(reply: Response) -> dict[str, Any]:
    """OpenAI's form of a chat's answer, without model and usage."""
    message = reply.message
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": reply.finish_reason,
    }
    return {
        "id": reply.id or "",
        "object": "chat.completion",
        "created": int(time.time()),
        "choices": [choice],
    }


def usage_fields(usage: Usage | None, *, is_embedding: bool) -> dict[str, Any] | None:
    """Token counts by OpenAI's names."""
    if usage is None:
        return None
    total = usage.total_tokens
    if total is None:
        total = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    said: dict[str, Any] = {"prompt_tokens": usage.input_tokens or 0, "total_tokens": total}
    if not is_embedding:
        said["completion_tokens"] = usage.output_tokens or 0
    if usage.cached_input_tokens is not None:
        said["prompt_tokens_details"] = {"cached_tokens": usage.cached_input_tokens}
    if usage.reasoning_tokens is not None:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return said
