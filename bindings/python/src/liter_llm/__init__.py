"""Liter-LLM: one client for every LLM provider.

`LiterLlm(provider="openai").invoke(request)` returns a Stream. Read it with `async for token in
stream`, `response = await stream`, `for token in stream` or `stream.complete()`. Of the other
operations `embed`, `rerank`, `models` and `count_tokens` return a Call: await it, or complete() it.
`batch` has those of batches.
Every failure is an LlmError.
"""

from typing import TYPE_CHECKING, Any

from . import _lazy_types
from ._batches import Batches, BatchResults
from ._call import Call
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
        Batch,
        BatchRequest,
        BatchResult,
        CallOptions,
        ContentPart,
        EmbedRequest,
        EmbedResponse,
        End,
        Event,
        FinishReason,
        Message,
        Model,
        ModelsRequest,
        ModelsResponse,
        Options,
        Outcome,
        Part,
        Reasoning,
        Request,
        RerankRequest,
        RerankResponse,
        RerankResult,
        Response,
        Start,
        SupportsModelDump,
        Text,
        TokenCount,
        ToolCall,
        ToolDelta,
        Usage,
        Vectors,
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
    "Batch",
    "BatchRequest",
    "BatchResult",
    "BatchResults",
    "Batches",
    "Call",
    "CallOptions",
    "CancelledError",
    "ClosedError",
    "ConfigError",
    "ContentPart",
    "EmbedRequest",
    "EmbedResponse",
    "End",
    "Event",
    "FinishReason",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "LiterLlm",
    "LlmError",
    "Message",
    "Model",
    "ModelsRequest",
    "ModelsResponse",
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
    "RerankRequest",
    "RerankResponse",
    "RerankResult",
    "Response",
    "Start",
    "Stream",
    "SupportsModelDump",
    "Text",
    "TlsError",
    "TokenCount",
    "TooLargeError",
    "ToolCall",
    "ToolDelta",
    "TruncatedError",
    "Usage",
    "Vectors",
    "__version__",
]
