"""ResponseBuilder: keeps what one stream delivers, and builds the Response from it.

With `collect` false only the START and the receipt are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ._base_builder import BaseBuilder, parse, read_usage
from ._draft import draft_of, freeze
from ._events import End, Part, Response, Start, ToolCall, ToolDelta, read_tried
from ._late_fields import Late, can_be_late
from ._library import PART, TOOL_CALL, TOOL_DELTA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._events import Event

Item = TypeVar("Item")
_ResponseDraft = draft_of(Response)


class ResponseBuilder(BaseBuilder):
    """Collects runs of text and events, and makes a Response or an error of them."""

    __slots__ = ("_joined", "_response", "blocks", "parts", "reasoning", "text", "tool_calls")

    def __init__(self, collect: bool = True) -> None:
        super().__init__(collect)
        self.text: list[str] = []
        """In runs, as it came."""
        self.reasoning: Sequence[str] = ()
        self.tool_calls: Sequence[ToolCall] = ()
        self.parts: Sequence[Part] = ()
        self.blocks: Sequence[tuple[int, Mapping[str, Any]]] = ()
        self._joined = (0, 0)
        self._response: Response | None = None

    def compact(self) -> None:
        """Joins the runs of text that came since the last time: as objects, short ones are larger
        than their text."""
        text, reasoning = self._joined
        self._joined = _join_from(self.text, text), _join_from(self.reasoning, reasoning)

    def keep_reasoning(self, text: str) -> None:
        """Keeps a run of reasoning."""
        self.reasoning = _added(self.reasoning, text)

    def keep(self, event: Event) -> None:
        """Keeps a tool call or a part."""
        if isinstance(event, ToolCall):
            self.tool_calls = _added(self.tool_calls, event)
        elif isinstance(event, Part) and event.type == "content":
            # Sent back to the provider unchanged, after the text that came before.
            block = sum(map(len, self.text)), event.data["content"]
            self.blocks = _added(self.blocks, block)
        elif isinstance(event, Part):
            self.parts = _added(self.parts, event)

    def start(self) -> Start:
        """How the response began."""
        start = self.read_start()
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
        receipt = self.read_receipt()
        timings = receipt.get("timings", {})
        return End(
            finish_reason=receipt.get("finish_reason"),
            finish_reason_raw=receipt.get("finish_reason_raw"),
            usage=read_usage(receipt),
            attempts=receipt.get("attempts", 0),
            unknown_events=receipt.get("unknown_events", 0),
            first_token_ms=timings.get("first_token_ms"),
            total_ms=timings.get("total_ms"),
            queued_ms=timings.get("queued_ms"),
            request_id=receipt.get("request_id"),
            warnings=tuple(receipt.get("warnings", ())),
            tried=read_tried(receipt) if "tried" in receipt else (),
        )

    def partial(self) -> Response:
        return self.response()

    def response(self) -> Response:
        """Everything so far."""
        if self._response is not None:
            return self._response
        parts = self.parts
        # Most have none, and then no comprehension is run.
        texts = (
            [part.data.get("text", "") for part in parts if part.type == "refusal"] if parts else ()
        )
        draft = _ResponseDraft()
        draft.collected = self.collect
        draft.text = "".join(self.text)
        draft.reasoning = "".join(self.reasoning)
        draft.refusal = "".join(texts) if texts else None
        draft.tool_calls = tuple(self.tool_calls)
        draft.parts = tuple([part for part in parts if part.type != "refusal"]) if parts else ()
        draft.blocks = tuple(self.blocks)
        receipt = self.receipt_json or self._receipt
        late = Late(self.start_json or self._start, receipt, self.outcome)
        if can_be_late():
            draft.late = late
        else:
            late.set_on(draft)
        response: Response = freeze(draft, Response)
        if receipt:
            self._response = response
            # The runs have become one text: from now on there is no other copy of it.
            self.text, self.reasoning = [response.text], [response.reasoning]
        return response


def read_event(kind: int, data_json: bytes) -> Event | None:
    """Any event but START, END and runs; None for a kind that this version does not know, whose
    data may be anything."""
    if kind == TOOL_DELTA:
        data = parse(data_json)
        return ToolDelta(data["index"], data.get("id"), data.get("name"), data["arguments"])
    if kind == TOOL_CALL:
        data = parse(data_json)
        extra = data.get("extra")
        return ToolCall(data["index"], data["id"], data["name"], data["arguments"], extra)
    if kind == PART:
        data = parse(data_json)
        return Part(data["type"], data)
    return None


def _added(items: Sequence[Item], item: Item) -> list[Item]:
    """With one more. An empty list has 72 bytes, and most of ten thousand streams have none."""
    if not isinstance(items, list):
        return [item]
    items.append(item)
    return items


def _join_from(runs: Sequence[str], joined: int) -> int:
    """Makes one run of those behind `joined`; returns how many are left alone from now on."""
    if isinstance(runs, list) and len(runs) > joined:
        runs[joined:] = ["".join(runs[joined:])]
    return len(runs)
