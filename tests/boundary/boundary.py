"""One call through the C boundary, with ctypes: what it delivered and how it ended.

Owns the layout of the header's events; knows no provider. LITER_LLM_LIBRARY names another library
than the one that `make library` builds.
"""

from __future__ import annotations

import ctypes
import json
import os
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = os.environ.get("LITER_LLM_LIBRARY", str(ROOT / "build/lib/libliter_llm.so.0"))
STREAM = 1
OK = 0
START, TEXT, REASONING, TOOL_DELTA, TOOL_CALL, PART, END, LOG, VECTORS, RESULT = range(1, 11)


class RawEvent(ctypes.Structure):
    """LlmEvent of the header."""

    _fields_ = (
        ("stream", ctypes.c_uint64),
        ("kind", ctypes.c_uint32),
        ("error", ctypes.c_int32),
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("ends", ctypes.POINTER(ctypes.c_uint32)),
        ("count", ctypes.c_size_t),
    )


@dataclass
class Outcome:
    """All that one call delivered."""

    start: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    reasoning: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    vectors: list[bytes] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    receipt: dict[str, Any] = field(default_factory=dict)

    @property
    def result(self) -> dict[str, Any] | None:
        """The one of an operation that has one."""
        return self.results[-1] if self.results else None

    def floats(self, index: int) -> array[float]:
        """The numbers of one vector; the machine is little-endian, as every one we build for."""
        numbers = array("f")
        numbers.frombytes(self.vectors[index])
        return numbers


class Boundary:
    """The functions of the header that one call needs."""

    def __init__(self, library: str = LIBRARY) -> None:
        self._c = ctypes.CDLL(library)
        self._c.llm_last_error.restype = ctypes.c_char_p
        self._c.llm_client_poll.restype = ctypes.c_size_t
        self._c.llm_client_poll.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(ctypes.POINTER(RawEvent)),
        ]
        text = ctypes.c_char_p
        self._c.llm_client_start.argtypes = [ctypes.c_void_p, ctypes.c_uint64, text, text]
        self._c.llm_client_consumed.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t]
        self._c.llm_client_free.argtypes = [ctypes.c_void_p]
        self._c.llm_client_free.restype = None

    def call(self, options: dict[str, Any], request: dict[str, Any]) -> Outcome:
        """Plays one request with a client of its own, to its end."""
        client = ctypes.c_void_p()
        text = json.dumps(options).encode()
        self._check(self._c.llm_client_new(text, None, None, ctypes.byref(client)))
        try:
            text = json.dumps(request).encode()
            self._check(self._c.llm_client_start(client, STREAM, b"", text))
            outcome = Outcome()
            while not outcome.receipt:
                self._poll(client, outcome)
            return outcome
        finally:
            self._c.llm_client_free(client)

    def _check(self, error: int) -> None:
        if error != OK:
            raise AssertionError(self._c.llm_last_error().decode())

    def _poll(self, client: ctypes.c_void_p, outcome: Outcome) -> None:
        events = ctypes.POINTER(RawEvent)()
        count = self._c.llm_client_poll(client, -1, ctypes.byref(events))
        assert count > 0, "a poll waited for nothing"
        for event in events[:count]:
            data = ctypes.string_at(event.data, event.length)
            take(outcome, event, data)
            if event.stream:
                self._c.llm_client_consumed(client, event.stream, event.length)


def take(outcome: Outcome, event: RawEvent, data: bytes) -> None:
    """Adds one event."""
    if event.kind == TEXT:
        outcome.text += data.decode()
    elif event.kind == REASONING:
        outcome.reasoning += data.decode()
    elif event.kind == VECTORS:
        ends = event.ends[: event.count]
        assert ends[-1:] == [len(data)], "the last vector does not end its event"
        outcome.vectors += [data[begin:end] for begin, end in zip([0, *ends], ends)]
    elif event.kind == START:
        outcome.start = json.loads(data)
    elif event.kind == TOOL_CALL:
        outcome.tool_calls.append(json.loads(data))
    elif event.kind == PART:
        outcome.parts.append(json.loads(data))
    elif event.kind == RESULT:
        outcome.results.append(json.loads(data))
    elif event.kind == END:
        outcome.receipt = json.loads(data)
