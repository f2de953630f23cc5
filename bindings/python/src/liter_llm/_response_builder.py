"""Answer: what one stream has delivered, kept as it came, and what it adds up to.

Start and receipt stay JSON until somebody asks: who only wants text never does. Fields that a later
core adds are left alone; absent ones are None. With `collect` false only these two are kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._errors import make_error
from ._events import End, Part, Response, Start, ToolCall, ToolDelta, Usage
from ._library import PART, START, TOOL_CALL, TOOL_DELTA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._errors import LlmError
    from ._events import Event, Outcome

_decode_json = json.JSONDecoder().decode
_NO_START = Start(None, "", "", None, {}, ())


class Runs:
    """Text as it came. Short runs are joined now and then, as objects they are larger than their
    text. The thread that appends is the one that joins; any thread may read meanwhile."""

    __slots__ = ("_joined", "_runs", "append")

    def __init__(self, *runs: str) -> None:
        self._runs = list(runs)
        self._joined = 0
        self.append = self._runs.append

    def compact(self) -> None:
        """Joins what came since the last time."""
        self._runs[self._joined :] = ["".join(self._runs[self._joined :])]
        self._joined = len(self._runs)

    def length(self) -> int:
        """In characters."""
        return sum(map(len, self._runs))

    def join(self) -> str:
        """All of it; the same object again when there is only one run."""
        return "".join(self._runs)


class Answer:
    """Grows by runs of text and by events; is asked for a Response or an error."""

    __slots__ = (
        "_receipt",
        "_response",
        "_start",
        "blocks",
        "collect",
        "failed",
        "outcome",
        "parts",
        "reasoning",
        "text",
        "tool_calls",
    )

    def __init__(self, collect: bool = True) -> None:
        self.collect = collect
        self.text = Runs()
        self.reasoning = Runs()
        self.tool_calls: list[ToolCall] = []
        self.parts: list[Part] = []
        self.blocks: list[tuple[int, Mapping[str, Any]]] = []
        self.outcome: Outcome | None = None
        self.failed = False
        """Whether it has ended, and not as a whole answer."""
        self._start: Start | bytes = _NO_START
        self._receipt: Mapping[str, Any] | bytes | None = None
        self._response: Response | None = None

    @property
    def start(self) -> Start:
        """How the answer began."""
        if isinstance(self._start, bytes):
            self._start = _read_start(_read_json(self._start))
        return self._start

    @property
    def receipt(self) -> Mapping[str, Any] | None:
        """How it ended, if it has."""
        if isinstance(self._receipt, bytes):
            receipt: Mapping[str, Any] = _read_json(self._receipt)
            self._receipt = receipt
            return receipt
        return self._receipt

    def begin(self, data: bytes) -> None:
        """Keeps a START."""
        self._start = data

    def end(self, data: bytes, failed: bool) -> None:
        """Keeps an END."""
        self._receipt = data
        self.failed = failed

    def fail(self, outcome: Outcome, error: Mapping[str, Any]) -> None:
        """Ends it from this side."""
        self._receipt = {"outcome": outcome, "error": error}
        self.failed = True

    def event(self, kind: int) -> Event:
        """The START or END that was kept."""
        if kind == START:
            return self.start
        receipt = self.receipt or {}
        return End(
            request_id=receipt.get("request_id"),
            warnings=tuple(receipt.get("warnings", ())),
            **_read_receipt(receipt),
        )

    def compact(self) -> None:
        """Now and then, for what is kept of a long answer."""
        self.text.compact()
        self.reasoning.compact()

    def keep(self, event: Event) -> None:
        """Keeps a tool call or a part."""
        if isinstance(event, ToolCall):
            self.tool_calls.append(event)
        elif isinstance(event, Part) and event.type == "content":
            # Goes back to the provider as it is, behind the text that came before.
            self.blocks.append((self.text.length(), event.data["content"]))
        elif isinstance(event, Part):
            self.parts.append(event)

    def error(self) -> LlmError:
        """What went wrong, with the partial answer."""
        return make_error((self.receipt or {}).get("error", {}), self.response())

    def response(self) -> Response:
        """All of the answer so far."""
        if self._response is not None:
            return self._response
        receipt: Mapping[str, Any] = self.receipt or {}
        start = self.start
        refusals = [part.data.get("text", "") for part in self.parts if part.type == "refusal"]
        response = Response(
            outcome=receipt.get("outcome", self.outcome),
            collected=self.collect,
            text=self.text.join(),
            reasoning=self.reasoning.join(),
            refusal="".join(refusals) if refusals else None,
            tool_calls=tuple(self.tool_calls),
            parts=tuple(part for part in self.parts if part.type != "refusal"),
            blocks=tuple(self.blocks),
            id=start.id,
            model=start.model,
            provider=start.provider,
            request_id=receipt.get("request_id", start.request_id),
            rate_limit=start.rate_limit,
            warnings=(*start.warnings, *receipt.get("warnings", ())),
            **_read_receipt(receipt),
        )
        if self._receipt is not None:
            self._response = response
            # The runs have become one text: from now on there is no other copy of it.
            self.text, self.reasoning = Runs(response.text), Runs(response.reasoning)
        return response


def read_event(kind: int, data_json: bytes) -> Event | None:
    """Any event but START, END and runs; None for a kind that this version does not know, whose
    data may be anything."""
    if kind == TOOL_DELTA:
        data = _read_json(data_json)
        return ToolDelta(data["index"], data.get("id"), data.get("name"), data["arguments"])
    if kind == TOOL_CALL:
        data = _read_json(data_json)
        extra = data.get("extra")
        return ToolCall(data["index"], data["id"], data["name"], data["arguments"], extra)
    if kind == PART:
        data = _read_json(data_json)
        return Part(data["type"], data)
    return None


def _read_json(data: bytes) -> Any:
    return _decode_json(data.decode())


def _read_start(data: Mapping[str, Any]) -> Start:
    return Start(
        id=data.get("id"),
        model=data.get("model", ""),
        provider=data.get("provider", ""),
        request_id=data.get("request_id"),
        rate_limit=data.get("rate_limit", {}),
        warnings=tuple(data.get("warnings", ())),
    )


def _read_receipt(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that End and Response share."""
    timings = data.get("timings", {})
    usage = data.get("usage")
    return {
        "finish_reason": data.get("finish_reason"),
        "finish_reason_raw": data.get("finish_reason_raw"),
        "usage": None if usage is None else _read_usage(usage),
        "attempts": data.get("attempts", 0),
        "unknown_events": data.get("unknown_events", 0),
        "first_token_ms": timings.get("first_token_ms"),
        "total_ms": timings.get("total_ms"),
    }


def _read_usage(data: Mapping[str, Any]) -> Usage:
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
