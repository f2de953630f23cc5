"""The exit codes, and which one each kind of error has. docs/cli.md shows these tables."""

from __future__ import annotations

OK = 0
FAILURE = 1
USAGE = 2
AUTHENTICATION = 3
RATE_LIMIT = 4
NETWORK = 5
REFUSED = 6
INCOMPLETE = 7
UNFINISHED = 75
CANCELLED = 130
READER_GONE = 141

MEANINGS = {
    OK: "the response is complete",
    FAILURE: "the provider failed, or anything else that no other code names",
    USAGE: "an argument, a file, the configuration or the request is wrong; the model included",
    AUTHENTICATION: "the provider does not know the key, or the key may not do this",
    RATE_LIMIT: "too many requests, or no credit is left",
    NETWORK: "no connection, no valid certificate, a timeout, or a response that was cut",
    REFUSED: "the model refused, or a filter held the response back",
    INCOMPLETE: "the response ends at a token limit, or the model paused",
    UNFINISHED: "`map --batch --no-wait`: batches go on at the provider; the same command goes on",
    CANCELLED: "interrupted with Ctrl-C",
    READER_GONE: "whoever read standard output has gone, as with `| head`",
}

BY_KIND = {
    "INVALID_ARGUMENT": USAGE,
    "CONFIG": USAGE,
    "INVALID_REQUEST": USAGE,
    "AUTHENTICATION": AUTHENTICATION,
    "PERMISSION": AUTHENTICATION,
    "NOT_FOUND": USAGE,
    "RATE_LIMITED": RATE_LIMIT,
    "QUOTA_EXCEEDED": RATE_LIMIT,
    "OVERLOADED": FAILURE,
    "PROVIDER": FAILURE,
    "NETWORK": NETWORK,
    "TLS": NETWORK,
    "TIMEOUT": NETWORK,
    "PROTOCOL": FAILURE,
    "TRUNCATED": NETWORK,
    "TOO_LARGE": USAGE,
    "CANCELLED": CANCELLED,
    "CLOSED": FAILURE,
    "INTERNAL": FAILURE,
}

BY_FINISH_REASON = {
    "stop": OK,
    "tool_calls": OK,
    "other": OK,
    "length": INCOMPLETE,
    "pause": INCOMPLETE,
    "content_filter": REFUSED,
    "error": FAILURE,
}
"""What a response that is complete by its protocol says about itself."""


def of_kind(kind: str) -> int:
    """Of an error; a kind that only a newer core has is a failure."""
    return BY_KIND.get(kind, FAILURE)


def of_finish_reason(reason: str | None) -> int:
    """Of a complete response, whose provider may have given no reason."""
    return BY_FINISH_REASON.get(reason or "stop", OK)
