"""Liter-LLM: one client for every LLM provider.

`LiterLlm(provider="openai").invoke(request)` returns a Stream. Read it with `async for token in
stream`, `response = await stream`, `for token in stream` or `stream.complete()`. Of the other
operations `embed`, `rerank`, `models`, `count_tokens` and `stats` return a Call: await it, or
complete() it; `batch` has those of batches. `map(requests)` gives the results of many requests,
with `async for` or `for`. Every failure is an LlmError. `invoke(request, output=City)` gives a
City, `tool(function)` makes a tool, and `run_tools(response, tools)` runs the calls of a response.
"""

from os.path import exists as _exists
from typing import TYPE_CHECKING, Any

from . import _lazy_types
from ._batches import Batches, BatchResults
from ._call import Call
from ._client import LiterLlm
from ._command_line import is_command_line as _is_command_line
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
    OutputError,
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
from ._map import Map
from ._stream import Stream

if TYPE_CHECKING:
    __version__: str
    from ._lazy_types import (
        AnyTool,
        AudioPart,
        Batch,
        BatchRequest,
        BatchResult,
        CallOptions,
        ContentPart,
        DocumentPart,
        EmbedRequest,
        EmbedResponse,
        End,
        Event,
        FilePart,
        FinishReason,
        FunctionTool,
        ImagePart,
        MapResult,
        Message,
        Model,
        ModelsRequest,
        ModelsResponse,
        Options,
        Outcome,
        Part,
        ProviderStats,
        Reasoning,
        Request,
        RerankRequest,
        RerankResponse,
        RerankResult,
        Response,
        ResponseFormat,
        Start,
        Stats,
        SupportsModelDump,
        Text,
        TextPart,
        TokenCount,
        ToolCall,
        ToolDelta,
        Tried,
        Usage,
        Vectors,
        VideoPart,
    )
    from ._tool_run import ToolRun, run_tools
    from ._tools import Tool, tool

if _exists(f"{__path__[0]}/_internal_bindings.pyi"):  # noqa: PTH110
    # Of another package with this import name; there is no time to look for more at each import.
    from ._distribution import warn_of_other as _warn_of_other

    _warn_of_other()

if not _is_command_line():
    # A library that cannot be loaded, or is too old, is an error of the import.
    from . import _library as _library


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from ._library import version

        return version()
    if name in ("Tool", "ToolRun", "run_tools", "tool"):
        from . import _tool_run

        return getattr(_tool_run, name)
    if name in __all__:
        return getattr(_lazy_types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# Without TimeoutError: it would replace the builtin one in a program that imports everything.
__all__ = [
    "AnyTool",
    "AudioPart",
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
    "DocumentPart",
    "EmbedRequest",
    "EmbedResponse",
    "End",
    "Event",
    "FilePart",
    "FinishReason",
    "FunctionTool",
    "ImagePart",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "LiterLlm",
    "LlmError",
    "Map",
    "MapResult",
    "Message",
    "Model",
    "ModelsRequest",
    "ModelsResponse",
    "NetworkError",
    "NotFoundError",
    "Options",
    "Outcome",
    "OutputError",
    "OverloadedError",
    "Part",
    "PermissionDeniedError",
    "ProtocolError",
    "ProviderError",
    "ProviderStats",
    "QuotaExceededError",
    "RateLimitedError",
    "Reasoning",
    "Request",
    "RerankRequest",
    "RerankResponse",
    "RerankResult",
    "Response",
    "ResponseFormat",
    "Start",
    "Stats",
    "Stream",
    "SupportsModelDump",
    "Text",
    "TextPart",
    "TlsError",
    "TokenCount",
    "TooLargeError",
    "Tool",
    "ToolCall",
    "ToolDelta",
    "ToolRun",
    "Tried",
    "TruncatedError",
    "Usage",
    "Vectors",
    "VideoPart",
    "__version__",
    "run_tools",
    "tool",
]
