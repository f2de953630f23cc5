"""The fields of a Response that are made when one of them is first asked for: those that START and
the receipt have. Many programs read only the text, and these take as long as all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from . import _draft
from ._base_builder import parse, read_common
from ._events import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._events import Outcome

    Json = Union[bytes, Mapping[str, Any], None]


class Late:
    """What the fields are made of."""

    __slots__ = ("outcome", "receipt", "start")

    names: frozenset[str]

    def __init__(self, start: Json, receipt: Json, outcome: Outcome | None) -> None:
        """`outcome`: as far as it is known without a receipt."""
        self.start = start
        self.receipt = receipt
        self.outcome = outcome

    def fields(self) -> dict[str, Any]:
        """Names and values."""
        start, receipt = _parsed(self.start), _parsed(self.receipt)
        return {
            **read_common(start, receipt),
            "outcome": receipt.get("outcome", self.outcome),
            "finish_reason": receipt.get("finish_reason"),
            "finish_reason_raw": receipt.get("finish_reason_raw"),
            "unknown_events": receipt.get("unknown_events", 0),
            "first_token_ms": receipt.get("timings", {}).get("first_token_ms"),
        }

    def add_to(self, response: Response) -> None:
        """Makes them. What two threads add is equal, in one thread it is the same."""
        self.start, self.receipt = _parsed(self.start), _parsed(self.receipt)
        for name, value in self.fields().items():
            object.__setattr__(response, name, value)

    def set_on(self, draft: Any) -> None:
        """Makes those of a response that is not frozen yet."""
        for name, value in self.fields().items():
            setattr(draft, name, value)


def can_be_late() -> bool:
    """Not on Python 3.9, where `tried` has a value by default; nor where a draft cannot become a
    Response."""
    return "__slots__" in vars(Response) and not _draft.IS_FREE_THREADED


def _parsed(json: Json) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = parse(json) if isinstance(json, bytes) else json or {}
    return fields


Late.names = frozenset(Late(None, None, None).fields())
