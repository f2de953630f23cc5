"""What an answer is made of: the events of a stream, and the whole Response.

All are frozen dataclasses with slots (without, on Python 3.9), and can be compared and pickled.
Their hints can be resolved at run time on every version of Python: pydantic, FastAPI, cattrs and
msgspec do.
"""

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Optional, TypeVar, Union

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: bool) -> Callable[[Any], Any]:
        return lambda decorator: decorator


Class = TypeVar("Class")
Outcome = Literal["complete", "truncated", "cancelled", "failed"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "pause", "error", "other"]


@dataclass_transform(frozen_default=True)
def _record(cls: type[Class]) -> type[Class]:
    if sys.version_info < (3, 10):
        return dataclasses.dataclass(frozen=True)(cls)
    return dataclasses.dataclass(frozen=True, slots=True)(cls)


@_record
class Usage:
    """What was counted, and billed; None where the provider did not say."""

    input_tokens: Optional[int]
    output_tokens: Optional[int]
    total_tokens: Optional[int]
    cached_input_tokens: Optional[int]
    cache_write_tokens: Optional[int]
    reasoning_tokens: Optional[int]
    billed_input_tokens: Optional[int]
    """What is charged, where that is another number than what was counted."""
    billed_output_tokens: Optional[int]
    raw: Mapping[str, Any]
    """The provider's own fields."""


@_record
class Start:
    """The answer begins."""

    id: Optional[str]
    model: str
    provider: str
    request_id: Optional[str]
    rate_limit: Mapping[str, Any]
    """What the provider said of its limits: requests_limit, requests_remaining, ..."""
    warnings: tuple[str, ...]
    """What a lenient request had dropped or renamed."""


@_record
class Text:
    """A piece of text, as the provider cut it."""

    text: str


@_record
class Reasoning:
    """A piece of visible reasoning."""

    text: str


@_record
class ToolDelta:
    """A piece of a tool call. `id` and `name` come once for each call, if the provider gives them;
    a few send a name in pieces."""

    index: int
    id: Optional[str]
    name: Optional[str]
    arguments: str


@_record
class ToolCall:
    """A whole tool call. `arguments` is JSON as the model wrote it: check it before use."""

    index: int
    id: str
    """The provider's; one made here where that is missing, or another call's."""
    name: str
    arguments: str
    extra: Mapping[str, Any] | None = None
    """The provider's other fields of the call, which some want to see again."""


@_record
class Part:
    """Something else of the answer: a refusal, a citation, log probabilities, an image, ..."""

    type: str
    data: Mapping[str, Any]
    """All fields, "type" among them."""


@_record
class End:
    """The answer is whole. An answer that is not raises an error in place of this."""

    finish_reason: Optional[FinishReason]
    finish_reason_raw: Optional[str]
    usage: Optional[Usage]
    attempts: int
    unknown_events: int
    """Events of the stream that this version does not know and passed over."""
    first_token_ms: Optional[float]
    total_ms: Optional[float]
    request_id: Optional[str]
    warnings: tuple[str, ...]
    """What was odd about the end, such as an answer that nobody gave a finish reason."""


Event = Union[Start, Text, Reasoning, ToolDelta, ToolCall, Part, End]


@_record
class Response:
    """All of an answer, or as much of it as was received."""

    outcome: Optional[Outcome]
    """Only "complete" is a whole answer; None while the stream is still running."""
    collected: bool
    """False with the option collect=False: then text, reasoning, refusal, tool_calls, parts and
    blocks were handed to the reader, and are empty here."""
    text: str
    reasoning: str
    refusal: Optional[str]
    """Why the model does not answer, where the provider tells that apart from text."""
    tool_calls: tuple[ToolCall, ...]
    parts: tuple[Part, ...]
    """Everything else, in order."""
    blocks: tuple[tuple[int, Mapping[str, Any]], ...]
    """What the provider wants back as it is, each behind so many characters of text."""
    id: Optional[str]
    model: str
    provider: str
    request_id: Optional[str]
    rate_limit: Mapping[str, Any]
    warnings: tuple[str, ...]
    """Those of Start, then those of End."""
    finish_reason: Optional[FinishReason]
    finish_reason_raw: Optional[str]
    usage: Optional[Usage]
    attempts: int
    unknown_events: int
    """Events of the stream that this version does not know and passed over."""
    first_token_ms: Optional[float]
    total_ms: Optional[float]

    @property
    def content(self) -> tuple[Mapping[str, Any], ...]:
        """Text and blocks in the order in which they came."""
        content: list[Mapping[str, Any]] = []
        taken = 0
        for position, block in self.blocks:
            content += _text_part(self.text[taken:position])
            content.append(block)
            taken = position
        return tuple(content + _text_part(self.text[taken:]))

    @property
    def message(self) -> dict[str, Any]:
        """The answer as a message, to be appended to the next request's messages."""
        if not self.collected:
            raise RuntimeError("the answer was not collected, as collect is false; no message")
        parts = self.content
        only_text = all(part.get("type") == "text" for part in parts)
        content = (self.text or None) if only_text else [dict(part) for part in parts]
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if self.refusal is not None:
            message["refusal"] = self.refusal
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                    **(call.extra or {}),
                }
                for call in self.tool_calls
            ]
        return message


def _text_part(text: str) -> list[Mapping[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
