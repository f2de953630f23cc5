"""ResponseBuilder: keeps what one stream delivers, and builds the Response from it.

START and receipt stay JSON until they are asked for, as a reader of text never asks. Fields that a
later core adds are ignored; absent ones are None. With `collect` false only these two are kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._errors import make_error
from ._events import End, Part, Response, Start, ToolCall, ToolDelta, Usage
from ._library import PART, TOOL_CALL, TOOL_DELTA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._events import Event, Outcome

_parse_json = json.JSONDecoder().raw_decode  # the library writes nothing around a value


class ResponseBuilder:
    """Collects runs of text and events, and makes a Response or an error of them. One thread adds;
    any thread may ask meanwhile."""

    __slots__ = (
        "_joined",
        "_receipt",
        "_response",
        "_start",
        "blocks",
        "collect",
        "failed",
        "key_error",
        "outcome",
        "parts",
        "reasoning",
        "receipt_json",
        "start_json",
        "text",
        "tool_calls",
    )

    def __init__(self, collect: bool = True) -> None:
        self.collect = collect
        self.text: list[str] = []
        """In runs, as it came."""
        self.reasoning: list[str] = []
        self.tool_calls: list[ToolCall] = []
        self.parts: list[Part] = []
        self.blocks: list[tuple[int, Mapping[str, Any]]] = []
        self.start_json: bytes | None = None
        self.receipt_json: bytes | None = None
        self.outcome: Outcome | None = None
        """The outcome as far as it is known before the receipt."""
        self.failed = False
        """Whether it has ended, and not as a whole response."""
        self.key_error: BaseException | None = None
        """What the function of api_key raised, which ended it."""
        self._joined = (0, 0)
        self._start: Mapping[str, Any] | None = None
        self._receipt: Mapping[str, Any] | None = None
        self._response: Response | None = None

    def compact(self) -> None:
        """Joins the runs of text that came since the last time: as objects, short ones are larger
        than their text."""
        text, reasoning = self._joined
        self._joined = _join_from(self.text, text), _join_from(self.reasoning, reasoning)

    def keep(self, event: Event) -> None:
        """Keeps a tool call or a part."""
        if isinstance(event, ToolCall):
            self.tool_calls.append(event)
        elif isinstance(event, Part) and event.type == "content":
            # Sent back to the provider unchanged, after the text that came before.
            self.blocks.append((sum(map(len, self.text)), event.data["content"]))
        elif isinstance(event, Part):
            self.parts.append(event)

    def fail(self, outcome: Outcome, error: Mapping[str, Any]) -> None:
        """Ends it from this side."""
        self._receipt = {"outcome": outcome, "error": error}
        self.failed = True

    def start(self) -> Start:
        """How the response began."""
        start = self._read_start()
        return Start(
            id=start.get("id"),
            model=start.get("model", ""),
            provider=start.get("provider", ""),
            request_id=start.get("request_id"),
            rate_limit=start.get("rate_limit", {}),
            headers=start.get("headers", {}),
            warnings=tuple(start.get("warnings", ())),
        )

    def end(self) -> End:
        """How it ended."""
        receipt = self._read_receipt()
        timings = receipt.get("timings", {})
        return End(
            finish_reason=receipt.get("finish_reason"),
            finish_reason_raw=receipt.get("finish_reason_raw"),
            usage=_read_usage(receipt),
            attempts=receipt.get("attempts", 0),
            unknown_events=receipt.get("unknown_events", 0),
            first_token_ms=timings.get("first_token_ms"),
            total_ms=timings.get("total_ms"),
            request_id=receipt.get("request_id"),
            warnings=tuple(receipt.get("warnings", ())),
        )

    def error(self) -> BaseException:
        """What went wrong, with the partial response."""
        if self.key_error is not None:
            return self.key_error
        return make_error(self._read_receipt().get("error", {}), self.response())

    def response(self) -> Response:
        """Everything so far."""
        if self._response is not None:
            return self._response
        receipt = self._read_receipt()
        start = self._read_start()
        timings = receipt.get("timings", {})
        parts = self.parts
        refusals = [part.data.get("text", "") for part in parts if part.type == "refusal"]
        response = Response(
            outcome=receipt.get("outcome", self.outcome),
            collected=self.collect,
            text="".join(self.text),
            reasoning="".join(self.reasoning),
            refusal="".join(refusals) if refusals else None,
            tool_calls=tuple(self.tool_calls),
            parts=tuple([part for part in parts if part.type != "refusal"]),
            blocks=tuple(self.blocks),
            id=start.get("id"),
            model=start.get("model", ""),
            provider=start.get("provider", ""),
            request_id=receipt.get("request_id", start.get("request_id")),
            rate_limit=start.get("rate_limit", {}),
            headers=start.get("headers", {}),
            warnings=(*start.get("warnings", ()), *receipt.get("warnings", ())),
            finish_reason=receipt.get("finish_reason"),
            finish_reason_raw=receipt.get("finish_reason_raw"),
            usage=_read_usage(receipt),
            attempts=receipt.get("attempts", 0),
            unknown_events=receipt.get("unknown_events", 0),
            first_token_ms=timings.get("first_token_ms"),
            total_ms=timings.get("total_ms"),
        )
        if receipt:
            self._response = response
            # The runs have become one text: from now on there is no other copy of it.
            self.text, self.reasoning = [response.text], [response.reasoning]
        return response

    def _read_start(self) -> Mapping[str, Any]:
        if self._start is None:
            data = self.start_json
            if data is None:
                return self._start or {}  # another thread may have been quicker
            self._start, self.start_json = _parse(data), None
        return self._start

    def _read_receipt(self) -> Mapping[str, Any]:
        if self._receipt is None:
            data = self.receipt_json
            if data is None:
                return self._receipt or {}
            self._receipt, self.receipt_json = _parse(data), None
        return self._receipt


def read_event(kind: int, data_json: bytes) -> Event | None:
    """Any event but START, END and runs; None for a kind that this version does not know, whose
    data may be anything."""
    if kind == TOOL_DELTA:
        data = _parse(data_json)
        return ToolDelta(data["index"], data.get("id"), data.get("name"), data["arguments"])
    if kind == TOOL_CALL:
        data = _parse(data_json)
        extra = data.get("extra")
        return ToolCall(data["index"], data["id"], data["name"], data["arguments"], extra)
    if kind == PART:
        data = _parse(data_json)
        return Part(data["type"], data)
    return None


def _parse(data: bytes) -> Any:
    return _parse_json(data.decode())[0]


def _read_usage(receipt: Mapping[str, Any]) -> Usage | None:
    data = receipt.get("usage")
    if data is None:
        return None
    return Usage(
        input_tokens=data.get("input_tokens"),
        output_tokens=data.get("output_tokens"),
        total_tokens=data.get("total_tokens"),
        cached_input_tokens=data.get("cached_input_tokens"),
        cache_write_tokens=data.get("cache_write_tokens"),
        billed_input_tokens=data.get("billed_input_tokens"),
        billed_output_tokens=data.get("billed_output_tokens"),
        reasoning_tokens=data.get("reasoning_tokens"),
        raw=data.get("raw", {}),
    )


def _join_from(runs: list[str], joined: int) -> int:
    """Makes one run of those behind `joined`; returns how many are left alone from now on."""
    if len(runs) > joined:
        runs[joined:] = ["".join(runs[joined:])]
    return len(runs)
