"""From a polled event to its reader: order, the one END, and what a later core may send."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

import liter_llm
from liter_llm import End, LlmError, Part, Reasoning, Start, Text
from liter_llm._library import END, PART, START, TEXT, check_abi, ffi, lib
from liter_llm._native_client import NativeClient, Receiver
from liter_llm._receiver import ReadMode
from liter_llm._request import Fields
from support import REQUEST, as_coroutine, run_python, stream, token

# ---- dispatch alone: events as the core would write them


MODES: list[ReadMode] = ["tokens", "events", "whole"]


class StillClient(NativeClient["StillReceiver"]):
    """Has no native client; takes note of what would reach it."""

    def __init__(self) -> None:
        super().__init__(16)
        self.calls: list[tuple[Any, ...]] = []

    def cancel(self, number: int) -> None:
        self.calls.append(("cancel", number))

    def consumed(self, number: int, size: int) -> None:
        self.calls.append(("consumed", number, size))


class StillReceiver(Receiver):
    """Counts how often its reader is woken."""

    __slots__ = ("interrupts", "wakes")

    client: StillClient

    def wake(self) -> None:
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        self.wakes += 1


def received(receiver):
    """What its reader would take."""
    return receiver.items[::-1]


def make_receiver(
    mode: ReadMode = "events",
    number: int = 7,
    client: StillClient | None = None,
    make_builder: Any = None,
) -> StillReceiver:
    client = client or StillClient()
    receiver = StillReceiver(mode, client, None, True, make_builder)
    receiver.number = number
    receiver.wakes = receiver.interrupts = 0
    client.receivers[number] = receiver
    return receiver


def deliver(client: StillClient, kind: int, data: bytes, number: int = 7, **more: Any) -> None:
    held = ffi.new("char[]", data)
    ends = more.get("ends", [len(data)])
    held_ends = ffi.new("uint32_t[]", ends)
    event = {
        "stream": number,
        "kind": kind,
        "error": more.get("error", 0),
        "data": held,
        "length": len(data),
        "ends": held_ends if kind in (TEXT, lib.LLM_EVENT_REASONING) else ffi.NULL,
        "count": len(ends),
    }
    events = ffi.new("LlmEvent[]", [event])
    client._events[0] = events
    client._index, client._counts[:] = 0, [1]
    client.dispatch()


COMPLETE = json.dumps({"outcome": "complete", "finish_reason": "stop", "attempts": 1}).encode()
FAILED = json.dumps({"outcome": "failed", "error": {"kind": "NETWORK", "message": "late"}}).encode()


def test_end_is_delivered_once():
    receiver = make_receiver()
    client = receiver.client

    deliver(client, TEXT, b"ab", ends=[1, 2])
    deliver(client, END, COMPLETE)
    deliver(client, END, FAILED, error=11)
    deliver(client, TEXT, b"late")

    assert client.receivers == {}
    assert [type(item) for item in received(receiver)] == [Text, Text, End]
    assert (receiver.ended, receiver.builder.failed) == (True, False)
    assert receiver.builder.response().outcome == "complete"
    assert receiver.builder.response().text == "ab"


@pytest.mark.parametrize("kind", [TEXT, lib.LLM_EVENT_REASONING])
@pytest.mark.parametrize("count", [1, 2, 31, 32, 200])
@pytest.mark.parametrize("piece", ["", "a", "b\r\n", "\n\r\0", "é", "\U0001f600x"])
def test_a_run_is_cut_where_the_library_says(kind, count, piece):
    deltas = ["first", *[piece * (index % 3) for index in range(1, count)]]
    ends = list(itertools.accumulate(len(delta.encode()) for delta in deltas))
    for mode in MODES[:2]:
        receiver = make_receiver(mode)
        deliver(receiver.client, kind, "".join(deltas).encode(), ends=ends)
        wrap = {"tokens": str, "events": Text if kind == TEXT else Reasoning}[mode]
        is_read = mode == "events" or kind == TEXT
        assert received(receiver) == ([wrap(delta) for delta in deltas] if is_read else [])


def test_end_of_a_failure_is_its_error_alone():
    receiver = make_receiver()
    deliver(receiver.client, TEXT, b"ab")
    deliver(receiver.client, END, FAILED, error=11)
    assert received(receiver) == [Text("ab")]
    assert (receiver.builder.error().kind, receiver.builder.failed) == ("NETWORK", True)


def test_an_interrupted_end_is_made_up_for():
    """Ctrl-C while the reader is woken: it is woken again, and what it got stays as it is."""
    receiver = make_receiver()
    client = receiver.client
    receiver.interrupts = 1

    with pytest.raises(KeyboardInterrupt):
        deliver(client, END, COMPLETE)

    assert (receiver.wakes, receiver.ended, client.receivers) == (1, True, {})
    assert receiver.builder.response().outcome == "complete"


def test_a_thread_that_was_half_woken_is_woken(connect, mock):
    """The note that it sleeps is gone, its lock was not released: Ctrl-C came in between."""
    llm = connect(mock.plan({"answer": {"text": "Hello"}}))
    receiver = llm._open_on_thread("tokens", Fields("", LlmError, {}))
    receiver.sleeping = False
    receiver.fail("INTERNAL", "the delivery of an event was interrupted")
    assert receiver.sleep(0)


def test_end_is_delivered_once_through_the_core(mock, connect):
    """And is the last event; a reader that goes on gets nothing, or the same error again."""
    llm = connect(mock.plan({"answer": {"text": "Hello world"}}))

    async def read() -> list[object]:
        reader = llm.invoke(REQUEST).events()
        events = [event async for event in reader]
        for _ in range(3):
            with pytest.raises(StopAsyncIteration):
                await reader.__anext__()
        assert not llm._loop_clients[asyncio.get_running_loop()].receivers
        return events

    reader = llm.invoke(REQUEST).events()
    for events in (asyncio.run(read()), list(reader)):
        assert [type(event) for event in events] == [Start, Text, Text, End]
    assert list(reader) == []
    assert llm._blocking is not None
    assert llm._blocking.receivers == {}


def test_a_number_leads_to_its_own_stream():
    client = StillClient()
    first, second = make_receiver(number=1, client=client), make_receiver(number=2, client=client)

    deliver(client, TEXT, b"one", 1)
    deliver(client, TEXT, b"two", 2)
    deliver(client, END, COMPLETE, 1)

    assert received(first)[:1] == [Text("one")]
    assert received(second) == [Text("two")]
    assert list(client.receivers) == [2]
    assert (first.ended, second.ended) == (True, False)


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x80\x3f", b'{"a":1}', b"[1", b"\xff"])
@pytest.mark.parametrize("kind", [0, 9, 10, 4_294_967_295])
def test_unknown_events_are_ignored(kind, data):
    """Whatever their data is: vectors of a later core are no JSON. They count for the window."""
    receiver = make_receiver()
    client = receiver.client

    deliver(client, TEXT, b"before")
    deliver(client, kind, data)
    deliver(client, kind, data, number=99)
    deliver(client, PART, b'{"type":"new_to_us","field":1}')
    deliver(client, TEXT, b"after")
    deliver(client, END, COMPLETE)

    new = Part("new_to_us", {"type": "new_to_us", "field": 1})
    assert received(receiver)[:-1] == [Text("before"), new, Text("after")]
    assert not receiver.builder.failed
    assert receiver.delivered == len("before") + len(data) + 30 + len("after")


def test_an_event_that_cannot_be_read_ends_its_stream_alone():
    client = StillClient()
    broken, fine = make_receiver(number=1, client=client), make_receiver(number=2, client=client)

    deliver(client, PART, b"not json", 1)
    deliver(client, TEXT, b"x", 2)

    assert broken.builder.error().kind == "INTERNAL"
    assert client.calls == [("cancel", 1)]
    assert (broken.ended, fine.ended, list(client.receivers)) == (True, False, [2])


def test_the_reader_is_woken():
    """For text, for the end, and in every mode; for START only when events are read."""
    for mode in MODES:
        receiver = make_receiver(mode)
        client = receiver.client
        deliver(client, START, b"{}")
        deliver(client, TEXT, b"x")
        deliver(client, END, COMPLETE)
        assert receiver.wakes == (3 if mode == "events" else 2)


# ---- order of text and opaque blocks

THINKING = {"type": "thinking", "thinking": "Hm, é", "signature": "RXEr/w=="}
REDACTED = {"type": "redacted_thinking", "data": "ZGF0YQ=="}
LONG = ["é long " * 1000, "中 longer " * 4000]


def block(index: int, kind: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": index, "content_block": kind}
    ]
    events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
    return [*events, {"type": "content_block_stop", "index": index}]


def text_block(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block(index, {"type": "text", "text": ""}, *deltas)


def plan_blocks(mock) -> str:
    """Text, signed thinking, text, redacted thinking, long text, thinking again, text."""
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1}
    empty = {"type": "thinking", "thinking": "", "signature": ""}
    thinking = (
        empty,
        {"type": "thinking_delta", "thinking": THINKING["thinking"]},
        {"type": "signature_delta", "signature": THINKING["signature"]},
    )
    events = [
        {"type": "message_start", "message": {**message, "usage": usage}},
        *text_block(0, "one", " é"),
        *block(1, *thinking),
        *text_block(2, "two 🦀", " three"),
        *block(3, REDACTED),
        *text_block(4, *LONG),
        *block(5, *thinking),
        *text_block(6, "end"),
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    return str(mock.plan(stream(*({"sse": event} for event in events), {"chunk_end": True})))


ORDERED = [
    {"type": "text", "text": "one é"},
    THINKING,
    {"type": "text", "text": "two 🦀 three"},
    REDACTED,
    {"type": "text", "text": "".join(LONG)},
    THINKING,
    {"type": "text", "text": "end"},
]


async def read_on_loop(call: liter_llm.Stream) -> None:
    async for _ in call:
        pass


WAYS: dict[str, Callable[[liter_llm.Stream], Any]] = {
    "async_for": lambda call: asyncio.run(read_on_loop(call)),
    "await": lambda call: asyncio.run(as_coroutine(call)),
    "for": list,
    "events": lambda call: list(call.events()),
    "complete": lambda call: call.complete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_content_keeps_order(mock, connect, way):
    """In the response, in its message, and in the next request that carries the message."""
    key = plan_blocks(mock)
    llm = connect(key, provider="anthropic")
    call = llm.invoke({**REQUEST, "stream": True})

    WAYS[way](call)

    assert list(call.response.content) == ORDERED
    assert call.response.text == "".join(part["text"] for part in ORDERED if "text" in part)
    assert call.response.message == {"role": "assistant", "content": ORDERED}
    turns = [*REQUEST["messages"], call.response.message, *REQUEST["messages"]]
    llm.invoke({**REQUEST, "messages": turns}).complete()
    assert mock.seen(key)["requests"][1]["body"]["messages"][1]["content"] == ORDERED


def test_content_keeps_order_in_the_middle(mock, connect):
    """Asked for while the stream is running, and again at its end."""
    call = connect(plan_blocks(mock), provider="anthropic").invoke({**REQUEST, "stream": True})
    for event in call.events():
        if isinstance(event, Text):
            parts = list(call.response.content)
            texts = "".join(part["text"] for part in parts if "text" in part)
            assert texts == call.response.text
    assert list(call.response.content) == ORDERED


def test_short_runs_are_joined():
    """As objects of its own, a token of four bytes takes seventeen times its size."""
    receiver = make_receiver("whole")
    for number in range(30_000):
        deliver(receiver.client, TEXT, b"%04d" % (number % 10_000))

    assert len(receiver.builder.text) <= 16_384 / 4 + 30_000 * 4 / 16_384
    assert receiver.builder.response().text == "".join(f"{n % 10_000:04}" for n in range(30_000))


# ---- errors

PARTIAL = [
    (stream(token("so "), token("far"), {"chunk_end": True}), liter_llm.TruncatedError),
    (stream(token("so "), token("far"), {"sse": "{not json"}), liter_llm.ProtocolError),
    (
        stream(
            token("so "),
            token("far"),
            {"sse": {"error": {"message": "broken", "type": "server_error"}}},
        ),
        liter_llm.ProviderError,
    ),
]


@pytest.mark.parametrize(("step", "kind"), PARTIAL, ids=["cut", "not_json", "error_event"])
@pytest.mark.parametrize("way", WAYS)
def test_partial_is_attached(mock, connect, way, step, kind):
    call = connect(mock.plan(step)).invoke({**REQUEST, "stream": True})

    with pytest.raises(kind) as caught:
        WAYS[way](call)

    partial = caught.value.partial
    assert partial == call.response
    assert (partial.text, partial.provider, partial.attempts) == ("so far", "openai", 1)
    assert partial.outcome in ("truncated", "failed")


KINDS = [name[len("LLM_ERROR_") :] for name in dir(lib) if name.startswith("LLM_ERROR_")]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"OK"}))
def test_errors_map_to_classes(kind):
    """By the header's own list; the class is the one whose `kind` it is, and carries everything."""
    details = {
        "kind": kind,
        "message": "it failed",
        "status": 418,
        "code": "teapot",
        "provider": "openai",
        "retryable": True,
        "retry_after_ms": 1,
        "attempts": 2,
        "phase": "body",
        "timer": "idle",
        "request_id": "r",
        "maybe_executed": True,
        "detail": "<html>",
    }
    receiver = make_receiver()
    receipt = {"outcome": "failed", "error": details}
    number = getattr(lib, f"LLM_ERROR_{kind}")
    deliver(receiver.client, END, json.dumps(receipt).encode(), error=number)

    error = receiver.builder.error()

    camel = "".join(word.capitalize() for word in kind.split("_"))
    names = {f"{camel}Error", f"{camel}DeniedError"}
    assert type(error).__name__ in names
    assert isinstance(error, LlmError)
    assert (error.kind, str(error)) == (kind, "it failed")
    assert {name: getattr(error, name) for name in details if name != "message"} == {
        name: value for name, value in details.items() if name != "message"
    }


def test_warnings_of_the_start_and_of_the_end():
    receiver = make_receiver()
    client = receiver.client
    deliver(client, START, b'{"warnings":["top_p left out"]}')
    deliver(client, END, b'{"outcome":"complete","warnings":["no finish reason"]}')

    start, end = received(receiver)
    assert (start.warnings, end.warnings) == (("top_p left out",), ("no finish reason",))
    assert receiver.builder.response().warnings == ("top_p left out", "no finish reason")


def test_a_kind_of_a_later_core_is_an_llm_error():
    receiver = make_receiver()
    receipt = {"outcome": "failed", "error": {"kind": "NEW_TO_US", "message": "it failed"}}
    deliver(receiver.client, END, json.dumps(receipt).encode(), error=4711)
    assert type(receiver.builder.error()) is LlmError


# ---- the number of the header

STUB = """
import importlib.util, sys, types
from liter_llm import _native
real = _native.lib
class Lib:
    LLM_ABI_VERSION = int(sys.argv[1])
    def llm_abi_version(self): return int(sys.argv[2])
    def __getattr__(self, name): return getattr(real, name)
for name in [name for name in sys.modules if name.startswith("liter_llm")]:
    del sys.modules[name]
stub = types.ModuleType("liter_llm._native")
stub.ffi, stub.lib = _native.ffi, Lib()
sys.modules["liter_llm._native"] = stub
try:
    import liter_llm
except ImportError as error:
    print(error)
else:
    print("loaded")
"""


@pytest.mark.parametrize(
    ("header", "library", "loads"), [(1, 1, True), (1, 2, True), (3, 2, False), (41, 7, False)]
)
def test_abi_is_checked(header, library, loads):
    """A newer library has all that the header says; an older one has not."""
    ended = run_python(STUB, str(header), str(library))
    assert ended.stderr == ""
    if loads:
        assert ended.stdout == "loaded\n"
        check_abi(library, header)
        return
    assert f"version {header} of the header" in ended.stdout
    assert f"of version {library}" in ended.stdout
    with pytest.raises(ImportError, match=str(library)):
        check_abi(library, header)


@pytest.mark.parametrize("mode", MODES[:2])
def test_what_comes_later_is_taken_later(mode):
    """Runs and single events, whether or not the reader has taken those before."""
    receiver = make_receiver(mode)
    client, taken = receiver.client, []
    for run, ends in [(b"abc", [1, 2, 3]), (b"d", [1]), (b"ef", [1, 2]), (b"g", [1])]:
        deliver(client, TEXT, run, ends=ends)
        taken.append(receiver.items.pop())
    taken += received(receiver)
    assert "".join(getattr(item, "text", item) for item in taken) == "abcdefg"
