"""The lifecycle that every language proves under the same names."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import uvloop

import liter_llm
from liter_llm import LlmError
from support import HANG, REQUEST, stream, token


async def read(call: liter_llm.Stream) -> list[str]:
    return [piece async for piece in call]


def test_echo(mock, connect):
    key = mock.plan({"answer": {"text": "Hello world"}})
    llm = connect(key)
    call = llm.invoke(REQUEST)

    tokens = asyncio.run(read(call))

    assert "".join(tokens) == "Hello world"
    assert call.response.text == "Hello world"
    assert (call.response.outcome, call.response.finish_reason) == ("complete", "stop")
    sent = mock.seen(key)["requests"][0]
    assert sent["body"]["messages"] == REQUEST["messages"]
    assert ["authorization", "Bearer test-key"] in [
        [name.lower(), value] for name, value in sent["headers"]
    ]


def test_order(mock, connect):
    pieces = [f"{number} é\u4e2d " for number in range(500)]
    key = mock.plan(stream(*map(token, pieces), {"finish": "stop"}, {"done": True}))
    llm = connect(key)

    async def several() -> list[list[str]]:
        return await asyncio.gather(*(read(llm.invoke(REQUEST)) for _ in range(8)))

    assert asyncio.run(several()) == [pieces] * 8
    assert list(llm.invoke(REQUEST)) == pieces


def test_cancel_ends_once(mock, connect):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)

    async def cancel_in_the_middle() -> tuple[list[str], list[LlmError]]:
        call = llm.invoke(REQUEST)
        reader = call.__aiter__()
        tokens, errors = [await reader.__anext__()], []
        call.cancel()
        call.cancel()
        for _ in range(2):
            try:
                tokens.append(await reader.__anext__())
            except LlmError as error:
                errors.append(error)
        assert call.response.outcome == "cancelled"
        return tokens, errors

    tokens, errors = asyncio.run(cancel_in_the_middle())

    assert tokens == ["one"]
    assert [error.kind for error in errors] == ["CANCELLED", "CANCELLED"]
    assert errors[0].partial is not None
    assert errors[0].partial.text == "one"
    mock.wait(key, closed=1)


def test_close_ends_all(mock, connect):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)

    async def close_in_the_middle() -> list[object]:
        readers = [llm.invoke(REQUEST).__aiter__() for _ in range(5)]
        assert [await reader.__anext__() for reader in readers] == ["one"] * 5
        waiting = [asyncio.ensure_future(reader.__anext__()) for reader in readers]
        await llm.aclose()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(close_in_the_middle())

    assert [type(result) for result in results] == [liter_llm.ClosedError] * 5
    mock.wait(key, closed=5)
    with pytest.raises(liter_llm.ClosedError, match="closed"):
        llm.invoke(REQUEST).complete()


def test_close_ends_all_threads(mock, connect):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)
    errors: list[LlmError] = []

    def read_in_thread() -> None:
        try:
            list(llm.invoke(REQUEST))
        except LlmError as error:
            errors.append(error)

    threads = [threading.Thread(target=read_in_thread) for _ in range(5)]
    for thread in threads:
        thread.start()
    mock.wait(key, requests=5)
    llm.close()
    for thread in threads:
        thread.join(5)

    assert [type(error) for error in errors] == [liter_llm.ClosedError] * 5
    mock.wait(key, closed=5)


WINDOW = 65_536
PIECE = 16_384
PIECES = 4000  # 64 MB in all, of which sockets may hold some


def plan_flood(mock) -> str:
    flood = {"repeat": PIECES, "actions": [token("x" * PIECE)]}
    return mock.plan(stream(flood, {"finish": "stop"}, {"done": True}))


def check_bounded(mock, key: str, call: liter_llm.Stream) -> None:
    mock.never(key, bytes=PIECES * PIECE // 4)
    assert len(call.response.text) <= WINDOW + 2 * PIECE


def test_unread_is_bounded(mock, connect):
    key = plan_flood(mock)
    llm = connect(key, stream_window_bytes=WINDOW)

    async def read_one_then_all() -> int:
        call = llm.invoke(REQUEST)
        reader = call.__aiter__()
        await reader.__anext__()
        await asyncio.to_thread(check_bounded, mock, key, call)
        return 1 + len([None async for _ in reader])

    assert asyncio.run(read_one_then_all()) == PIECES


def test_unread_is_bounded_without_a_loop(mock, connect):
    key = plan_flood(mock)
    call = connect(key, stream_window_bytes=WINDOW).invoke(REQUEST)
    reader = iter(call)

    next(reader)

    check_bounded(mock, key, call)
    assert 1 + len(list(reader)) == PIECES


def many_streams(mock, connect, count, tokens, interval_ms, run=asyncio.run) -> None:
    key = mock.new_key(f"tokens~{tokens}~{interval_ms}")
    llm = connect(key)

    async def all_at_once() -> list[int]:
        async def one() -> int:
            return len([None async for _ in llm.invoke(REQUEST)])

        return await asyncio.gather(*(one() for _ in range(count)))

    begin = time.thread_time()
    counts = run(all_at_once())
    spent_us = (time.thread_time() - begin) * 1e6

    assert counts == [tokens] * count
    # Measured: 280 us for a stream of 50 tokens. Wall time would be that of the whole machine.
    assert spent_us < count * (500 + 12 * tokens)


def test_five_hundred_streams(mock, connect):
    many_streams(mock, connect, 500, 20, 100)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_ten_thousand_streams(mock, connect, run):
    many_streams(mock, connect, 10_000, 50, 200, run)
