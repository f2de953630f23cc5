"""The same client under trio, alone and through anyio."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import trio
import trio.testing

import liter_llm
from liter_llm import LiterLlm, Stream
from support import HANG, HELLO, REQUEST, stream, token

TWO = stream(token("one"), {"await": "go"}, token(" two"), {"finish": "stop"}, {"done": True})
ONE_THEN_HANG = stream(token("one"), HANG)
MESSAGE = {"role": "assistant", "content": "hi"}
ANSWER = {"id": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}]}


def document(body: Any) -> dict[str, Any]:
    kind = "application/octet-stream" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)
    return {"status": 200, "headers": [["content-type", kind]], "body": text}


async def read(call: Stream) -> str:
    return "".join([piece async for piece in call])


async def in_thread(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    return await trio.to_thread.run_sync(lambda: function(*arguments, **more))


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def test_a_stream_is_read_piece_by_piece(mock, connect):
    key = mock.plan(TWO)
    llm = connect(key)

    async def main() -> list[str]:
        pieces = []
        async for piece in llm.invoke(REQUEST):
            pieces.append(piece)
            if piece == "one":
                await in_thread(mock.signal, key, "go")
        return pieces

    assert trio.run(main) == ["one", " two"]


def test_whole_responses_events_and_calls(mock, connect):
    llm = connect(mock.plan(HELLO))

    async def main() -> tuple[str, list[str], int]:
        async with llm:
            response = await llm.invoke(REQUEST)
            events = [type(event).__name__ async for event in llm.invoke(REQUEST).events()]
            stats = await llm.stats()
        return response.text, events, stats.providers["openai"].requests

    text, events, requests = trio.run(main)
    assert (text, events[0], events[-1], requests) == ("Hello world", "Start", "End", 2)


def test_a_stream_is_run_as_a_task(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(llm.invoke, REQUEST)

    assert trio.run(llm.invoke, REQUEST).text == "Hello world"
    trio.run(main)
    assert mock.seen(key)["requests_count"] == 2


def test_embeddings_and_batches(mock, connect):
    number = {"index": 0, "embedding": [0.5]}
    handle = {"id": "batch_1", "status": "completed", "output_file_id": "f"}
    rows = "".join(
        json.dumps({"custom_id": name, "response": {"status_code": 200, "body": ANSWER}}) + "\n"
        for name in "ab"
    )
    llm = connect(mock.plan(document({"model": "m", "data": [number]})))
    batches = connect(
        mock.plan(document({"id": "f"}), *[document(handle)] * 3, document(rows))
    ).batch

    async def main() -> tuple[list[list[float]], list[str]]:
        reply = await llm.embed({"model": "m", "input": "a"})
        batch = await batches.submit([{"id": name, "request": REQUEST} for name in "ab"])
        state = await batches.status(batch)
        assert state.state == "ended"
        return reply.vectors.tolist(), [row.id async for row in batches.results(batch)]

    assert trio.run(main) == ([[0.5]], ["a", "b"])


def test_many_streams_at_once(mock, connect):
    llm = connect(mock.plan(HELLO))
    texts: list[str] = []

    async def one() -> None:
        texts.append(await read(llm.invoke(REQUEST)))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(200):
                nursery.start_soon(one)

    trio.run(main)
    assert texts == ["Hello world"] * 200


def test_a_cancel_scope_closes_upstream(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    call = connect(key).invoke(REQUEST)

    async def main() -> None:
        with trio.CancelScope() as scope:
            async for _ in call:
                scope.cancel()
        assert scope.cancelled_caught
        await in_thread(mock.wait, key, closed=1)

    trio.run(main)
    assert call.response.outcome == "cancelled"


def test_a_cancelled_task_takes_no_token_that_is_left(mock, connect):
    """A token is a checkpoint, also while there are others; so is the result of a map."""
    llm = connect(mock.new_key("tokens~1000~0"))
    taken: list[str] = []

    async def read_all(call: Any) -> None:
        with trio.CancelScope() as scope:
            async for _ in call:
                taken.append(type(call).__name__)
                scope.cancel()

    async def main() -> None:
        for call in (llm.invoke(REQUEST), llm.invoke(REQUEST).events(), llm.map([REQUEST] * 9)):
            await read_all(call)

    trio.run(main)
    assert taken == ["Stream", "StreamIterator", "Map"]


def test_a_deadline_ends_a_whole_response(mock, connect):
    key = mock.plan({"raw": [HANG]})
    call = connect(key).invoke(REQUEST)

    async def main() -> None:
        with trio.move_on_after(0.05) as scope:
            await call
        assert scope.cancelled_caught
        await in_thread(mock.wait, key, closed=1)

    trio.run(main)


def test_a_reader_that_was_cancelled_leaves_the_stream_to_no_one(mock, connect):
    """Two readers are refused; a cancelled one does not count."""
    call = connect(mock.plan(ONE_THEN_HANG)).invoke(REQUEST)

    async def main() -> None:
        assert await call.__anext__() == "one"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call.__anext__)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(RuntimeError, match="one reader at a time"):
                await call.__anext__()
            nursery.cancel_scope.cancel()
        with pytest.raises(liter_llm.CancelledError):
            await call.__anext__()

    trio.run(main)


@pytest.mark.parametrize("leave", ["break", "cancel", "with"])
def test_leaving_early_closes_upstream(mock, connect, leave):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def main() -> None:
        call = llm.invoke(REQUEST)
        if leave == "with":
            async with call:
                assert await call.__anext__() == "one"
        else:
            async for _ in call:
                if leave == "break":
                    break
                call.cancel()
                break
        await in_thread(mock.wait, key, closed=1)

    trio.run(main)


def test_cancel_and_close_from_another_thread(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def main(interrupt: Callable[[Stream], None]) -> None:
        call = llm.invoke(REQUEST)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(in_thread, interrupt, call)
            await read(call)

    def cancel(call: Stream) -> None:
        mock.wait(key, requests=1)
        call.cancel()

    def close(_: Stream) -> None:
        mock.wait(key, requests=2)
        llm.close()

    for interrupt, kind in ((cancel, liter_llm.CancelledError), (close, liter_llm.ClosedError)):
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - a group
            trio.run(main, interrupt)
        assert [type(error) for error in getattr(caught.value, "exceptions", ())] == [kind]


def test_a_client_outlives_runs_of_either_kind(mock, connect):
    """And each run gives back what it opened."""
    llm = connect(mock.plan(HELLO))

    async def ask() -> str:
        return await read(llm.invoke(REQUEST))

    def several() -> list[str]:
        runs = [lambda: trio.run(ask), lambda: asyncio.run(ask())]
        return [run() for run in runs * 3] + [llm.invoke(REQUEST).complete().text]

    assert several() == ["Hello world"] * 7
    before = descriptors()
    for _ in range(5):
        several()
    assert descriptors() - before <= 5, "idle connections are kept by the core"


def test_a_run_that_ends_ends_its_streams(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)
    call = llm.invoke(REQUEST)

    async def main() -> None:
        assert await call.__anext__() == "one"

    trio.run(main)
    mock.wait(key, closed=1)
    assert call.response.outcome == "cancelled"
    gc.collect()
    assert len(llm._loop_clients) == 0

    async def another() -> None:
        await call.__anext__()

    with pytest.raises(liter_llm.ClosedError):
        trio.run(another)


def test_another_run_may_not_read(mock, connect):
    """Two threads, each with a run of its own."""
    call = connect(mock.plan(ONE_THEN_HANG)).invoke(REQUEST)
    errors: list[BaseException] = []

    async def go_on() -> None:
        await call.__anext__()

    def run() -> None:
        try:
            trio.run(go_on)
        except RuntimeError as error:
            errors.append(error)

    async def main() -> None:
        assert await call.__anext__() == "one"
        await in_thread(run)
        call.cancel()

    trio.run(main)
    assert [str(error) for error in errors] == ["this stream was started on another event loop"]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("source", ["list", "async"])
def test_a_map(mock, connect, ordered, source):
    llm = connect(mock.plan(HELLO))

    async def slow() -> AsyncIterator[dict[str, Any]]:
        for _ in range(20):
            await trio.lowlevel.checkpoint()
            yield REQUEST

    async def main() -> list[tuple[int, str]]:
        requests = slow() if source == "async" else [REQUEST] * 20
        results = llm.map(requests, concurrency=4, ordered=ordered)
        return [(result.index, result.response.text) async for result in results]

    assert sorted(trio.run(main)) == [(index, "Hello world") for index in range(20)]


def test_a_map_ends_with_what_its_input_raised(mock, connect):
    llm = connect(mock.plan(HELLO))

    async def requests() -> AsyncIterator[dict[str, Any]]:
        yield REQUEST
        raise KeyError("input")

    async def main() -> None:
        async for result in llm.map(requests()):
            assert result.response.text == "Hello world"

    with pytest.raises(KeyError, match="input"):
        trio.run(main)


def test_a_map_that_is_left_cancels_what_is_in_flight(mock, connect):
    key = mock.plan(HELLO, {"raw": [HANG]})
    llm = connect(key)

    async def requests() -> AsyncIterator[dict[str, Any]]:
        yield REQUEST
        yield REQUEST
        await trio.sleep_forever()

    async def main() -> None:
        async for _ in llm.map(requests(), concurrency=3):
            await in_thread(mock.wait, key, requests=2)
            break
        await in_thread(mock.wait, key, closed=1)

    trio.run(main)


def test_reading_without_the_loop_warns(mock, connect, monkeypatch):
    monkeypatch.setattr("liter_llm._loop_warning._warned", False)
    llm = connect(mock.plan(HELLO))

    async def main() -> str:
        return llm.invoke(REQUEST).complete().text

    with pytest.warns(RuntimeWarning, match="async for"):
        assert trio.run(main) == "Hello world"


def test_clients_come_and_go_in_one_run(mock, connect):
    """The next one may get the descriptors of the one before."""
    key = mock.plan(HELLO)

    async def main() -> int:
        before = descriptors()
        for _ in range(10):
            async with connect(key) as llm:
                assert (await llm.invoke(REQUEST)).text == "Hello world"
        return descriptors() - before

    assert trio.run(main) <= 5


def test_a_client_of_trio_is_one_for_each_run(mock, connect):
    llm: LiterLlm = connect(mock.plan(HELLO))

    async def main() -> int:
        for _ in range(3):
            await llm.invoke(REQUEST)
        return len(llm._loop_clients)

    assert trio.run(main) == 1
