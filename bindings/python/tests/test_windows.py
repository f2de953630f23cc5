"""What is delivered is acknowledged: windows of every size, and what stays in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import liter_llm
from liter_llm import LlmError, Reasoning, Text, ToolCall
from support import HANG, REQUEST, STREAMED, run_python, stream, token

# What one read of the library brings at most.
READ_BYTES = 16 * 1024
WINDOWS = [1, 7, 100, 4096, 16_383]
PIECES = [f"{number} é中🦀 " + "x" * (number % 97) for number in range(500)]
THOUGHTS = [f"hm {number} " for number in range(300)]
WHOLE = "".join(PIECES)
REASONING = '{"choices":[{"index":0,"delta":{"reasoning_content":"%s"}}]}'
# Thoughts come first, between and last: who reads text is not woken for them, and acknowledges.
STREAM = stream(
    *({"sse": REASONING % thought} for thought in THOUGHTS[:100]),
    *map(token, PIECES[:250]),
    *({"sse": REASONING % thought} for thought in THOUGHTS[100:200]),
    *map(token, PIECES[250:]),
    *({"sse": REASONING % thought} for thought in THOUGHTS[200:]),
    {"finish": "stop"},
    {"done": True},
    {"chunk_end": True},
)


async def tokens_on_loop(call: liter_llm.Stream) -> list[str]:
    return [piece async for piece in call]


async def events_on_loop(call: liter_llm.Stream) -> list[str]:
    return [event.text async for event in call.events() if isinstance(event, Text)]


async def whole_on_loop(call: liter_llm.Stream) -> list[str]:
    return [(await call).text]


def on_loop(read: Any) -> Any:
    return lambda call: asyncio.run(read(call))


WAYS = {
    "async_for": on_loop(tokens_on_loop),
    "async_events": on_loop(events_on_loop),
    "await": on_loop(whole_on_loop),
    "for": list,
    "events": lambda call: [e.text for e in call.events() if isinstance(e, Text)],
    "complete": lambda call: [call.complete().text],
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("collect", [True, False], ids=["collect", "drop"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("window", WINDOWS)
def test_small_windows(mock, connect, window, way, collect):
    timers = {"idle_timeout_ms": 5000, "first_token_timeout_ms": 5000}
    llm = connect(mock.plan(STREAM), stream_window_bytes=window, collect=collect, **timers)
    call = llm.invoke(STREAMED)

    pieces = WAYS[way](call)

    whole = way in ("await", "complete")
    assert "".join(pieces) == ("" if whole and not collect else WHOLE)
    if not whole:
        assert pieces == PIECES
    assert (call.response.outcome, call.response.collected) == ("complete", collect)
    assert call.response.text == (WHOLE if collect else "")
    assert call.response.reasoning == ("".join(THOUGHTS) if collect else "")


def acknowledged(monkeypatch) -> list[int]:
    """The bytes of every acknowledgement from now on."""
    from liter_llm._native_client import NativeClient

    sizes: list[int] = []
    consumed = NativeClient.consumed

    def count(self: NativeClient, number: int, size: int) -> None:
        sizes.append(size)
        consumed(self, number, size)

    monkeypatch.setattr(NativeClient, "consumed", count)
    return sizes


@pytest.mark.parametrize("way", WAYS)
def test_acknowledges_what_was_read(mock, connect, monkeypatch, way):
    """No more bytes than came, in steps that are worth a call. What came together with END, up to
    a read of the socket, is not among them: its stream needs no room any more."""
    sizes = acknowledged(monkeypatch)
    llm = connect(mock.plan(STREAM), stream_window_bytes=4096)
    call = llm.invoke(STREAMED)

    WAYS[way](call)

    receiver = call._invocation.receiver
    assert receiver is not None
    text_bytes = len(WHOLE.encode()) + len("".join(THOUGHTS))
    assert receiver.delivered - 1024 < text_bytes < receiver.delivered, "all but START is text"
    assert 0 <= receiver.delivered - sum(sizes) < 4096 + 1024 + READ_BYTES
    assert receiver.delivered > 4096 + 1024 + READ_BYTES, "some of it is"
    assert min(sizes) >= 4096 // 4


def test_what_is_not_read_is_not_acknowledged(mock, connect, monkeypatch):
    sizes = acknowledged(monkeypatch)
    llm = connect(mock.plan(stream(*map(token, PIECES), HANG)), stream_window_bytes=4096)
    call = llm.invoke(STREAMED)

    next(call)
    assert sizes == []
    call.cancel()


@pytest.mark.parametrize("way", ["loop", "thread"])
def test_what_is_awaited_is_not_kept_for_a_reader_too(mock, connect, way):
    """The rest of a stream that was begun as tokens: it is in the response and nowhere else."""
    call = connect(mock.plan(STREAM)).invoke(STREAMED)

    async def first_and_rest() -> str:
        await call.__anext__()
        return (await call).text

    if way == "loop":
        text = asyncio.run(first_and_rest())
    else:
        next(call)
        text = call.complete().text

    assert text == WHOLE
    assert not call._invocation.receiver.items


CALL = '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function",'
CALL += '"function":{"name":"look","arguments":"{}"}}]}}]}'
REFUSAL = '{"choices":[{"index":0,"delta":{"refusal":"I may not"}}]}'
EVERYTHING = stream(
    {"sse": REASONING % "hm"}, token("a"), {"sse": REFUSAL}, {"sse": CALL}, {"chunk_end": True}
)


@pytest.mark.parametrize("of", ["client", "call", "request"])
@pytest.mark.parametrize("way", ["loop", "thread"])
def test_collect_false_keeps_nothing(mock, connect, way, of):
    """The reader gets all of it; what stays is how it began and ended."""
    key = mock.plan(EVERYTHING)
    off = {"collect": False}
    llm = connect(key, **(off if of == "client" else {}))
    request = {**STREAMED, **(off if of == "request" else {})}
    call = llm.invoke(request, **(off if of == "call" else {}))

    events, error = asyncio.run(all_events(call)) if way == "loop" else all_events_without(call)

    assert {Text, Reasoning, ToolCall} & set(map(type, events)) >= {Text, Reasoning}
    assert error.kind == "TRUNCATED"
    for response in (call.response, error.partial):
        assert response.collected is False
        assert (response.text, response.reasoning, response.refusal) == ("", "", None)
        assert (response.tool_calls, response.parts, response.blocks) == ((), (), ())
        assert (response.content, response.outcome, response.provider) == (
            (),
            "truncated",
            "openai",
        )
        with pytest.raises(RuntimeError, match="collect"):
            _ = response.message
    assert "collect" not in mock.seen(key)["requests"][0]["body"]


async def all_events(call: liter_llm.Stream) -> tuple[list[object], Any]:
    events: list[object] = []
    try:
        async for event in call.events():
            events.append(event)
    except LlmError as error:
        return events, error
    return events, None


def all_events_without(call: liter_llm.Stream) -> tuple[list[object], Any]:
    events: list[object] = []
    try:
        for event in call.events():
            events.append(event)
    except LlmError as error:
        return events, error
    return events, None


def test_collect_of_one_call_wins(mock, connect):
    llm = connect(mock.plan({"answer": {"text": "Hello world"}}), collect=False)
    assert llm.invoke(REQUEST).complete().text == ""
    response = llm.invoke(REQUEST, collect=True).complete()
    assert (response.text, response.collected) == ("Hello world", True)
    assert response.message["content"] == "Hello world"


def test_collect_is_true_or_false(mock, connect):
    key = mock.plan({"answer": {"text": "Hello world"}})
    with pytest.raises(liter_llm.ConfigError, match="collect: expected True or False, got str"):
        connect(key, collect="no").invoke(REQUEST).complete()
    with pytest.raises(liter_llm.InvalidRequestError, match="expected True or False, got int"):
        connect(key).invoke(REQUEST, collect=0).complete()
    assert mock.seen(key)["requests"] == []


# Resident memory is measured after a first tenth, when every buffer has had its size.
MEMORY = """
import asyncio, ctypes, sys, warnings
import liter_llm
warnings.filterwarnings("ignore", "`for` and complete", RuntimeWarning)  # on purpose

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

async def main(way, collect):
    llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1], collect=collect)
    call = llm.invoke({"model": "m", "messages": [{"role": "user", "content": "x"}]})
    size, before, most = 0, None, 0
    def look(text):
        nonlocal size, before, most
        size += len(text)
        if size > 4_000_000 and before is None:
            before = resident()
        if before is not None and size % 100_000 == 0:
            most = max(most, resident())
    if way == "loop":
        async for text in call:
            look(text)
    else:
        for text in call:
            look(text)
    text = call.response.text
    most = max(most, resident())
    content = call.response.content
    most = max(most, resident())
    del content
    ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system
    assert len(text) == (size if collect else 0)
    print(size, most - before, resident() - before)

asyncio.run(main(sys.argv[2], sys.argv[3] == "True"))
"""
TOKENS, TOKEN_BYTES = 600_000, 50
MEBIBYTE = 1024 * 1024


@pytest.mark.timeout(120)
@pytest.mark.parametrize("collect", [True, False], ids=["collect", "drop"])
@pytest.mark.parametrize("way", ["loop", "thread"])
def test_memory_is_what_was_asked_for(mock, way, collect):
    """30 MB of tokens: nothing of it stays, or all of it once, and twice while it is joined."""
    key = mock.plan({"tokens": TOKENS, "text": "t" * TOKEN_BYTES})

    ended = run_python(MEMORY, mock.base_url(key), way, str(collect), timeout=100)

    assert ended.stderr == ""
    size, most, stays = map(int, ended.stdout.split())
    assert size == TOKENS * TOKEN_BYTES
    if collect:
        assert most < 2 * size + MEBIBYTE
        assert stays < size + 4 * MEBIBYTE
    else:
        # The window, and what the allocators keep: 1 to 3 MiB, and flat over 600 MB of tokens.
        assert max(most, stays) < size / 5
