"""Types of what users pass in: requests, the options of a call and of a LiterLlm.

All of these are dicts at run time. A request may also be any mapping, so that a provider's own
fields, which are passed on as they are, need no cast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypedDict, Union


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
    image_url: ImageUrl | str


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
    content: str | Sequence[ContentPart] | None
    name: str
    tool_calls: Sequence[ToolCallMessage]
    tool_call_id: str
    refusal: str | None


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
    messages: Sequence[Message | Mapping[str, Any] | SupportsModelDump]


class Request(_Question, CallOptions, total=False):
    """A request. What is not set is not sent."""

    max_tokens: int
    temperature: float
    top_p: float
    stop: str | Sequence[str]
    seed: int
    tools: Sequence[Mapping[str, Any]]
    tool_choice: str | Mapping[str, Any]
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
