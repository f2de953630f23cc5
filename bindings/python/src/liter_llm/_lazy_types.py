"""The public types that are loaded when they are first used: events, responses and requests. They
would double the time of an import, and most programs only name them in hints.

Annotations of public functions go through this module, so that typing.get_type_hints and all
that is built on it (pydantic, FastAPI, containers that inject) resolve them at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeForm as TypeForm
    from typing_extensions import Unpack as Unpack

    from ._error_types import ErrorFields, OutputErrorFields
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
        Tried,
        Usage,
    )
    from ._output_type import Output
    from ._replies import (
        Batch,
        BatchResult,
        EmbedResponse,
        MapResult,
        Model,
        ModelsResponse,
        ProviderStats,
        RerankResponse,
        RerankResult,
        Stats,
        TokenCount,
    )
    from ._types import (
        AnyTool,
        AudioPart,
        BatchRequest,
        CallOptions,
        ContentPart,
        DocumentPart,
        EmbedRequest,
        FilePart,
        FunctionTool,
        ImagePart,
        Message,
        ModelsRequest,
        Options,
        Request,
        RerankRequest,
        ResponseFormat,
        SupportsModelDump,
        TextPart,
        VideoPart,
    )
    from ._vectors import Vectors

__all__ = [
    "AnyTool",
    "AudioPart",
    "Batch",
    "BatchRequest",
    "BatchResult",
    "CallOptions",
    "ContentPart",
    "DocumentPart",
    "EmbedRequest",
    "EmbedResponse",
    "End",
    "ErrorFields",
    "Event",
    "FilePart",
    "FinishReason",
    "FunctionTool",
    "ImagePart",
    "MapResult",
    "Message",
    "Model",
    "ModelsRequest",
    "ModelsResponse",
    "Options",
    "Outcome",
    "Output",
    "OutputErrorFields",
    "Part",
    "ProviderStats",
    "Reasoning",
    "Request",
    "RerankRequest",
    "RerankResponse",
    "RerankResult",
    "Response",
    "ResponseFormat",
    "Start",
    "Stats",
    "SupportsModelDump",
    "Text",
    "TextPart",
    "TokenCount",
    "ToolCall",
    "ToolDelta",
    "Tried",
    "Usage",
    "Vectors",
    "VideoPart",
]

_OPERATIONS = frozenset(
    (
        "Batch",
        "BatchResult",
        "EmbedResponse",
        "MapResult",
        "Model",
        "ModelsResponse",
        "ProviderStats",
        "RerankResponse",
        "RerankResult",
        "Stats",
        "TokenCount",
        "Vectors",
    )
)
"""The answers of other operations than chat."""


def __getattr__(name: str) -> Any:
    if name in _OPERATIONS:
        from . import _replies

        return getattr(_replies, name)
    if name in ("ErrorFields", "OutputErrorFields"):
        from . import _error_types

        return getattr(_error_types, name)
    if name in __all__:
        from . import _events, _types

        return getattr(_events, name, None) or getattr(_types, name)
    if name == "TypeForm":
        return type  # what a type is, at run time; the checkers know unions and more
    if name == "Unpack":
        return _find_unpack()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _find_unpack() -> Any:
    """typing has Unpack from Python 3.11 on; before that Optional stands in for it."""
    import typing

    try:
        return typing.Unpack  # type: ignore[attr-defined, unused-ignore]
    except AttributeError:
        return typing.Optional
