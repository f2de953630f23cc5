"""The rows of faults.json, the transports to the mock provider, and the verdict on one row.

The runners in Python and C share this; those in other languages have their own code for it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

KEY = "test-key-0123456789"
AT_ONCE = 8
# How many times as long a row may take: an emulated processor is slow.
SLOWER = float(os.environ.get("LITER_LLM_SLOWER", "1"))
PIECE = 8  # so many characters in a row of a secret must not be seen

Row = dict[str, Any]
Played = TypeVar("Played")


@dataclass(frozen=True)
class Transport:
    """Which port of the mock, and in which protocol the request must have come there."""

    name: str
    port: str
    version: str


TRANSPORTS = (
    Transport("http1", "http", "HTTP/1.1"),
    Transport("tls", "https_http1", "HTTP/1.1"),
    Transport("http2", "https", "HTTP/2"),
)


@dataclass(frozen=True, eq=False)
class Case:
    """A row on a transport."""

    number: int
    row: Row
    transport: Transport

    @property
    def name(self) -> str:
        """As every runner writes it: LITER_LLM_FAULTS=F12.http2 runs what contains that."""
        return f"{self.row['name']}.{self.transport.name}"

    def steps(self) -> list[dict[str, Any]]:
        """What the mock plays."""
        found: list[dict[str, Any]] = with_key(self.row["steps"])
        return found

    @property
    def is_operation(self) -> bool:
        """Whether it is about something beside chat."""
        return "operation" in self.row.get("request", {})

    def address(self, place: str) -> str:
        """The base URL; the mock's own is that of OpenAI's API."""
        return place.removesuffix("/v1") + str(self.row.get("base_path", "/v1"))

    def options(self) -> dict[str, Any]:
        """Those of the client that the row needs."""
        found: dict[str, Any] = self.row.get("options", {})
        return found

    def request(self, message: str, place: str = "") -> dict[str, Any]:
        """The request of the call, with the base URL where it needs that again."""
        messages = [{"role": "user", "content": message}]
        own = json.loads(
            json.dumps(with_key(self.row.get("request", {}))).replace("{base_url}", place)
        )
        if self.is_operation:
            model = {} if own["operation"] == "models" else {"model": "test-model"}
            return {**model, **own}
        return {"model": "test-model", "messages": messages, "stream": True, **own}


@dataclass
class Observed:
    """The outcome of a call, in the terms of the rows; what a runner cannot know is absent."""

    fields: dict[str, Any]
    error: dict[str, Any] | None
    elapsed_ms: float
    shown: str  # all that a program could print of it


def tried_of(attempts: Iterable[dict[str, Any]]) -> list[list[Any]]:
    """The attempts that a receipt or an error lists, as the rows have them."""
    names = ("provider", "model", "kind", "status")
    return [
        [*(attempt.get(name) for name in names), attempt["maybe_executed"]] for attempt in attempts
    ]


def with_key(document: Any) -> Any:
    return json.loads(json.dumps(document).replace("{key}", KEY))


def all_rows() -> list[Row]:
    """The one list, which the mock provider parses too."""
    rows: list[Row] = json.loads(Path(__file__).with_name("faults.json").read_text())
    return rows


def cases(transports: Iterable[Transport] = TRANSPORTS, operations: bool = False) -> list[Case]:
    """The cases that apply to their transport, and that are wanted; those of operations beside
    chat only for a runner that can play them."""
    rows = all_rows()
    all_of_them = [
        Case(number, row, transport) for transport in transports for number, row in enumerate(rows)
    ]
    wanted = os.environ.get("LITER_LLM_FAULTS", "")
    return [
        case
        for case in all_of_them
        if wanted in case.name
        and (operations or not case.is_operation)
        and not (case.transport.name == "http2" and case.row.get("http1_only"))
    ]


@contextmanager
def played(
    of_them: Iterable[Played], play: Callable[[Played], list[str]]
) -> Iterator[dict[Played, Future[list[str]]]]:
    """Plays cases concurrently, because most of them wait; yields what was not as promised."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(play, case) for case in of_them}
        pool.shutdown(cancel_futures=True)


def cancel_as_told(case: Case, wait: Callable[..., object], cancel: Callable[[], object]) -> None:
    """Cancels from another thread once the mock has seen what a row about cancel waits for."""
    if "cancel_when" not in case.row:
        return
    name, value = case.row["cancel_when"].split("=")

    def run() -> None:
        try:
            wait(**{name: value})
        finally:
            cancel()

    threading.Thread(target=run, daemon=True).start()


def differences(case: Case, observed: Observed, seen: dict[str, Any], host: str) -> list[str]:
    """What is not as the row promises, in the response and in what the mock has seen."""
    expected = case.row["expected"]
    wanted: dict[str, Any] = {"warnings": [], **expected}
    found = [
        f"{name}: {wanted[name]!r} expected, not {got!r}"
        for name, got in observed.fields.items()
        if name in wanted and got != wanted[name]
    ]
    found += differences_of_error(expected.get("error"), observed.error)
    at_least, at_most = expected.get("at_least_ms", 0), expected.get("at_most_ms", 30_000) * SLOWER
    if not at_least <= observed.elapsed_ms <= at_most:
        found.append(f"took {observed.elapsed_ms:.0f} ms: {observed.error}")
    if not case.row.get("any_requests"):
        if seen["requests_count"] != expected["requests"]:
            found.append(f"requests: {expected['requests']} expected, not {seen['requests_count']}")
        found += [
            f"requested in {request['version']} at {request['place']}"
            for request in seen["requests"]
            if (request["version"], request["place"])
            != (case.transport.version, case.transport.port)
        ]
    secrets = {KEY, case.row.get("never", KEY).replace("{key}", KEY)}
    found += [f"shows {piece!r}" for secret in secrets for piece in pieces(secret, observed.shown)]
    part = case.row.get("message_has", "").replace("127.0.0.1", host)
    if part and (observed.error is None or part not in observed.error["message"]):
        found.append(f"message: {part!r} is not in {observed.error}")
    return found


def check(found: list[str]) -> None:
    """Fails a test, with one line per difference."""
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def differences_of_error(
    expected: dict[str, Any] | None, error: dict[str, Any] | None
) -> list[str]:
    """What is not as promised in an error; a field that is not known is absent or None."""
    if expected is None or error is None:
        return [] if error is expected else [f"error: {expected} expected, not {error}"]
    return [
        f"error.{name}: {wanted!r} expected, not {error.get(name)!r}"
        for name, wanted in expected.items()
        if error.get(name) != wanted
    ]


def pieces(secret: str, shown: str) -> list[str]:
    """The pieces of a secret that the text contains, in upper or lower case."""
    secret, shown = secret.lower(), shown.lower()
    starts = range(max(1, len(secret) - PIECE + 1))
    return [
        secret[start : start + PIECE] for start in starts if secret[start : start + PIECE] in shown
    ]
