"""The events of a stream, and the whole Response.

All are frozen dataclasses with slots (without, on Python 3.9), and can be compared and pickled.
Their type hints resolve at run time on every version of Python, as pydantic, FastAPI, cattrs and
msgspec need.
"""

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NoReturn,
    Optional,
    Protocol,
    TypeVar,
    Union,
    cast,
)

from ._habits import ITERATED, LOOP_ON_LOOP, LOOP_ON_THREAD
from ._message_types import Message
from ._output_type import Output
from ._record import Record

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: bool) -> Callable[[Any], Any]:
        return lambda decorator: decorator


Class = TypeVar("Class")
Outcome = Literal["complete", "truncated", "cancelled", "failed"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "pause", "error", "other"]


@dataclass_transform(frozen_default=True)
def record(cls: type[Class]) -> type[Class]:
    if sys.version_info < (3, 10):
        return dataclasses.dataclass(frozen=True, repr=False)(cls)
    return dataclasses.dataclass(frozen=True, slots=True, repr=False)(cls)


@record
class Usage(Record):
    """Token counts of one call; None where the provider did not say."""

    input_tokens: Optional[int]
    """Tokens of the request."""
    output_tokens: Optional[int]
    """Tokens of the response."""
    total_tokens: Optional[int]
    """All tokens, where the provider counts them."""
    cached_input_tokens: Optional[int]
    """Tokens of the request that were read from a cache."""
    cache_write_tokens: Optional[int]
    """Tokens of the request that were written to a cache."""
    reasoning_tokens: Optional[int]
    """Tokens spent on reasoning."""
    billed_input_tokens: Optional[int]
    """Tokens of the request that are charged, where that is another number."""
    billed_output_tokens: Optional[int]
    """Tokens of the response that are charged, where that is another number."""
    raw: Mapping[str, Any]
    """The provider's usage object as it came."""


@record
class Tried(Record):
    """One attempt of a call: whom it asked, and what came of it."""

    provider: str
    """The provider that was asked."""
    model: str
    """The model, as the request named it."""
    kind: Optional[str]
    """What kind of failure it ended with; absent for the attempt that was answered whole."""
    status: Optional[int]
    """The HTTP status, where one was received."""
    milliseconds: float
    """How long it took, without the wait before the next one."""
    maybe_executed: bool
    """Whether it failed and the provider may have run it, and may bill it."""


@record
class Start(Record):
    """The response begins."""

    id: Optional[str]
    """The provider's response id."""
    model: str
    """The model that responds, as the provider names it; else as the request named it."""
    provider: str
    """The provider of the request."""
    request_id: Optional[str]
    """The provider's request id."""
    rate_limit: Mapping[str, Any]
    """The values of the rate-limit headers, such as `requests_remaining`."""
    headers: Mapping[str, Any]
    """The response headers that the client's `report_headers` names, by lower-case name; a value is
    cut at 1 KiB."""
    warnings: tuple[str, ...]
    """What was left out or renamed on the way to the provider."""


@record
class Text(Record):
    """A piece of text, as the provider cut it."""

    text: str


@record
class Reasoning(Record):
    """A piece of visible reasoning."""

    text: str


@record
class ToolDelta(Record):
    """A piece of a tool call."""

    index: int
    """Which call: dense from 0, in the order in which calls appeared."""
    id: Optional[str]
    """The provider's call id; comes once, if the provider gives one."""
    name: Optional[str]
    """The tool that the model calls; comes once, but for the few servers that send it in pieces."""
    arguments: str
    """The next piece of the arguments' JSON text."""


@record
class ToolCall(Record):
    """A whole tool call; only complete responses have them."""

    index: int
    """Which call: dense from 0."""
    id: str
    """The call's id; generated if the provider's is missing or already used."""
    name: str
    """The tool that the model calls."""
    arguments: str
    """The arguments' JSON text, as the model wrote it; `{}` where it gave none.

    Check it before use."""
    extra: Optional[Mapping[str, Any]] = None
    """The provider's other fields of the call, which some providers need back."""


@record
class Part(Record):
    """Any other part of the response: a refusal, a citation, log probabilities, an image, ..."""

    type: str
    data: Mapping[str, Any]
    """All fields, including "type"."""


@record
class End(Record):
    """The response is complete. An incomplete one raises an error instead."""

    finish_reason: Optional[FinishReason]
    """Why the model stopped; absent where the provider sent no reason."""
    finish_reason_raw: Optional[str]
    """The provider's own finish reason."""
    usage: Optional[Usage]
    """Tokens, as far as they are known."""
    attempts: int
    """How many requests were sent."""
    unknown_events: int
    """How many events of the stream this version does not know and skipped."""
    first_token_ms: Optional[float]
    """When the first content came, in milliseconds since the call."""
    total_ms: Optional[float]
    """When the stream ended, in milliseconds since the call."""
    queued_ms: Optional[float]
    """How long the call waited for its turn, all its requests together; absent where no pacing
    option is set."""
    request_id: Optional[str]
    """The provider's request id."""
    warnings: tuple[str, ...]
    """Warnings about the response, such as a missing finish reason; where no START came, its
    own."""
    tried: tuple[Tried, ...] = ()
    """Every attempt of a call of one HTTP request, in order, where there were several or fallbacks;
    at most the last 64."""


Event = Union[Start, Text, Reasoning, ToolDelta, ToolCall, Part, End]


class LateFields(Protocol):
    """Fields that are made when one of them is first asked for."""

    names: frozenset[str]

    def add_to(self, response: "Response", /) -> None: ...


class LateRecord(Record):
    """A record that may have such fields."""

    __slots__ = ("late",)

    late: LateFields
    """Absent where all fields were given."""


@record
class Response(LateRecord, Generic[Output]):
    """A whole response, or as much of it as was received.

    A `Response[City]` is that of an invoke() with output=City, which is its `output`."""

    outcome: Optional[Outcome]
    """How the stream ended; None while it is still running. Only "complete" is a whole response."""
    collected: bool
    """False with the option collect=False: then text, reasoning, refusal, tool_calls, parts and
    blocks were only given to the reader, and are empty here."""
    text: str
    reasoning: str
    refusal: Optional[str]
    """The model's refusal, where the provider sends it apart from text."""
    tool_calls: tuple[ToolCall, ...]
    parts: tuple[Part, ...]
    """All other parts, in order."""
    blocks: tuple[tuple[int, Mapping[str, Any]], ...]
    """Blocks that the provider wants back unchanged, each with its position in `text`."""
    id: Optional[str]
    """The provider's response id."""
    model: str
    """The model that responds, as the provider names it; else as the request named it."""
    provider: str
    """The provider of the request."""
    request_id: Optional[str]
    """The provider's request id."""
    rate_limit: Mapping[str, Any]
    """The values of the rate-limit headers, such as `requests_remaining`."""
    headers: Mapping[str, Any]
    """The response headers that the client's `report_headers` names, by lower-case name; a value is
    cut at 1 KiB."""
    warnings: tuple[str, ...]
    """The warnings of Start, then those of End."""
    finish_reason: Optional[FinishReason]
    """Why the model stopped; absent where the provider sent no reason."""
    finish_reason_raw: Optional[str]
    """The provider's own finish reason."""
    usage: Optional[Usage]
    """Tokens, as far as they are known."""
    attempts: int
    """How many requests were sent."""
    unknown_events: int
    """How many events of the stream this version does not know and skipped."""
    first_token_ms: Optional[float]
    """When the first content came, in milliseconds since the call."""
    total_ms: Optional[float]
    """When the stream ended, in milliseconds since the call."""
    queued_ms: Optional[float]
    """How long the call waited for its turn, all its requests together; absent where no pacing
    option is set."""
    tried: tuple[Tried, ...] = ()
    """Every attempt of a call of one HTTP request, in order, where there were several or fallbacks;
    at most the last 64."""

    @property
    def content(self) -> tuple[Mapping[str, Any], ...]:
        """Text and blocks in the order in which they arrived."""
        content: list[Mapping[str, Any]] = []
        taken = 0
        for position, block in self.blocks:
            content += _text_part(self.text[taken:position])
            content.append(block)
            taken = position
        return tuple(content + _text_part(self.text[taken:]))

    @property
    def message(self) -> Message:
        """The response as a message, to be appended to the next request's messages."""
        if not self.collected:
            raise RuntimeError("no message: the response was not collected (collect=False)")
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
        return cast(Message, message)

    @property
    def output(self) -> Output:
        """What the response's JSON is, of the type that invoke(request, output=...) asked for.

        Raises OutputError where there is none, as in a response that calls tools."""
        raise RuntimeError("the response has no output; ask for one: invoke(request, output=...)")

    def to_dict(self) -> dict[str, Any]:
        """All fields as json.dumps() takes them, and `message`, for the messages of another
        request."""
        fields = Record.to_dict(self)  # super() is of the class before it had slots
        return {**fields, "message": self.message} if self.collected else fields

    if not TYPE_CHECKING:  # else a type checker would take any attribute, and a loop over it

        def __getattr__(self, name: str) -> Any:
            if name != "late":
                late = getattr(self, "late", None)
                if late is not None and name in late.names:
                    late.add_to(self)
                    return object.__getattribute__(self, name)
            return Record.__getattr__(self, name)

        def __iter__(self) -> NoReturn:
            raise TypeError(ITERATED + LOOP_ON_THREAD)

        def __aiter__(self) -> NoReturn:
            raise TypeError(ITERATED + LOOP_ON_LOOP)


def read_tried(data: Mapping[str, Any]) -> tuple[Tried, ...]:
    """The attempts that a receipt or an error lists."""
    return tuple(
        [
            Tried(
                provider=attempt.get("provider", ""),
                model=attempt.get("model", ""),
                kind=attempt.get("kind"),
                status=attempt.get("status"),
                milliseconds=attempt.get("milliseconds", 0.0),
                maybe_executed=attempt.get("maybe_executed", False),
            )
            for attempt in data.get("tried", ())
        ]
    )


def _text_part(text: str) -> list[Mapping[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
