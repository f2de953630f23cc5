"""BaseBuilder: how one call began and ended, whatever it is for, and the error that it ended with.

START and receipt stay JSON until they are asked for. Fields that a later core adds are ignored;
absent ones are None.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._draft import draft_of, freeze
from ._errors import make_error
from ._events import Usage, read_tried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ._events import Outcome

    MakeBuilder = Callable[[], "BaseBuilder"]

_UsageDraft = draft_of(Usage)
_parse_json = json.JSONDecoder().raw_decode  # the library writes nothing around a value


class BaseBuilder:
    """Keeps START and END; subclasses keep what comes in between. One thread adds; any thread may
    ask meanwhile."""

    __slots__ = (
        "_receipt",
        "_start",
        "collect",
        "failed",
        "key_error",
        "outcome",
        "receipt_json",
        "start_json",
    )

    def __init__(self, collect: bool) -> None:
        self.collect = collect
        """Whether it keeps text, tool calls and parts."""
        self.start_json: bytes | None = None
        self.receipt_json: bytes | None = None
        self.outcome: Outcome | None = None
        """The outcome as far as it is known before the receipt."""
        self.failed = False
        """Whether it has ended, and not as a whole response."""
        self.key_error: BaseException | None = None
        """What the function of api_key raised, which ended it."""
        self._start: Mapping[str, Any] | None = None
        self._receipt: Mapping[str, Any] | None = None

    def partial(self) -> Any:
        """What was received before an error; None where that can be nothing."""
        return None

    def add_vectors(self, data: Any, count: int) -> None:
        """Vectors came: bytes that live as long as this call."""

    def keep_result(self, data: bytes) -> Sequence[Any]:
        """A RESULT came; returns what goes to the reader of a stream."""
        return ()

    def fail(self, outcome: Outcome, error: Mapping[str, Any]) -> None:
        """Ends it from this side."""
        self._receipt = {"outcome": outcome, "error": error}
        self.failed = True

    def error(self) -> BaseException:
        """What went wrong, with the partial response."""
        if self.key_error is not None:
            return self.key_error
        return make_error(self.read_receipt().get("error", {}), self.partial())

    def read_start(self) -> Mapping[str, Any]:
        """Empty before it came."""
        if self._start is None:
            data = self.start_json
            if data is None:
                return self._start or {}  # another thread may have been quicker
            self._start, self.start_json = _parse_json(data.decode())[0], None
        return self._start

    def read_receipt(self) -> Mapping[str, Any]:
        """Empty before it came."""
        if self._receipt is None:
            data = self.receipt_json
            if data is None:
                return self._receipt or {}
            self._receipt, self.receipt_json = _parse_json(data.decode())[0], None
        return self._receipt


def parse(data: bytes) -> Any:
    """JSON that the library wrote."""
    return _parse_json(data.decode())[0]


def read_common(start: Mapping[str, Any], receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that responses and replies have of both."""
    timings = receipt.get("timings", {})
    return {
        "id": start.get("id"),
        "model": start.get("model", ""),
        "provider": start.get("provider", ""),
        "request_id": receipt.get("request_id", start.get("request_id")),
        "rate_limit": start.get("rate_limit", {}),
        "headers": start.get("headers", {}),
        "warnings": (*start.get("warnings", ()), *receipt.get("warnings", ())),
        "usage": read_usage(receipt),
        "attempts": receipt.get("attempts", 0),
        "total_ms": timings.get("total_ms"),
        "queued_ms": timings.get("queued_ms"),
        "tried": read_tried(receipt) if "tried" in receipt else (),
    }


def read_usage(receipt: Mapping[str, Any]) -> Usage | None:
    """The usage of a receipt, if it has one."""
    data = receipt.get("usage")
    if data is None:
        return None
    draft = _UsageDraft()
    draft.input_tokens = data.get("input_tokens")
    draft.output_tokens = data.get("output_tokens")
    draft.total_tokens = data.get("total_tokens")
    draft.cached_input_tokens = data.get("cached_input_tokens")
    draft.cache_write_tokens = data.get("cache_write_tokens")
    draft.billed_input_tokens = data.get("billed_input_tokens")
    draft.billed_output_tokens = data.get("billed_output_tokens")
    draft.reasoning_tokens = data.get("reasoning_tokens")
    draft.raw = data.get("raw", {})
    usage: Usage = freeze(draft, Usage)
    return usage
