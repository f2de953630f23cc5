"""Events that are looked at together bring what each of them alone would."""

from __future__ import annotations

import random
from typing import Any

import pytest

from liter_llm._library import END, LOG, REASONING, TEXT, TOOL_CALL, ffi, lib
from liter_llm._lone_texts import GROUP, MANY, LoneTexts
from liter_llm._receiver import ReadMode
from test_receiver import COMPLETE, StillClient, StillReceiver, make_receiver, received

LONE_BYTES_MAX: int = lib.LONE_BYTES_MAX
CALL = b'{"id": "1", "name": "look", "arguments": {}, "index": 0}'
TEXTS = ["a", "word ", "\r\n", "\n", "\r", "\0", "é", "\u4e2d\u6587", "\U0001f600", ""]
TEXTS += ["x" * size for size in (LONE_BYTES_MAX - 1, LONE_BYTES_MAX, LONE_BYTES_MAX + 1)]
TEXTS += ["é" * (LONE_BYTES_MAX // 2), "é" * (LONE_BYTES_MAX // 2 + 1)]
STREAMS = 5

Polled = tuple[int, int, bytes, list[int]]
"""Stream, kind, data, ends."""


def lone(number: int, text: str) -> Polled:
    data = text.encode()
    return number, TEXT, data, [len(data)]


def some(count: int, seed: int) -> list[Polled]:
    """Most are texts of one delta; one in six is something else."""
    choose = random.Random(seed)
    events: list[Polled] = []
    for _ in range(count):
        number = choose.randint(1, STREAMS + 1)  # nobody receives the last one
        other: list[Polled] = [
            (number, TEXT, "añb".encode(), [1, 3, 4]),
            (number, REASONING, b"thought", [7]),
            (number, TOOL_CALL, CALL, []),
            (0, LOG, b'{"message": "a line"}', []),
        ]
        events.append(choose.choice([lone(number, choose.choice(TEXTS))] * 20 + other))
    return events


def dispatch(client: StillClient, polled: list[Polled]) -> None:
    """As one poll."""
    held: list[Any] = []
    events = ffi.new("LlmEvent[]", len(polled))
    for place, (number, kind, data, ends) in enumerate(polled):
        held += [ffi.new("char[]", data), ffi.new("uint32_t[]", ends)]
        events[place] = {
            "stream": number,
            "kind": kind,
            "data": held[-2],
            "length": len(data),
            "ends": held[-1] if ends else ffi.NULL,
            "count": len(ends),
        }
    client._events[0] = events
    client._index, client._counts[:] = 0, [len(polled)]
    client.dispatch()


def make_receivers(mode: ReadMode) -> tuple[StillClient, list[StillReceiver]]:
    client = StillClient()
    return client, [make_receiver(mode, number, client) for number in range(1, STREAMS + 1)]


def outcome(receiver: StillReceiver) -> tuple[Any, ...]:
    return received(receiver), receiver.builder.response().text, receiver.delivered, receiver.wakes


@pytest.mark.parametrize("mode", ["tokens", "events", "whole"])
@pytest.mark.parametrize("count", [MANY - 1, MANY, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP + MANY])
def test_together_they_bring_the_same_as_one_by_one(mode, count):
    for seed in range(5):
        polled = some(count, seed)
        (together, those), (alone, these) = make_receivers(mode), make_receivers(mode)
        dispatch(together, polled)
        for event in polled:
            dispatch(alone, [event])
        assert [outcome(one) for one in those] == [outcome(one) for one in these]
        assert together.calls == alone.calls


def test_an_end_among_them_is_the_last_of_its_stream():
    client, receivers = make_receivers("tokens")
    ended, other = receivers[0], receivers[1]
    polled = [lone(1, "a"), lone(2, "b"), (1, END, COMPLETE, []), lone(2, "c")]
    dispatch(client, polled + [lone(2, "d")] * MANY)

    assert (received(ended), ended.ended) == (["a"], True)
    assert received(other) == ["b", "c", *"d" * MANY]


@pytest.mark.parametrize("at", [0, 3, GROUP - 1, GROUP, GROUP + 5])
def test_an_interrupt_ends_one_stream_and_loses_nothing_of_others(at):
    client = StillClient()
    count = GROUP + 10
    receivers = [make_receiver("tokens", number, client) for number in range(1, count + 1)]
    receivers[at].interrupts = 1
    with pytest.raises(KeyboardInterrupt):
        dispatch(client, [lone(number, f"text {number}") for number in range(1, count + 1)])
    client.dispatch()

    failed = [receiver.number for receiver in receivers if receiver.builder.failed]
    assert failed == [receivers[at].number]
    for receiver in receivers:
        assert received(receiver) == [f"text {receiver.number}"]


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xa9", b"a\xe4\xb8", b"\xadb"])
def test_what_is_not_utf_8_ends_its_own_stream_alone(broken):
    client, receivers = make_receivers("tokens")
    dispatch(client, [lone(1, "é"), (2, TEXT, broken, [len(broken)]), lone(3, "x")] * MANY)

    assert [receiver.builder.failed for receiver in receivers] == [False, True, False, False, False]
    assert [received(receiver) for receiver in receivers[:3]] == [["é"] * MANY, [], ["x"] * MANY]


def test_what_is_no_short_delta_of_text_has_no_text_here():
    longest = "x" * LONE_BYTES_MAX
    polled = [(1, REASONING, b"r", [1]), (2, TEXT, b"ab", [1, 2]), lone(3, longest + "x")]
    polled.append(lone(4, ""))
    client = StillClient()
    looked: list[Any] = []
    look_at = LoneTexts.look_at

    class Noting(LoneTexts):
        def look_at(self, events: Any, count: int) -> Any:
            looked.append(look_at(self, events, count))
            return looked[-1]

    client._lone = Noting()
    dispatch(client, polled * MANY)
    dispatch(client, [*polled, lone(5, longest), lone(2**64 - 1, "é")] * 2)
    assert looked == [
        ([], [], []),
        (
            ["", "", "", "", longest, "é"] * 2,
            [1, 2, 3, 4, 5, 2**64 - 1] * 2,
            [0, 0, 0, 0, LONE_BYTES_MAX, 2] * 2,
        ),
    ]
