"""Event loops: several, of several makes, closed at the wrong moment."""

from __future__ import annotations

import asyncio
import gc
import os
import threading

import pytest
import uvloop

import liter_llm
from loops import LOOPS, NoReaderLoop
from support import HANG, HELLO, REQUEST, stream, token


async def read(call) -> str:
    return "".join([piece async for piece in call])


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def native_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "liter_llm"]


def test_every_loop_reads_and_lets_go(mock, connect, loop):
    llm = connect(mock.plan(HELLO))

    async def several() -> list[str]:
        texts = await asyncio.gather(*(read(llm.invoke(REQUEST)) for _ in range(20)))
        response = await llm.invoke(REQUEST)
        await llm.aclose()
        return [*texts, response.text]

    assert loop.run_until_complete(several()) == ["Hello world"] * 21
    assert native_threads() == []


def test_cancel_reaches_the_provider_on_every_loop(mock, connect, loop):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)

    async def leave() -> None:
        async for _ in llm.invoke(REQUEST):
            break
        await loop.run_in_executor(None, lambda: mock.wait(key, closed=1))
        await llm.aclose()

    loop.run_until_complete(leave())


def test_loop_closed_while_tokens_arrive(mock, connect, make_loop, capfd, caplog):
    key = mock.new_key("tokens~100000~1")
    llm = connect(key)
    loop = make_loop()
    calls = [llm.invoke(REQUEST) for _ in range(5)]

    loop.run_until_complete(asyncio.wait_for(first_tokens(calls), 10))
    loop.close()
    mock.wait(key, closed=5)

    assert [call.response.outcome for call in calls] == ["cancelled"] * 5
    text = asyncio.run(read(connect(mock.plan(HELLO)).invoke(REQUEST)))
    assert text == "Hello world"
    for call in calls:
        call.cancel()
    del call, calls
    gc.collect()
    assert "".join(capfd.readouterr()) + caplog.text == ""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_loop_closed_while_tokens_arrive_two_hundred_times(mock, connect, make_loop, capfd, caplog):
    for _ in range(200):
        test_loop_closed_while_tokens_arrive(mock, connect, make_loop, capfd, caplog)


async def first_tokens(calls) -> None:
    for call in calls:
        await call.__anext__()


@pytest.mark.parametrize("make", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_descriptors_come_back(mock, connect, make):
    key = mock.plan(HELLO)
    llm = connect(key)

    def once(close: bool) -> None:
        loop = make()
        own = connect(key)
        loop.run_until_complete(read(llm.invoke(REQUEST)))
        loop.run_until_complete(read(own.invoke(REQUEST)))
        if close:
            loop.run_until_complete(own.aclose())
        loop.close()

    once(close=True)
    gc.collect()
    before = open_descriptors()
    for number in range(20):
        once(close=number % 2 == 0)
    gc.collect()

    # Idle connections are pooled by the core, which may keep a few.
    assert open_descriptors() - before <= 5


def test_a_dropped_client_lets_go_by_itself(mock):
    key = mock.plan(HELLO)

    async def use_and_drop() -> int:
        before = open_descriptors()
        for _ in range(10):
            llm = liter_llm.LiterLlm("openai", api_key="k", base_url=mock.base_url(key))
            assert await read(llm.invoke(REQUEST)) == "Hello world"
        del llm
        return open_descriptors() - before

    assert asyncio.run(use_and_drop()) <= 5


def test_a_stream_keeps_its_client_alive(mock):
    key = mock.plan(HELLO)

    async def chat() -> str:
        return await read(
            liter_llm.LiterLlm("openai", api_key="k", base_url=mock.base_url(key)).invoke(REQUEST)
        )

    assert asyncio.run(chat()) == "Hello world"


def test_several_loops_in_several_threads(mock, connect):
    llm = connect(mock.plan(HELLO))
    texts: list[str] = []

    def run(make) -> None:
        loop = make()
        for _ in range(10):
            texts.append(loop.run_until_complete(read(llm.invoke(REQUEST))))
        loop.close()

    threads = [threading.Thread(target=run, args=(make,)) for make in [*LOOPS.values()] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert texts == ["Hello world"] * 60


def test_cancel_and_close_from_another_thread(mock, connect):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)

    async def be_interrupted(interrupt) -> None:
        call = llm.invoke(REQUEST)
        threading.Thread(target=interrupt, args=(call,)).start()
        await read(call)

    def cancel(call) -> None:
        mock.wait(key, requests=1)
        call.cancel()

    def close(call) -> None:
        mock.wait(key, requests=2)
        llm.close()

    with pytest.raises(liter_llm.CancelledError):
        asyncio.run(be_interrupted(cancel))
    with pytest.raises(liter_llm.ClosedError):
        asyncio.run(be_interrupted(close))


def test_another_loop_may_not_read(mock, connect):
    llm = connect(mock.plan(stream(token("one"), HANG)))
    call = llm.invoke(REQUEST)
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    reader = call.__aiter__()
    first.run_until_complete(reader.__anext__())

    with pytest.raises(RuntimeError, match="another event loop"):
        second.run_until_complete(reader.__anext__())

    first.close()
    second.close()


def test_aclose_waits_for_the_thread_of_a_loop(mock, connect, monkeypatch):
    """The thread is slow to end, and has ended all the same."""
    from liter_llm._poll_thread import PollThreadClient

    ended = threading.Event()
    run = PollThreadClient._run

    def run_slowly(client: PollThreadClient) -> None:
        run(client)
        sum(range(3_000_000))
        ended.set()

    monkeypatch.setattr(PollThreadClient, "_run", run_slowly)
    llm = connect(mock.plan(HELLO))
    loop = NoReaderLoop()

    async def use() -> bool:
        await llm.invoke(REQUEST)
        client = llm._loop_clients[asyncio.get_running_loop()]
        call = client._release

        def release() -> None:
            call()
            released.append(ended.is_set())

        client._release = release
        await llm.aclose()
        return released == [True]

    released: list[bool] = []
    assert loop.run_until_complete(use())
    loop.close()
