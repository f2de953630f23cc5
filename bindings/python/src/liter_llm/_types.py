"""Types of what users pass in: requests, the options of a call and of a LiterLlm.

All of these are dicts at run time, and any mapping or sequence is taken in the place of a dict or
list. A request may also be any mapping, so that a provider's own fields, which are passed on as
they are, need no cast. Hints are resolved at run time: they are written as Python 3.9 knows them.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, Union

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:
        from typing_extensions import TypedDict  # the only kind that pydantic takes before 3.12
    except ImportError:
        from typing import TypedDict


class SupportsModelDump(Protocol):
    """A pydantic model, or anything that gives its fields in the same way."""

    def model_dump(self) -> Any: ...


class ImageUrl(TypedDict, total=False):
    url: str
    detail: Literal["auto", "low", "high"]


class ContentPart(TypedDict, total=False):
    """A piece of a message: {"type": "text", "text": ...} or {"type": "image_url", ...}."""

    type: str
    text: str
    image_url: Union[ImageUrl, str]


class Function(TypedDict):
    name: str
    arguments: str


class ToolCallMessage(TypedDict):
    id: str
    type: Literal["function"]
    function: Function


class _Role(TypedDict):
    role: Literal["system", "developer", "user", "assistant", "tool"]


class Message(_Role, total=False):
    content: Union[str, Sequence[ContentPart], None]
    name: str
    tool_calls: Sequence[ToolCallMessage]
    tool_call_id: str
    refusal: Union[str, None]


class CallOptions(TypedDict, total=False):
    """What may be set for one request, in it or beside it."""

    provider: str
    api_key: str
    base_url: str
    headers: Mapping[str, str]
    connect_timeout_ms: int
    headers_timeout_ms: int
    first_token_timeout_ms: int
    idle_timeout_ms: int
    total_timeout_ms: int
    retries_max: int
    lenient: bool
    extra_body: Mapping[str, Any]
    collect: bool


class _Question(TypedDict):
    model: str
    messages: Sequence[Union[Message, Mapping[str, Any], SupportsModelDump]]


class Request(_Question, CallOptions, total=False):
    """A request. What is not set is not sent."""

    max_tokens: int
    temperature: float
    top_p: float
    stop: Union[str, Sequence[str]]
    seed: int
    tools: Sequence[Mapping[str, Any]]
    tool_choice: Union[str, Mapping[str, Any]]
    response_format: Mapping[str, Any]
    reasoning_effort: str
    stream: bool
    user: str
    metadata: Mapping[str, str]


class Options(TypedDict, total=False):
    """What a LiterLlm is made with; times are in milliseconds and 0 turns a timer off."""

    api_key: str
    base_url: str
    headers: Mapping[str, str]
    connect_timeout_ms: int
    headers_timeout_ms: int
    first_token_timeout_ms: int
    idle_timeout_ms: int
    total_timeout_ms: int
    retries_max: int
    retry_after_max_ms: int
    lenient: bool
    stream_window_bytes: int
    queue_bytes_max: int
    event_bytes_max: int
    body_bytes_max: int
    error_body_bytes_max: int
    header_bytes_max: int
    request_bytes_max: int
    proxy: bool
    ca_file: str
    client_certificate_file: str
    client_key_file: str
    allow_insecure_http: bool
    deny_private: bool
    pool_idle_timeout_ms: int
    pool_idle_connections_max: int
    http2_ping_interval_ms: int
    http2_ping_timeout_ms: int
    log_level: Literal["off", "error", "warn", "info", "debug"]
    log_bodies: bool
    worker_threads: int
    collect: bool


AnyRequest = Union[Request, Mapping[str, Any], SupportsModelDump]
