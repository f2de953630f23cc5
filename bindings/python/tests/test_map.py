"""map(): many requests with a bounded number in flight, in both kinds of loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import liter_llm
from liter_llm import (
    ConfigError,
    InvalidArgumentError,
    InvalidRequestError,
    MapResult,
    RateLimitedError,
)
from liter_llm._blocking_client import BlockingReceiver
from support import HANG, REQUEST
from test_receiver import StillClient

HELLO = {"answer": {"text": "Hello world"}}
ROWS = {"bulk": {}}
BUSY = {"status": 429, "error": {"message": "slow down", "type": "requests"}}


def ask(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def asks(count: int) -> Iterator[dict[str, Any]]:
    return (ask(f"row {number}") for number in range(count))


def in_thread(results: liter_llm.Map) -> list[MapResult]:
    return list(results)


def in_loop(results: liter_llm.Map) -> list[MapResult]:
    async def read() -> list[MapResult]:
        return [result async for result in results]

    return asyncio.run(read())


both = pytest.mark.parametrize("read", [in_thread, in_loop])


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_every_request_has_one_result(mock, connect, read, ordered):
    key = mock.plan(ROWS)
    results = read(connect(key).map(asks(300), concurrency=20, ordered=ordered))

    assert sorted(result.index for result in results) == list(range(300))
    if ordered:
        assert [result.index for result in results] == list(range(300))
    for result in results:
        assert result.error is None
        assert result.request == ask(f"row {result.index}")
        assert result.response.text == f"answer to row {result.index}"
    rows = mock._call("GET", f"bulk/{key}")["rows"]
    assert set(map(tuple, rows.values())) == {(1, 0, 0, 1)}


@both
def test_errors_are_values(mock, connect, read):
    key = mock.plan(BUSY, HELLO)
    requests = [REQUEST, REQUEST, 7, {**REQUEST, "temperature": object()}, {"model": "m"}]
    results = read(connect(key).map(iter(requests), concurrency=1, ordered=True))

    kinds = [type(result.error) for result in results]
    assert kinds[:2] == [RateLimitedError, type(None)]
    assert kinds[2:] == [InvalidRequestError] * 3
    assert "expected a dict" in str(results[2].error)
    assert "temperature" in str(results[3].error)
    assert [result.response is None for result in results] == [True, False, True, True, True]
    assert all(result.error is None or result.error.__traceback__ is None for result in results)


@both
def test_operations_are_known_by_their_fields(mock, connect, read):
    llm = connect(mock.plan(HELLO), provider="jina")
    requests: list[Any] = [
        {"model": "m", "input": ["one", "two"], "dimensions": 4},
        {"model": "m", "query": "red", "documents": ["dog", "red fox"]},
        {"model": "m", "input": "one", "operation": "embed"},
    ]
    embedded, ranked, named = read(llm.map(requests, ordered=True))

    assert (embedded.response.count, embedded.response.dimensions) == (2, 4)
    assert ranked.response.results[0].document == "red fox"
    assert named.response.count == 1


@both
def test_in_order_a_slow_row_holds_up_a_bounded_number(mock, connect, read):
    """The first row is answered last, when the input has been read as far as it may be."""
    key = mock.plan(HELLO)
    slow = mock.plan({"raw": [{"await": "go"}, {"close": True}]})
    requested: list[int] = []

    def requests() -> Iterator[Any]:
        yield {**REQUEST, "base_url": mock.base_url(slow)}
        for number in range(1, 40):
            requested.append(number)
            if number == 15:  # four for each of the four slots
                mock.signal(slow, "go")
            yield REQUEST

    results = read(connect(key).map(requests(), concurrency=4, ordered=True))

    assert [result.index for result in results] == list(range(40))
    assert results[0].error is not None
    assert len(requested) == 39


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_no_more_are_in_flight_than_was_said(mock, connect, read, ordered):
    key = mock.plan({"raw": [{"await": "go"}, {"close": True}]})
    seen: list[Any] = []

    def watch() -> None:
        try:
            mock.wait(key, requests=3)
            seen.append(mock.never(key, requests=4, timeout_ms=300))
        finally:
            mock.signal(key, "go")

    watcher = threading.Thread(target=watch)
    watcher.start()
    results = read(connect(key).map(asks(9), concurrency=3, ordered=ordered))
    watcher.join()
    assert (len(results), len(seen)) == (9, 1)


@both
def test_the_input_is_not_read_ahead(mock, connect, read):
    taken = 0
    most_ahead = 0
    delivered = 0

    def requests() -> Iterator[Any]:
        nonlocal taken, most_ahead
        for request in asks(60):
            taken += 1
            most_ahead = max(most_ahead, taken - delivered)
            yield request

    llm = connect(mock.plan(ROWS))
    if read is in_thread:
        for _ in llm.map(requests(), concurrency=7):
            delivered += 1
    else:

        async def count() -> None:
            nonlocal delivered
            async for _ in llm.map(requests(), concurrency=7):
                delivered += 1
                await asyncio.sleep(0)

        asyncio.run(count())
    assert (delivered, most_ahead) == (60, 7)


class Counted(dict):  # type: ignore[type-arg]
    """A request whose life can be watched."""


@both
def test_memory_is_bounded(mock, connect, read):
    """Thousands of rows pass; of them only those in flight live."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Kept(Counted):
        __hash__ = object.__hash__

    def requests() -> Iterator[Any]:
        nonlocal most
        for number in range(3000):
            request = Kept(ask(f"row {number}"))
            alive.add(request)
            most = max(most, len(alive))
            yield request

    llm = connect(mock.plan(ROWS))
    gc.disable()  # what only the collector could free would count
    try:
        if read is in_thread:
            for result in llm.map(requests(), concurrency=25):
                assert result.error is None
        else:

            async def drain() -> None:
                async for result in llm.map(requests(), concurrency=25):
                    assert result.error is None

            asyncio.run(drain())
    finally:
        gc.enable()
    assert most <= 25 + 3


@both
@pytest.mark.timeout(240)
def test_a_million_rows_are_read_lazily(connect, read):
    """None of these can be sent, so all of the time is the map's own."""
    alive = 0
    most = 0

    class Row:
        def __init__(self) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    count = 0

    def look(result: MapResult) -> None:
        nonlocal count
        assert type(result.error) is InvalidRequestError
        count += 1

    llm = connect("unused")
    rows = (Row() for _ in range(1_000_000))
    if read is in_thread:
        for result in llm.map(rows, concurrency=10):
            look(result)
    else:

        async def look_at_all() -> None:
            async for result in llm.map(rows, concurrency=10):
                look(result)

        asyncio.run(look_at_all())
    assert count == 1_000_000
    assert most <= 12


@both
def test_leaving_the_loop_cancels_what_is_in_flight(mock, connect, read):
    """The first row fails when all five are at the provider."""
    key = mock.plan({"raw": [{"await": "go"}, {"close": True}]}, {"raw": [HANG]})
    llm = connect(key)
    release = threading.Thread(target=lambda: (mock.wait(key, requests=5), mock.signal(key, "go")))
    release.start()
    if read is in_thread:
        for _ in llm.map(asks(100), concurrency=5):
            break
        mock.wait(key, closed=4)
    else:

        async def leave() -> None:
            async for _ in llm.map(asks(100), concurrency=5):
                break
            await asyncio.to_thread(mock.wait, key, closed=4)

        asyncio.run(leave())
    release.join()
    assert mock.seen(key)["requests_count"] == 5


def test_a_cancelled_task_cancels_what_is_in_flight(mock, connect):
    key = mock.plan({"raw": [HANG]})

    async def run() -> None:
        async def read() -> None:
            async for _ in connect(key).map(asks(100), concurrency=3):
                pass

        task = asyncio.create_task(read())
        await asyncio.to_thread(mock.wait, key, requests=3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert mock.wait(key, closed=3)["requests_count"] == 3


def test_requests_may_come_from_an_async_iterable(mock, connect, loop):
    """Results are delivered while the input has nothing."""
    arrived: list[asyncio.Event] = []

    async def requests() -> AsyncIterator[Any]:
        yield ask("first")
        arrived.append(asyncio.Event())  # on the loop, as Python 3.9 needs
        await arrived[0].wait()
        yield ask("second")

    async def read() -> list[str]:
        texts = []
        async for result in connect(mock.plan(ROWS)).map(requests()):
            texts.append(result.response.text)
            arrived[0].set()
        return texts

    assert loop.run_until_complete(read()) == ["answer to first", "answer to second"]


def test_leaving_stops_an_async_input(mock, connect):
    stopped = False

    async def requests() -> AsyncIterator[Any]:
        nonlocal stopped
        yield ask("first")
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            stopped = True

    async def read() -> None:
        async for _ in connect(mock.plan(ROWS)).map(requests()):
            break
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert stopped  # and not only when the loop ends

    asyncio.run(read())


@both
def test_an_input_that_raises_ends_after_its_rows(mock, connect, read):
    def requests() -> Iterator[Any]:
        yield from asks(3)
        raise OSError("the disk is gone")

    results = connect(mock.plan(ROWS)).map(requests())
    texts: list[str] = []

    async def read_in_loop() -> None:
        async for result in results:
            texts.append(result.response.text)

    with pytest.raises(OSError, match="the disk is gone"):
        if read is in_thread:
            for result in results:
                texts.append(result.response.text)
        else:
            asyncio.run(read_in_loop())
    assert sorted(texts) == ["answer to row 0", "answer to row 1", "answer to row 2"]


@both
def test_a_key_function_is_asked_for_each_row(mock, connect, read):
    asked = []

    def key() -> str:
        asked.append(threading.current_thread())
        if len(asked) == 2:
            raise LookupError("the vault is closed")
        return f"key-{len(asked)}"

    name = mock.plan(ROWS)
    results = read(connect(name, api_key=key).map(asks(4), concurrency=1, ordered=True))

    assert [type(result.error) for result in results] == [
        type(None),
        LookupError,
        type(None),
        type(None),
    ]
    assert len(asked) == 4


def test_maps_of_several_threads_share_a_client(mock, connect):
    llm = connect(mock.plan(ROWS))
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(list(llm.map(asks(200))))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert llm.invoke(ask("beside")).complete().text == "answer to beside"
    for thread in threads:
        thread.join()
    assert found == [200, 200, 200]


@both
def test_an_interrupt_cancels_what_is_in_flight(mock, connect, read):
    key = mock.plan({"raw": [HANG]})
    main = threading.main_thread().ident
    assert main is not None
    interrupt = threading.Thread(
        target=lambda: (mock.wait(key, requests=3), signal.pthread_kill(main, signal.SIGINT))
    )
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        read(connect(key).map(asks(9), concurrency=3))
    interrupt.join()
    assert mock.wait(key, closed=3)["requests_count"] == 3


def test_a_row_that_ended_before_it_was_watched_is_noticed():
    """Another thread may poll between its start and that."""
    client: Any = StillClient()
    receiver = BlockingReceiver("whole", client, None, collect=False)
    noticed: list[Any] = []

    receiver.fail("CLOSED", "it is over")
    receiver.watch(SimpleNamespace(notice=noticed.append))

    assert noticed == [receiver]


def test_closing_the_client_ends_every_row(mock, connect):
    key = mock.plan({"raw": [HANG]})
    llm = connect(key)
    results = iter(llm.map(asks(5), concurrency=2))
    closer = threading.Thread(target=lambda: (mock.wait(key, requests=2), llm.close()))
    closer.start()
    kinds = {type(result.error) for result in results}
    closer.join()
    assert kinds == {liter_llm.ClosedError}


def test_misuse_is_refused(connect):
    llm = connect("unused")
    with pytest.raises(InvalidArgumentError, match=r"concurrency: .* got 0"):
        llm.map([], concurrency=0)
    with pytest.raises(InvalidArgumentError, match=r"requests: .* got int"):
        llm.map(7)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match='option "timeout" is unknown'):
        llm.map([], timeout=3)  # type: ignore[call-arg]
    results = llm.map([])
    assert list(results) == []
    with pytest.raises(RuntimeError, match="read once"):
        list(results)

    async def nothing() -> AsyncIterator[Any]:
        return
        yield

    with pytest.raises(TypeError, match="use async for"):
        list(llm.map(nothing()))
