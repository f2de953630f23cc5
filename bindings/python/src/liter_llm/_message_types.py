"""Types of what a conversation is made of: messages and their parts, tools, response formats.

All are dicts at run time. A type checker takes the keys that are listed here and no others, so that
a misspelt one is found. What is not listed reaches the provider nevertheless: hint it as Any.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union

from ._typed_dict import TypedDict

Role = Literal["system", "developer", "user", "assistant", "tool"]


# ---- parts of a message


class _CacheControl(TypedDict, total=False):
    cache_control: Mapping[str, Any]
    """A mark for the prompt cache, as in Anthropic's API: {"type": "ephemeral"}."""


class _Text(TypedDict):
    type: Literal["text"]
    text: str


class TextPart(_Text, _CacheControl, total=False):
    """A piece of text."""


class _Url(TypedDict):
    url: str
    """The address, or a `data:` URL with the bytes as base64."""


class ImageUrl(_Url, total=False):
    """An image of a message, by its address or as a `data:` URL."""

    detail: Literal["auto", "low", "high"]
    """How closely the model looks."""


class _Image(TypedDict):
    type: Literal["image_url"]
    image_url: Union[ImageUrl, str]


class ImagePart(_Image, _CacheControl, total=False):
    """An image."""


class AudioData(TypedDict):
    """Sound of a message."""

    data: str
    """The bytes as base64."""

    format: str
    """`wav`, `mp3`, or another that the provider takes."""


class AudioPart(TypedDict):
    """Sound."""

    type: Literal["input_audio"]
    input_audio: AudioData


class VideoUrl(_Url, total=False):
    """A video of a message, by its address or as a `data:` URL."""

    media_type: str
    """Such as `video/mp4`, where the address does not show it."""


class VideoPart(TypedDict):
    """A video, where the provider takes any: Gemini, Bedrock and several that follow OpenAI."""

    type: Literal["video_url"]
    video_url: Union[VideoUrl, str]


class FileData(TypedDict, total=False):
    """A file of a message; one of file_data and file_id."""

    file_data: str
    """A `data:` URL with the bytes as base64, or an address."""

    file_id: str
    """The provider's id of an upload."""

    filename: str
    """Its name, which some providers require."""


class _File(TypedDict):
    type: Literal["file"]
    file: FileData


class FilePart(_File, _CacheControl, total=False):
    """A file, such as a PDF."""


class _Document(TypedDict):
    type: Literal["document"]
    source: Mapping[str, Any]
    """Such as {"type": "text", "media_type": "text/plain", "data": ...}."""


class DocumentPart(_Document, _CacheControl, total=False):
    """A document in Anthropic's form, which can be cited."""

    title: str
    """What it is called."""

    context: str
    """What the model is told about it."""

    citations: Mapping[str, Any]
    """{"enabled": True} for citations."""


ContentPart = Union[TextPart, ImagePart, AudioPart, VideoPart, FilePart, DocumentPart]
"""A piece of a message. Another one of a provider's own is hinted as Any."""


# ---- messages


class FunctionCall(TypedDict):
    """The tool that a call names, and its arguments as JSON text."""

    name: str
    arguments: str


class ToolCallMessage(TypedDict):
    """A tool call of an earlier response, as `Response.message` has it."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class _Role(TypedDict):
    role: Role
    """Who wrote it."""


class Message(_Role, _CacheControl, total=False):
    """A message of the conversation. Other fields reach the provider as they are."""

    content: Union[str, Sequence[ContentPart], None]
    """Text, or text, images and more in parts."""

    name: str
    """Who wrote it, where several people or tools do."""

    tool_calls: Sequence[ToolCallMessage]
    """In an assistant's message: the calls that it made."""

    tool_call_id: str
    """In a tool's message: the id of the call whose result it is."""

    is_error: bool
    """In a tool's message: whether the call failed. Providers that have no mark for that get the
    content alone."""

    refusal: Union[str, None]
    """In an assistant's message: its refusal, where the provider sends it apart from text."""

    reasoning_content: str
    """In an assistant's message: its reasoning, for providers that want it back as a field."""


# ---- tools


class _Function(TypedDict):
    name: str
    """What the model calls it."""


class Function(_Function, total=False):
    """A function that the model may call."""

    description: str
    """What it does, for the model."""

    parameters: Mapping[str, Any]
    """Its arguments as a JSON schema."""

    strict: bool
    """Whether the model must keep to the schema."""


class _FunctionTool(TypedDict):
    type: Literal["function"]
    function: Function


class FunctionTool(_FunctionTool, _CacheControl, total=False):
    """A tool of the caller's. `liter_llm.tool` makes one of a Python function."""


AnyTool = Union[FunctionTool, Mapping[str, Any]]
"""A tool of the caller's, one that `tool` made, or one that the provider runs itself."""


class NamedFunction(TypedDict):
    """The function of a tool choice."""

    name: str


class NamedTool(TypedDict):
    """The tool that the model has to call."""

    type: Literal["function"]
    function: NamedFunction


ToolChoice = Union[Literal["auto", "none", "required"], str, NamedTool, Mapping[str, Any]]


# ---- response formats


class TextFormat(TypedDict):
    """Plain text, which is what comes anyway."""

    type: Literal["text"]


class JsonObjectFormat(TypedDict):
    """Any JSON object; the request's messages have to ask for JSON."""

    type: Literal["json_object"]


class _JsonSchema(TypedDict):
    name: str
    """What the schema is called."""

    schema: Mapping[str, Any]
    """The JSON schema."""


class JsonSchema(_JsonSchema, total=False):
    """A JSON schema, and what it is called."""

    description: str
    """What it is for."""

    strict: bool
    """Whether the model must keep to it. Then every object lists all of its fields as required and
    has `additionalProperties` false."""


class JsonSchemaFormat(TypedDict):
    """JSON by a schema, in the form that each provider takes."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Union[TextFormat, JsonObjectFormat, JsonSchemaFormat]
