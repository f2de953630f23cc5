"""Types of what users pass in: requests, the options of a call and of a LiterLlm.

All of these are dicts at run time, and any mapping or sequence is taken in the place of a dict or
list. A request may also be any mapping, so that a provider's own fields, which are passed on as
they are, need no cast. Hints are resolved at run time: they are written as Python 3.9 knows them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, Union

from ._operation_types_generated import BatchRequest as BatchRequest
from ._operation_types_generated import EmbedRequest as EmbedRequest
from ._operation_types_generated import ModelsRequest as ModelsRequest
from ._operation_types_generated import RerankRequest as RerankRequest
from ._typed_dict import TypedDict
from ._types_generated import CallOptions as CallOptions
from ._types_generated import Options as Options
from ._types_generated import RequestFields


class SupportsModelDump(Protocol):
    """A pydantic model, or anything that gives its fields in the same way."""

    def model_dump(self) -> Any: ...


class ImageUrl(TypedDict, total=False):
    """An image of a message, by its address or as a `data:` URL."""

    url: str
    detail: Literal["auto", "low", "high"]


class ContentPart(TypedDict, total=False):
    """A piece of a message: {"type": "text", "text": ...} or {"type": "image_url", ...}."""

    type: str
    text: str
    image_url: Union[ImageUrl, str]


class Function(TypedDict):
    """The tool that a call names, and its arguments as JSON text."""

    name: str
    arguments: str


class ToolCallMessage(TypedDict):
    """A tool call of an earlier response, as `Response.message` has it."""

    id: str
    type: Literal["function"]
    function: Function


class _Role(TypedDict):
    role: Literal["system", "developer", "user", "assistant", "tool"]


class Message(_Role, total=False):
    """A message of the conversation. Other fields reach the provider as they are."""

    content: Union[str, Sequence[ContentPart], None]
    """Text, or text and images in parts."""

    name: str
    tool_calls: Sequence[ToolCallMessage]
    """In an assistant's message: the calls that it made."""

    tool_call_id: str
    """In a tool's message: the id of the call whose result it is."""

    refusal: Union[str, None]


class _Question(TypedDict):
    model: str
    """The model; `provider/model` where no provider is named otherwise."""

    messages: Sequence[Union[Message, Mapping[str, Any], SupportsModelDump]]
    """The conversation, at least one message."""


class Request(_Question, CallOptions, RequestFields, total=False):
    """A request: model, messages and any other field. Fields that are not set are not sent."""


AnyRequest = Union[Request, Mapping[str, Any], SupportsModelDump]
AnyEmbedRequest = Union[EmbedRequest, Mapping[str, Any], SupportsModelDump]
AnyRerankRequest = Union[RerankRequest, Mapping[str, Any], SupportsModelDump]
AnyModelsRequest = Union[ModelsRequest, Mapping[str, Any], SupportsModelDump]
