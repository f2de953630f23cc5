"""The answers of a script that are left: which of them a call gets, and which come back.

Calls go to native clients of their own, and an answer is for one attempt. So a call takes along
what its attempts will need: an answer that is retried takes the next one with it. What its attempts
did not need is put back before the next call takes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Union, cast

from ._answers import Answer, Plain, leads_to_fallback, may_be_retried, read_answer

if TYPE_CHECKING:
    from .._overrides import Asking

_CONDITIONS = frozenset(("model", "operation", "contains"))


class Entry:
    """An answer in its place, and the requests that it is for."""

    __slots__ = ("answer", "repeat", "when")

    def __init__(self, answer: Answer) -> None:
        self.when: Mapping[str, Any] = {}
        self.repeat = False
        self.answer: Union[dict[str, Any], Callable[[dict[str, Any]], Plain]]
        if callable(answer):
            self.answer = answer
            return
        fields = read_answer(answer)
        self.limit(fields.pop("when", None) or {}, bool(fields.pop("repeat", False)))
        self.answer = fields

    def limit(self, when: Mapping[str, Any], repeat: bool) -> None:
        """Says which requests it is for, and whether for more than one."""
        unknown = set(when) - _CONDITIONS
        if unknown:
            raise TypeError(f"when: {unknown.pop()!r} is none of model, operation and contains")
        self.when = when
        self.repeat = repeat

    def fits(self, request: Mapping[str, Any]) -> bool:
        """Whether it is for this request."""
        when = self.when
        return (
            ("model" not in when or names_model(request, when["model"]))
            and when.get("operation", request["operation"]) == request["operation"]
            and ("contains" not in when or when["contains"] in _last_text(request))
        )

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to this request."""
        if isinstance(self.answer, dict):
            return self.answer
        return read_answer(self.answer(request))

    def __repr__(self) -> str:
        shown = repr(self.answer)
        return shown if len(shown) <= 100 else f"{shown[:99]}…"


class Playlist:
    """Any thread may take."""

    def __init__(self) -> None:
        self._mutex = threading.RLock()
        self._left: dict[int, Entry] = {}  # by their numbers, in order
        self._count = 0
        self._taken: list[tuple[Asking, dict[int, Entry]]] = []

    def add(self, entry: Entry) -> None:
        """Adds one behind the others."""
        with self._mutex:
            self._left[self._count] = entry
            self._count += 1

    def take(
        self, call: Asking, requests: list[dict[str, Any]], attempts_max: int
    ) -> list[list[dict[str, Any]]]:
        """The answers for the attempts of a call, and for those of each of its fallbacks: requests
        are the call's own, and those fallbacks."""
        with self._mutex:
            self._settle()
            taken: dict[int, Entry] = {}
            found = [self._take_one(requests[0], attempts_max, taken)]
            for request in requests[1:]:
                if not found[-1] or not leads_to_fallback(found[-1][-1]):
                    break
                found.append(self._take_one(request, attempts_max, taken))
            if len(taken) > 1:
                self._taken.append((call, taken))
        return found + [[] for _ in requests[len(found) :]]

    def unused(self) -> list[Entry]:
        """Those that nobody got."""
        with self._mutex:
            self._settle()
            return [entry for entry in self._left.values() if not entry.repeat]

    def __len__(self) -> int:
        return self._count

    def _take_one(
        self, request: dict[str, Any], attempts_max: int, taken: dict[int, Entry]
    ) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        while len(answers) < attempts_max:
            number = next((n for n, entry in self._left.items() if entry.fits(request)), None)
            if number is None:
                break
            entry = self._left[number]
            if entry.repeat:
                return [*answers, {**self._read(entry, request), "repeat": True}]
            taken[number] = self._left.pop(number)  # before a function is asked, which may ask, too
            answers.append(self._read(entry, request))
            if not may_be_retried(answers[-1]):
                break
        return answers

    def _read(self, entry: Entry, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to this request. A function is asked without the mutex: it may wait for what
        another call does."""
        if isinstance(entry.answer, dict):
            return entry.answer
        self._mutex.release()
        try:
            return entry.read(request)
        finally:
            self._mutex.acquire()

    def _settle(self) -> None:
        """Puts back what ended calls did not need."""
        kept = []
        for call, taken in self._taken:
            receiver = call.receiver
            if receiver is None or not receiver.ended:
                kept.append((call, taken))
                continue
            receipt = receiver.builder.read_receipt()
            attempts = receipt.get("attempts", receipt.get("error", {}).get("attempts", 0))
            unused = dict(list(taken.items())[attempts:])
            self._left = dict(sorted({**self._left, **unused}.items()))
        self._taken = kept


def names_model(request: Mapping[str, Any], model: str) -> bool:
    """Whether a request is for this model, which may be written with its provider."""
    asked, provider = request.get("model", ""), request.get("provider", "")
    return model in (asked, f"{provider}/{asked}") or asked == f"{provider}/{model}"


def texts(request: Mapping[str, Any]) -> list[str]:
    """All text that a request has: of its messages, of inputs, documents and a query."""
    messages = [text_of(message.get("content")) for message in request.get("messages", ())]
    return messages + _other_texts(request)


def _other_texts(request: Mapping[str, Any]) -> list[str]:
    given = [request.get(name) for name in ("input", "query", "documents")]
    found = []
    for value in given:
        many = value if isinstance(value, list) else [] if value is None else [value]
        found += [text_of(one) for one in many]
    return found


def _last_text(request: Mapping[str, Any]) -> str:
    """What a condition looks into: the last message of the user, or what else is asked."""
    if request["operation"] not in ("chat", "count_tokens"):
        return "\n".join(_other_texts(request))
    messages = reversed(cast("list[dict[str, Any]]", request.get("messages", [])))
    of_user = (text_of(one.get("content")) for one in messages if one.get("role") == "user")
    return next(of_user, "")


def text_of(content: Any) -> str:
    """The text of a content, or of its parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            part["text"] for part in content if isinstance(part, dict) and "text" in part
        )
    return "" if content is None else str(content)
