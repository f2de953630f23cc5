"""Liter-LLM: one client for every LLM provider.

`LiterLlm(provider="openai").invoke(request)` returns a Stream. Read it with `async for token in
stream`, `response = await stream`, `for token in stream` or `stream.complete()`. Every failure is
an LlmError.
"""

from typing import TYPE_CHECKING, Any

from . import _lazy_types
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
    TlsError,
    TooLargeError,
    TruncatedError,
)
from ._errors import TimeoutError as TimeoutError
from ._library import version as _version
from ._stream import Stream

if TYPE_CHECKING:
    from ._lazy_types import (
        CallOptions,
        ContentPart,
        End,
        Event,
        FinishReason,
        Message,
        Options,
        Outcome,
        Part,
        Reasoning,
        Request,
        Response,
        Start,
        SupportsModelDump,
        Text,
        ToolCall,
        ToolDelta,
        Usage,
    )

__version__ = _version()


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(_lazy_types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# Without TimeoutError: it would replace the builtin one in a program that imports everything.
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
    "TlsError",
    "TooLargeError",
    "ToolCall",
    "ToolDelta",
    "TruncatedError",
    "Usage",
    "__version__",
]
