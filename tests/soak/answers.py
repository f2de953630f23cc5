"""What the mock plays in a soak, and how each of it has to end.

Every response is a text of its own: pieces that name their place, each with a checksum of all text
before it, so that no piece of one response fits another place or another response. A program
compares what comes with the text byte for byte; only the whole text is a success.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support import HANG, HEAD, Mock, token

OK, RATE_LIMITED, OVERLOADED, PROVIDER, NETWORK = 0, 7, 9, 10, 11
TIMEOUT, PROTOCOL, TRUNCATED = 13, 14, 15
# Plain HTTP/1.1, HTTP/1.1 over TLS, HTTP/2: ports of the mock by its own names.
PLACES = ("http", "https_http1", "https")
PIECES, PAUSE_MS = 40, 100
LONG_PIECE = 4096
# So many faults are in a plan; the runner sets plans anew before that many requests have come.
TURNS = 150

Step = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of response."""

    name: str
    weight: int
    ends: tuple[int, ...]
    """The error numbers that its END may carry when nobody cancels it."""
    played: str
    """Which function of this file plays it."""
    providers: tuple[str, ...] = ("openai",)
    request: dict[str, Any] = field(default_factory=dict)


KINDS = (
    Kind("whole", 45, (OK,), "paced", ("openai", "anthropic")),
    Kind("flood", 2, (OK,), "flood"),
    Kind("unstreamed", 4, (OK,), "unstreamed", request={"stream": False}),
    Kind("cut", 6, (TRUNCATED, NETWORK), "cut", ("openai", "anthropic")),
    Kind("reset", 6, (TRUNCATED, NETWORK), "reset", ("openai", "anthropic")),
    Kind("unfinished", 5, (TRUNCATED,), "unfinished", ("openai", "anthropic")),
    Kind("rate_limited", 7, (OK, RATE_LIMITED), "rate_limited"),
    Kind("overloaded", 7, (OK, OVERLOADED, PROVIDER), "overloaded"),
    Kind("reset_first", 3, (OK, NETWORK), "reset_first"),
    Kind("stalled", 5, (TIMEOUT,), "stalled", request={"idle_timeout_ms": 500}),
    Kind("silent", 3, (TIMEOUT,), "silent", request={"headers_timeout_ms": 700}),
    Kind("error_inside", 4, (PROVIDER,), "error_inside"),
    Kind("not_json", 3, (PROTOCOL,), "not_json"),
)


@dataclass(frozen=True)
class Case:
    """One key of the mock, and what a program must know of it."""

    kind: Kind
    place: str
    provider: str
    key: str
    text: str
    """All text that it ever sends, whole or cut."""
    steps: tuple[Step, ...]

    def line(self, mock: Mock) -> str:
        """The line of the file that both programs read; fields are parted by tabs."""
        ends = self.kind.ends
        if self.place == "https":
            # A connection that is closed there takes its other streams along.
            ends = (*ends, NETWORK, TRUNCATED)
        request = {
            "model": "soak-model",
            "messages": [{"role": "user", "content": "hello"}],
            "base_url": f"{mock.places[self.place]}/{self.key}/v1",
            **self.kind.request,
        }
        marks = ",".join(str(number) for number in sorted(set(ends)))
        fields = (self.kind.name, self.place, str(self.kind.weight), marks, self.provider)
        return "\t".join((*fields, json.dumps(request), self.text))


def pieces_of(key: str, count: int, length: int = 0) -> list[str]:
    """The pieces of a text: each has the key, its number, the checksum of the text before it."""
    pieces: list[str] = []
    before = 0
    for index in range(count):
        piece = f"{key}.{index:03d}.{before:08x}\u00e9\u20ac ".ljust(length, "x")
        before = zlib.crc32(piece.encode(), before)
        pieces.append(piece)
    return pieces


def paced(pieces: list[str], place: str) -> list[Step]:
    """A whole response at the pace of a model."""
    return [{"raw": [HEAD, *_tokens(pieces), *_ENDING]}]


def flood(pieces: list[str], place: str) -> list[Step]:
    """A whole response as fast as the program reads, longer than a window."""
    return [{"raw": [HEAD, {"start": True}, *map(token, pieces), *_ENDING]}]


def unstreamed(pieces: list[str], place: str) -> list[Step]:
    """One JSON document."""
    return [{"answer": {"text": "".join(pieces)}}]


def cut(pieces: list[str], place: str) -> list[Step]:
    """The connection is closed within the response; over HTTP/2 only now and then."""
    ending: Step = {"close": True}
    once = {"raw": [HEAD, *_tokens(pieces), ending]}
    reset = {"raw": [HEAD, *_tokens(pieces), {"reset": True}], "times": TURNS}
    return [once, reset] if place == "https" else [once]


def reset(pieces: list[str], place: str) -> list[Step]:
    """RST, or RST_STREAM, within the response."""
    return [{"raw": [HEAD, *_tokens(pieces), {"reset": True}]}]


def unfinished(pieces: list[str], place: str) -> list[Step]:
    """A clean end without finish reason and end mark."""
    return [{"raw": [HEAD, *_tokens(pieces), {"chunk_end": True}]}]


def rate_limited(pieces: list[str], place: str) -> list[Step]:
    """429 in turn with a whole response."""
    headers = [["retry-after-ms", "200"]]
    return _in_turn({"status": 429, "headers": headers, "error": {"message": "slow down"}}, pieces)


def overloaded(pieces: list[str], place: str) -> list[Step]:
    """503 in turn with a whole response."""
    return _in_turn({"status": 503, "error": {"message": "overloaded"}}, pieces)


def reset_first(pieces: list[str], place: str) -> list[Step]:
    """A reset before the response in turn with a whole response."""
    return _in_turn({"before_request": [{"reset": True}]}, pieces)


def stalled(pieces: list[str], place: str) -> list[Step]:
    """Silence within the response, until the client goes."""
    return [{"raw": [HEAD, {"start": True}, *map(token, pieces), HANG]}]


def silent(pieces: list[str], place: str) -> list[Step]:
    """No response at all."""
    return [{"raw": [HANG]}]


def error_inside(pieces: list[str], place: str) -> list[Step]:
    """Text, then an error event, then a proper end."""
    event = {"sse": {"error": {"message": "the server had an error", "type": "server_error"}}}
    ending = [event, {"done": True}, {"chunk_end": True}]
    return [{"raw": [HEAD, *_tokens(pieces), *ending]}]


def not_json(pieces: list[str], place: str) -> list[Step]:
    """Text, then an event that is no JSON, then a proper end."""
    return [{"raw": [HEAD, *_tokens(pieces), {"sse": '{"choices":[{"delta"'}, *_ENDING]}]


_ENDING: tuple[Step, ...] = ({"finish": "stop"}, {"done": True}, {"chunk_end": True})


def _tokens(pieces: list[str]) -> Iterator[Step]:
    yield {"start": True}
    for piece in pieces:
        yield token(piece)
        yield {"pause_ms": PAUSE_MS}


def _in_turn(fault: Step, pieces: list[str]) -> list[Step]:
    """For responses that are short: most of their time is the sleep before a retry."""
    return [fault, {"answer": {"text": "".join(pieces)}}] * TURNS


def every_case() -> list[Case]:
    """All kinds, from all places."""
    return [
        _case(kind, place, provider)
        for kind in KINDS
        for place in PLACES
        for provider in kind.providers
    ]


def _case(kind: Kind, place: str, provider: str) -> Case:
    key = f"soak-{kind.name}-{place}-{provider}"
    count, length = PIECES, 0
    if kind.name == "flood":
        length = LONG_PIECE
    elif OK not in kind.ends:
        count = PIECES // 2
    pieces = [] if kind.name == "silent" else pieces_of(key, count, length)
    steps = globals()[kind.played](pieces, place)
    return Case(kind, place, provider, key, "".join(pieces), tuple(steps))
