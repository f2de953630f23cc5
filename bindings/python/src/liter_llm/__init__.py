"""Liter-LLM: one client for every LLM provider.

`LiterLlm(provider="openai").invoke(request)` is a Stream: `async for token in stream`,
`reply = await stream`, or `for token in stream`. Every error is an LlmError.
"""

from typing import TYPE_CHECKING, Any

from ._client import LiterLlm
from ._errors import (
    AuthenticationError,
    CancelledError,
    ClosedError,
    ConfigError,
    InternalError,
    InvalidArgumentError,
    InvalidRequestError,
    LlmError,
    NetworkError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitedError,
    TimeoutError,
    TlsError,
    TooLargeError,
    TruncatedError,
)
from ._library import version as _version
from ._stream import Stream
from ._types import (
    CallOptions,
    ContentPart,
    Message,
    Options,
    Request,
    SupportsModelDump,
)

if TYPE_CHECKING:
    from ._events import (
        End,
        Event,
        FinishReason,
        Outcome,
        Part,
        Reasoning,
        Response,
        Start,
        Text,
        ToolCall,
        ToolDelta,
        Usage,
    )

__version__ = _version()


def __getattr__(name: str) -> Any:
    """Events and Response are loaded when needed; else they were half of the time of an import."""
    if name in __all__:
        from . import _events

        return getattr(_events, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AuthenticationError",
    "CallOptions",
    "CancelledError",
    "ClosedError",
    "ConfigError",
    "ContentPart",
    "End",
    "Event",
    "FinishReason",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "LiterLlm",
    "LlmError",
    "Message",
    "NetworkError",
    "NotFoundError",
    "Options",
    "Outcome",
    "OverloadedError",
    "Part",
    "PermissionDeniedError",
    "ProtocolError",
    "ProviderError",
    "QuotaExceededError",
    "RateLimitedError",
    "Reasoning",
    "Request",
    "Response",
    "Start",
    "Stream",
    "SupportsModelDump",
    "Text",
    "TimeoutError",
    "TlsError",
    "TooLargeError",
    "ToolCall",
    "ToolDelta",
    "TruncatedError",
    "Usage",
    "__version__",
]
