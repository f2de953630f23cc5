"""Answer: everything that one stream has delivered, kept as it came, and what it adds up to.

Start and receipt stay JSON until somebody asks: who only wants text never does. Fields that a later
core adds are left alone; absent ones are None.
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


class Answer:
    """Grows by runs of text and by events; is asked for a Response or an error."""

    __slots__ = (
        "_receipt",
        "_response",
        "_start",
        "blocks",
        "failed",
        "outcome",
        "parts",
        "reasoning",
        "text",
        "tool_calls",
    )

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
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
        return End(request_id=receipt.get("request_id"), **_read_receipt(receipt))

    def push(self, kind: int, data_json: bytes) -> Event | None:
        """Adds another event; None for a kind that this version does not know."""
        data = _read_json(data_json)
        if kind == TOOL_DELTA:
            return ToolDelta(data["index"], data.get("id"), data.get("name"), data["arguments"])
        if kind == TOOL_CALL:
            call = ToolCall(data["index"], data["id"], data["name"], data["arguments"])
            self.tool_calls.append(call)
            return call
        if kind == PART:
            part = Part(data["type"], data)
            if part.type == "content":
                # Goes back to the provider as it is, behind the runs of text that came before.
                self.blocks.append((len(self.text), data["content"]))
            else:
                self.parts.append(part)
            return part
        return None

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
            text="".join(self.text),
            reasoning="".join(self.reasoning),
            refusal="".join(refusals) if refusals else None,
            tool_calls=tuple(self.tool_calls),
            parts=tuple(part for part in self.parts if part.type != "refusal"),
            content=tuple(self._content()),
            id=start.id,
            model=start.model,
            provider=start.provider,
            request_id=receipt.get("request_id", start.request_id),
            rate_limit=start.rate_limit,
            warnings=start.warnings,
            **_read_receipt(receipt),
        )
        if self._receipt is not None:
            self._response = response
        return response

    def _content(self) -> list[Mapping[str, Any]]:
        """Text and blocks in the order in which they came."""
        content: list[Mapping[str, Any]] = []
        taken = 0
        for position, block in self.blocks:
            content += _text_part(self.text[taken:position])
            content.append(block)
            taken = position
        return content + _text_part(self.text[taken:])


def _read_json(data: bytes) -> Any:
    return _decode_json(data.decode())


def _text_part(runs: list[str]) -> list[Mapping[str, Any]]:
    text = "".join(runs)
    return [{"type": "text", "text": text}] if text else []


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
