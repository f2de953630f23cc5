"""Types of what users pass in: requests, the options of a call and of a LiterLlm.

All of these are dicts at run time, and any mapping or sequence is taken in the place of a dict or
list. Of a request, a type checker takes the fields that are listed and no others, so that a
misspelt one is found and named: a provider's own fields are passed on as they are, and for a type
checker they belong in `extra_body`, or the request is cast. Messages may be any mappings, as they
come from elsewhere; those of a `list[Message]` are checked. Hints are resolved at run time: they
are written as Python 3.9 knows them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Union

from ._message_types import AnyTool as AnyTool
from ._message_types import AudioPart as AudioPart
from ._message_types import ContentPart as ContentPart
from ._message_types import DocumentPart as DocumentPart
from ._message_types import FilePart as FilePart
from ._message_types import FunctionTool as FunctionTool
from ._message_types import ImagePart as ImagePart
from ._message_types import Message as Message
from ._message_types import ResponseFormat as ResponseFormat
from ._message_types import TextPart as TextPart
from ._message_types import VideoPart as VideoPart
from ._operation_types_generated import BatchRequest as BatchRequest
from ._operation_types_generated import EmbedRequest as EmbedRequest
from ._operation_types_generated import ModelsRequest as ModelsRequest
from ._operation_types_generated import RerankRequest as RerankRequest
from ._typed_dict import TypedDict
from ._types_generated import CallOptions as CallOptions
from ._types_generated import Options as Options
from ._types_generated import RequestFields


class SupportsModelDump(Protocol):
    """A pydantic model, or anything that gives its fields in the same way. A request may be one
    too; for a type checker, cast it."""

    def model_dump(self) -> Any: ...


class _Question(TypedDict):
    model: str
    """The model; `provider/model` where no provider is named otherwise."""

    messages: Sequence[Union[Message, Mapping[str, Any], SupportsModelDump]]
    """The conversation, at least one message."""


class Request(_Question, CallOptions, RequestFields, total=False):
    """A request: model, messages and any other field. Fields that are not set are not sent."""
