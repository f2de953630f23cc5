"""What the constructors of errors take by keyword. Their meaning stands at the attributes."""

from typing import Literal, Optional, Union

from ._events import Response, Tried
from ._replies import EmbedResponse
from ._typed_dict import TypedDict


class ErrorFields(TypedDict, total=False):
    """Attributes of an LlmError."""

    status: Optional[int]
    code: Optional[str]
    provider: Optional[str]
    retryable: bool
    retry_after_ms: Optional[int]
    attempts: int
    phase: Optional[str]
    timer: Optional[str]
    request_id: Optional[str]
    maybe_executed: bool
    retry_budget_exhausted: bool
    tried: tuple[Tried, ...]
    detail: Optional[str]
    partial: Union[Response, EmbedResponse, None]


class OutputErrorFields(ErrorFields, total=False):
    """Attributes of an OutputError."""

    text: str
    reason: Literal["invalid", "cut", "refused", "empty", "tool_calls"]
