"""LlmError, and one class for each kind of error.

An error carries what is known about the failure as attributes, and in `partial` whatever was
received before it. Attributes may be given by keyword, as tests do. All errors can be pickled.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Optional, Union

from . import _lazy_types as late
from ._constants_generated import ERROR_DETAILS


class LlmError(Exception):
    """The base class of all errors of this package.

    `str(error)` is one line: what failed, with which value, and what to do."""

    kind: ClassVar[str] = "UNKNOWN"
    """What kind of failure.

    The name in the C header, such as "RATE_LIMITED"; each kind has a class."""
    status: Optional[int] = None
    """The HTTP status, where one was received."""
    code: Optional[str] = None
    """The provider's own code or type."""
    provider: Optional[str] = None
    """The provider of the request."""
    retryable: bool = False
    """Whether sending the same request again can succeed."""
    retry_after_ms: Optional[int] = None
    """The wait that the provider requested."""
    attempts: int = 0
    """How many requests were sent."""
    phase: Optional[str] = None
    """Where in its life the last attempt failed.

    One of request, connect, headers, body and retry."""
    timer: Optional[str] = None
    """The timer that ran out, with TIMEOUT.

    One of connect, headers, first_token, idle and total."""
    request_id: Optional[str] = None
    """The provider's request id.

    The provider's support asks for it."""
    maybe_executed: bool = False
    """Whether the provider may have run the request, and may bill it."""
    retry_budget_exhausted: bool = False
    """Whether it was not tried again only because the client's `retry_budget` is used up."""
    tried: tuple[late.Tried, ...] = ()
    """Every attempt of a call of one HTTP request, in order, where there were several or fallbacks;
    at most the last 64."""
    detail: Optional[str] = None
    """The other fields of the provider's error, beside message and code, as JSON, or the first 4
    KiB of a body that could not be used; of a batch, all rows that cannot be sent."""
    partial: Union[late.Response, late.EmbedResponse, None] = None
    """Whatever was received before the error; nothing of a rerank, a list of models or a count."""

    def __init__(self, message: str, **fields: late.Unpack[late.ErrorFields]) -> None:
        """fields: attributes of the class, such as `retry_after_ms`."""
        super().__init__(message)
        for name, value in fields.items():
            if name not in _FIELDS and name not in type(self).__annotations__:
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}")
            setattr(self, name, value)


_FIELDS = frozenset((*ERROR_DETAILS, "partial"))


class InvalidArgumentError(LlmError):
    """The interface was misused, or a key or header cannot be sent: one with a line break, or a
    header that HTTP itself sets."""

    kind = "INVALID_ARGUMENT"


class ConfigError(LlmError):
    """No key, an unknown provider or option, or something that cannot be used: a base URL, a
    certificate file, a proxy variable (or 407 from the proxy), an address that is refused, a key
    over plain http, or threads that the system does not give."""

    kind = "CONFIG"


class InvalidRequestError(LlmError):
    """The request is wrong; the message names the field where it is known."""

    kind = "INVALID_REQUEST"


class AuthenticationError(LlmError):
    """The provider does not know the key."""

    kind = "AUTHENTICATION"


class PermissionDeniedError(LlmError):
    """The key may not do this."""

    kind = "PERMISSION"


class NotFoundError(LlmError):
    """There is no such model, deployment or address."""

    kind = "NOT_FOUND"


class RateLimitedError(LlmError):
    """Too many requests were sent (429); `retry_after_ms` is the wait, if the provider sent one."""

    kind = "RATE_LIMITED"


class QuotaExceededError(LlmError):
    """No credit is left, whatever the status; waiting does not help."""

    kind = "QUOTA_EXCEEDED"


class OverloadedError(LlmError):
    """The provider is out of capacity (498, 529, or an error with that meaning), or as many
    requests wait for their turn as `queued_max` allows."""

    kind = "OVERLOADED"


class ProviderError(LlmError):
    """The provider failed in another way: 408, 409, 424, a 5xx status, or an error event inside a
    stream."""

    kind = "PROVIDER"


class NetworkError(LlmError):
    """Name lookup or connect failed, or the connection broke before a response."""

    kind = "NETWORK"


class TlsError(LlmError):
    """The certificate or the TLS handshake was refused."""

    kind = "TLS"


class TimeoutError(LlmError, builtins.TimeoutError):  # noqa: A001
    """A timer ran out; `timer` names it.

    It is a builtin TimeoutError as well."""

    kind = "TIMEOUT"


class ProtocolError(LlmError):
    """The response is not what the protocol allows: bytes that are not HTTP, a redirect, broken
    JSON or JSON of more than 128 levels, too many headers, or an end mark without content; `detail`
    holds its first 4 KiB."""

    kind = "PROTOCOL"


class TruncatedError(LlmError):
    """The response was cut before its end; what came is a prefix.

    It is in `partial`."""

    kind = "TRUNCATED"


class TooLargeError(LlmError):
    """A size limit was exceeded (the message names it; 413 is the provider's), or memory ran
    out."""

    kind = "TOO_LARGE"


class CancelledError(LlmError):
    """The caller cancelled the call.

    Raised when a cancelled stream is read on; not asyncio.CancelledError."""

    kind = "CANCELLED"


class ClosedError(LlmError):
    """The client is closed, or was inherited through fork, or the process is ending."""

    kind = "CLOSED"


class InternalError(LlmError):
    """Internal error, a bug in liter_llm."""

    kind = "INTERNAL"


class OutputError(LlmError):
    """A response is not of the type that invoke(request, output=...) asked for.

    Its message says where it is not, with what was expected there; `partial` is the response."""

    kind = "OUTPUT"
    text: str = ""
    """What the model wrote."""
    reason: Literal["invalid", "cut", "refused", "empty", "tool_calls"] = "invalid"
    """Why there is no output: it is not JSON of that type, it was cut at `max_tokens`, the model
    refused, it wrote nothing, or it calls tools (only where `response.output` is asked for)."""

    def __init__(self, message: str, **fields: late.Unpack[late.OutputErrorFields]) -> None:
        """fields: attributes of the class, such as `text`."""
        super().__init__(message, **fields)  # type: ignore[misc]

    @property
    def response(self) -> Optional[late.Response]:
        """The whole response; the same as `partial`."""
        return self.partial if isinstance(self.partial, late.Response) else None


_BY_KIND: dict[str, type[LlmError]] = {kind.kind: kind for kind in LlmError.__subclasses__()}


def make_error(details: Mapping[str, Any], partial: Any = None) -> LlmError:
    """The exception for an `error` object of the core: a plain LlmError for a kind that is not
    known here, because the core is newer."""
    error = _BY_KIND.get(details.get("kind", ""), LlmError)(details.get("message", "no message"))
    for name in ERROR_DETAILS:
        if name in details:
            setattr(error, name, details[name])
    if error.tried:
        from ._events import read_tried  # only here: loading it takes time

        error.tried = read_tried(details)
    error.partial = partial
    return error
