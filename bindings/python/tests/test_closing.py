"""Whoever leaves a stream, in whatever way, closes its connection and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

import liter_llm
from liter_llm._library import START, ffi, lib
from liter_llm._native_client import NativeClient
from liter_llm._request import SecretJson
from support import HANG, ONE_THEN_HANG, REQUEST, STREAMED, as_coroutine, stream

AT_ONCE_MS = 1000


async def by_wait_for(mock, key, call) -> None:
    waiting = asyncio.ensure_future(asyncio.wait_for(as_coroutine(call), 0.5))
    with pytest.raises(asyncio.TimeoutError):
        await waiting


async def by_task_cancel(mock, key, call) -> None:
    task = asyncio.ensure_future(as_coroutine(call))
    await asyncio.to_thread(mock.wait, key, requests=1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def by_task_group(mock, key, call) -> None:
    """A neighbour fails, and gather's caller gives up on the rest."""
    task = asyncio.ensure_future(as_coroutine(call))
    await asyncio.to_thread(mock.wait, key, requests=1)
    both = asyncio.gather(task, asyncio.sleep(3600))
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both


async def by_closed_coroutine(mock, key, call) -> None:
    """What a framework does that drives coroutines by hand and drops one."""
    coroutine = as_coroutine(call)
    coroutine.send(None)
    await asyncio.to_thread(mock.wait, key, requests=1)
    coroutine.close()


CANCELLED = [by_wait_for, by_task_cancel, by_task_group, by_closed_coroutine]


@pytest.mark.parametrize("step", [stream(HANG), ONE_THEN_HANG], ids=["silent", "begun"])
@pytest.mark.parametrize("leave", CANCELLED)
def test_awaited_call_cancelled_closes(mock, connect, leave, step):
    key = mock.plan(step)
    llm = connect(key)

    async def leave_and_wait() -> None:
        call = llm.invoke(STREAMED)
        await leave(mock, key, call)
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=AT_ONCE_MS)
        assert call.response.outcome == "cancelled"
        await asyncio.wait_for(llm.aclose(), 5)  # waits for whatever the table still has

    asyncio.run(leave_and_wait())


def test_awaited_call_cancelled_closes_the_rest_too(mock, connect):
    """First read as tokens, then awaited, then given up."""
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def read_await_leave() -> None:
        call = llm.invoke(REQUEST)
        assert await call.__anext__() == "one"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(as_coroutine(call), 0.2)
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=AT_ONCE_MS)

    asyncio.run(read_await_leave())


READERS = {
    "tokens": lambda call: call,
    "events": lambda call: call.events(),
}


@pytest.mark.parametrize("way", ["tokens", "events"])
def test_break_closes(mock, connect, way):
    """With the stream, and whatever else could keep it, still at hand."""
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def leave() -> None:
        call = llm.invoke(REQUEST)
        async for _ in READERS[way](call):
            break
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=AT_ONCE_MS)
        assert call.response.outcome == "cancelled"

    asyncio.run(leave())
    call = llm.invoke(REQUEST)
    for _ in READERS[way](call):
        break
    mock.wait(key, closed=2, timeout_ms=AT_ONCE_MS)
    assert call.response.outcome == "cancelled"


@pytest.mark.parametrize("way", ["tokens", "events"])
def test_exception_closes(mock, connect, way):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def leave(call: Any) -> None:
        async for _ in READERS[way](call):
            _ = 1 // 0

    async def leave_and_wait() -> None:
        call = llm.invoke(REQUEST)
        with pytest.raises(ZeroDivisionError):
            await leave(call)
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=AT_ONCE_MS)

    asyncio.run(leave_and_wait())
    call = llm.invoke(REQUEST)
    with pytest.raises(ZeroDivisionError):
        for _ in READERS[way](call):
            _ = 1 // 0
    mock.wait(key, closed=2, timeout_ms=AT_ONCE_MS)


class Knot:
    """What only the garbage collector can untie."""

    def __init__(self, reader: object) -> None:
        self.reader = reader
        self.itself = self


def test_collected_stream_closes(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def drop() -> None:
        reader = llm.invoke(REQUEST).__aiter__()
        await reader.__anext__()
        Knot(reader)
        del reader
        gc.collect()
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=AT_ONCE_MS)

    asyncio.run(drop())
    reader = iter(llm.invoke(REQUEST))
    next(reader)
    Knot(reader)
    del reader
    gc.collect()
    mock.wait(key, closed=2, timeout_ms=AT_ONCE_MS)


def test_dropped_receiver_leaves_the_table(mock, connect):
    """No thread polls for its END, so it must not wait for that."""
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    for _ in range(10):
        for _ in llm.invoke(REQUEST):
            break
    assert llm._blocking is not None
    assert llm._blocking.receivers == {}
    mock.wait(key, closed=10)


def is_freed(client: Any) -> bool:
    return not client._pointer


def test_the_last_dropped_receiver_frees_a_closed_client(mock, connect):
    """close() left the freeing to whoever still reads, and that one goes without reading on."""
    llm = connect(mock.plan(ONE_THEN_HANG))
    readers = [iter(llm.invoke(REQUEST)) for _ in range(2)]
    assert [next(reader) for reader in readers] == ["one", "one"]
    client = llm._blocking

    llm.close()
    assert not is_freed(client)
    del readers
    assert is_freed(client)


def test_close_frees_what_nobody_uses(mock, connect):
    """The native client with its descriptors, on a thread and on a loop."""
    llm = connect(mock.plan({"answer": {"text": "Hello world"}}))

    async def use() -> Any:
        await llm.invoke(REQUEST)
        loop_client = llm._loop_clients[asyncio.get_running_loop()]
        reading = loop_client._descriptors[0]
        await llm.aclose()
        assert not asyncio.get_running_loop().remove_reader(reading), "the loop watches it no more"
        return loop_client

    llm.invoke(REQUEST).complete()
    client = llm._blocking
    loop_client = asyncio.run(use())

    assert is_freed(loop_client)
    assert is_freed(client)


def test_a_closed_loop_frees_its_client(mock, connect):
    llm = connect(mock.plan(ONE_THEN_HANG))
    loop = asyncio.new_event_loop()
    call = llm.invoke(REQUEST)
    loop.run_until_complete(as_coroutine(call.__anext__()))
    loop_client = llm._loop_clients[loop]

    loop.close()

    assert is_freed(loop_client)
    assert loop_client.receivers == {}
    call.cancel()
    assert isinstance(caught(lambda: asyncio.run(as_coroutine(call.__anext__()))), Exception)


def caught(use: Any) -> BaseException | None:
    try:
        use()
    except Exception as error:
        return error
    return None


def test_a_log_handler_may_close_the_client(mock, connect):
    """It runs while events are routed, whose memory must stay until that is done."""
    import logging

    failure = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
    llm = connect(mock.plan(failure, ONE_THEN_HANG), retries_max=2, log_level="debug")

    class Closing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            llm.close()

    logger = logging.getLogger("liter_llm")
    handler = Closing()
    logger.addHandler(handler)
    try:
        with pytest.raises(liter_llm.ClosedError):
            llm.invoke(STREAMED).complete()
    finally:
        logger.removeHandler(handler)
    assert is_freed(llm._blocking)


def test_events_stay_until_they_are_dispatched():
    """Their memory belongs to the client: whoever frees it meanwhile has to wait for the rest."""
    from types import SimpleNamespace

    frees: list[bool] = []
    freed_meanwhile: list[int] = []

    class Noting(NativeClient[Any]):
        def _free_native(self) -> None:
            frees.append(self._is_dispatching)

    client = Noting()
    data = ffi.new("char[]", b"{}")
    event = {"stream": 7, "kind": START, "data": data, "length": len(data) - 1}
    events = ffi.new("LlmEvent[]", [event, event])
    client._events[0] = events
    client._counts.append(2)

    def free(_: object) -> None:
        client.free()
        freed_meanwhile.append(len(frees))

    client.receivers[7] = SimpleNamespace(feed=free, ended=False)
    client.dispatch()

    assert freed_meanwhile == [0], "not while events are read, and the second one is left alone"
    assert frees == [False]


def test_to_close_what_was_freed_leaves_the_last_error():
    """A finalizer may do it between a failed call and the look at its error."""
    client = NativeClient[Any]()
    with pytest.raises(liter_llm.LlmError):
        client.open(SecretJson(b'{"no_such":1}'), None)
    before = ffi.string(lib.llm_last_error())
    assert b"no_such" in before
    client.close()
    client.free()
    assert ffi.string(lib.llm_last_error()) == before
