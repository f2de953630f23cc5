"""What a framework has to give back with a message beyond the fields of its own: the message as the
provider sent it, where there is more in it than text and calls."""

from __future__ import annotations

from typing import Any

from liter_llm import Response

MESSAGE = "liter_llm_message"
"""The name of it among the additional fields of a framework's message."""


def kept(response: Response) -> dict[str, Any]:
    """Those additional fields; none where text and calls are all that the provider wants back."""
    if response.blocks or any(call.extra for call in response.tool_calls):
        return {MESSAGE: response.message}
    return {}
