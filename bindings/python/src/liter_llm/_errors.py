"""What goes wrong: LlmError, and one class for each kind of the header.

Each carries what the core knows as attributes, and in `partial` whatever was received before.
All of them can be pickled.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, ClassVar, Optional

from . import _lazy_types as late

_DETAILS = (
    "status",
    "code",
    "provider",
    "retryable",
    "retry_after_ms",
    "attempts",
    "phase",
    "timer",
    "request_id",
    "maybe_executed",
    "detail",
)


class LlmError(Exception):
    """The base of all. `str(error)` is one line that says what failed and what to do."""

    kind: ClassVar[str] = "UNKNOWN"
    """The kind's name in the header, such as "RATE_LIMITED"."""
    status: Optional[int] = None
    """The HTTP status, when the provider answered."""
    code: Optional[str] = None
    """The provider's own name for the error."""
    provider: Optional[str] = None
    retryable: bool = False
    """Whether the same request may succeed later."""
    retry_after_ms: Optional[int] = None
    """How long the provider asks to wait."""
    attempts: int = 0
    """How many requests were sent."""
    phase: Optional[str] = None
    """Where it happened: request, connect, headers, body or retry."""
    timer: Optional[str] = None
    """The timer that ran out: connect, headers, first_token, idle or total."""
    request_id: Optional[str] = None
    """What the provider's support asks for."""
    maybe_executed: bool = False
    """The request was sent and not answered: the provider may have done, and billed, the work."""
    detail: Optional[str] = None
    """The first 4 KiB of an answer that could not be used."""
    partial: Optional[late.Response] = None
    """Whatever was received before the error."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InvalidArgumentError(LlmError):
    """A value that can never be sent, such as a header with a line break."""

    kind = "INVALID_ARGUMENT"


class ConfigError(LlmError):
    """No key, unknown provider, unknown option, unusable base URL or CA file."""

    kind = "CONFIG"


class InvalidRequestError(LlmError):
    """The request is wrong, says the provider or this library; the message names the field."""

    kind = "INVALID_REQUEST"


class AuthenticationError(LlmError):
    """The provider does not know the key."""

    kind = "AUTHENTICATION"


class PermissionDeniedError(LlmError):
    """The key is known and may not do this."""

    kind = "PERMISSION"


class NotFoundError(LlmError):
    """No such model, deployment or address."""

    kind = "NOT_FOUND"


class RateLimitedError(LlmError):
    """Too many requests; `retry_after_ms` says when, if the provider did."""

    kind = "RATE_LIMITED"


class QuotaExceededError(LlmError):
    """The account has no credit left; waiting does not help."""

    kind = "QUOTA_EXCEEDED"


class OverloadedError(LlmError):
    """The provider is out of capacity."""

    kind = "OVERLOADED"


class ProviderError(LlmError):
    """The provider failed in another way: a 5xx status or an error event inside a stream."""

    kind = "PROVIDER"


class NetworkError(LlmError):
    """Name lookup, connect, or the connection broke before an answer."""

    kind = "NETWORK"


class TlsError(LlmError):
    """The certificate or the TLS handshake was refused."""

    kind = "TLS"


class TimeoutError(LlmError, builtins.TimeoutError):  # noqa: A001
    """One of the timers ran out; `timer` says which. It is a builtin TimeoutError as well."""

    kind = "TIMEOUT"


class ProtocolError(LlmError):
    """The answer is not what the protocol allows."""

    kind = "PROTOCOL"


class TruncatedError(LlmError):
    """The answer was cut before its end; `partial` is valid and incomplete."""

    kind = "TRUNCATED"


class TooLargeError(LlmError):
    """Something passed a limit in bytes; the message names the limit."""

    kind = "TOO_LARGE"


class CancelledError(LlmError):
    """The stream was cancelled and is read on. Not asyncio.CancelledError."""

    kind = "CANCELLED"


class ClosedError(LlmError):
    """The LiterLlm is closed, or the stream was inherited through fork."""

    kind = "CLOSED"


class InternalError(LlmError):
    """A defect of this library."""

    kind = "INTERNAL"


_BY_KIND: dict[str, type[LlmError]] = {kind.kind: kind for kind in LlmError.__subclasses__()}


def make_error(details: Mapping[str, Any], partial: Optional[late.Response] = None) -> LlmError:
    """The exception for an `error` object of the boundary. A kind of a later core is LlmError."""
    error = _BY_KIND.get(details.get("kind", ""), LlmError)(details.get("message", "no message"))
    for name in _DETAILS:
        if name in details:
            setattr(error, name, details[name])
    error.partial = partial
    return error
