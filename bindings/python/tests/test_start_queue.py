"""Very many streams that are started at once leave their event loop time for other things."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import trio

from liter_llm import CancelledError, ClosedError, LiterLlm, _start_queue
from liter_llm._loop_client import LoopClient
from liter_llm._start_queue import StartQueue
from loops import LOOPS
from support import HELLO, REQUEST

PER_TURN = 32
"""As few, so that the tests do with few descriptors."""
BURST = 3 * PER_TURN + 10

loops = pytest.mark.parametrize("make_loop", LOOPS.values(), ids=LOOPS)


@pytest.fixture(autouse=True)
def _few_per_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_start_queue, "STARTS_PER_TURN", PER_TURN)


class Turns:
    """In which turn of the loop each stream was started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        self.starts: list[int] = []
        start = LoopClient.start

        def recorded(client: LoopClient, receiver: Any, request: Any) -> None:
            self.starts.append(self.number)
            start(client, receiver, request)

        monkeypatch.setattr(LoopClient, "start", recorded)

    async def count(self, checkpoint: Any) -> None:
        """Runs beside, until it is cancelled."""
        while True:
            self.number += 1
            await checkpoint()

    def check(self, expected: int, per_turn: int = PER_TURN) -> None:
        assert len(self.starts) == expected
        assert max(Counter(self.starts).values()) <= per_turn


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(monkeypatch)


async def read(llm: LiterLlm) -> str:
    return "".join([piece async for piece in llm.invoke(REQUEST)])


async def wait_whole(llm: LiterLlm) -> str:
    return (await llm.invoke(REQUEST)).text


async def map_rows(llm: LiterLlm) -> list[str]:
    results = llm.map([REQUEST] * BURST, concurrency=BURST)
    return [result.response.text async for result in results if result.response]


def run_on(make_loop: Any, main: Any) -> Any:
    loop = make_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@loops
@pytest.mark.parametrize("use", [read, wait_whole])
def test_a_turn_of_the_loop_starts_so_many(mock, connect, turns, make_loop, use):
    async def main() -> list[str]:
        async with connect(mock.plan(HELLO)) as llm:
            counting = asyncio.ensure_future(turns.count(lambda: asyncio.sleep(0)))
            texts = await asyncio.gather(*(use(llm) for _ in range(BURST)))
            counting.cancel()
            return texts

    assert run_on(make_loop, main()) == ["Hello world"] * BURST
    turns.check(BURST)


@loops
def test_a_map_starts_its_rows_so(mock, connect, turns, make_loop):
    async def main() -> list[str]:
        async with connect(mock.plan(HELLO)) as llm:
            counting = asyncio.ensure_future(turns.count(lambda: asyncio.sleep(0)))
            texts = await map_rows(llm)
            counting.cancel()
            return texts

    assert run_on(make_loop, main()) == ["Hello world"] * BURST
    turns.check(BURST)


@loops
def test_calls_one_after_another_never_wait(mock, connect, monkeypatch, make_loop):
    waited: list[StartQueue] = []
    wait = StartQueue.wait
    monkeypatch.setattr(StartQueue, "wait", lambda queue: waited.append(queue) or wait(queue))

    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm:
            for _ in range(BURST):
                await wait_whole(llm)

    run_on(make_loop, main())
    assert not waited


def test_results_of_a_map_come_while_its_other_rows_wait(mock, connect, monkeypatch):
    monkeypatch.setattr(StartQueue, "_ask_for_turn", lambda *_: None)  # nobody's turn comes

    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm:
            results = llm.map([REQUEST] * BURST, concurrency=BURST).__aiter__()
            for _ in range(PER_TURN):
                result = await asyncio.wait_for(next_of(results), 10)
                assert result.response.text == "Hello world"
            await results.aclose()

    asyncio.run(main())


def test_trio_has_its_turns_too(mock, connect, turns):
    texts = []

    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm, trio.open_nursery() as beside:
            beside.start_soon(turns.count, trio.lowlevel.checkpoint)
            async with trio.open_nursery() as nursery:

                async def read_one() -> None:
                    texts.append(await read(llm))

                for _ in range(BURST):
                    nursery.start_soon(read_one)
            beside.cancel_scope.cancel()

    trio.run(main)
    assert texts == ["Hello world"] * BURST
    # trio's tasks have no order: in each turn it may count at another place.
    turns.check(BURST, 2 * PER_TURN)


def test_they_start_in_the_order_in_which_they_came(mock, connect, monkeypatch):
    order = []
    start = LoopClient.start

    def recorded(client: LoopClient, receiver: Any, request: Any) -> None:
        order.append(asyncio.current_task())
        start(client, receiver, request)

    monkeypatch.setattr(LoopClient, "start", recorded)

    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm:
            tasks = [asyncio.ensure_future(read(llm)) for _ in range(BURST)]
            await asyncio.gather(*tasks)
            assert order == tasks

    asyncio.run(main())


def test_who_comes_later_does_not_pass():
    async def main() -> None:
        queue = StartQueue()
        assert not queue.is_full()
        queue.started = PER_TURN
        assert queue.is_full()
        waiting = queue.wait()
        queue.started = 0  # events came
        assert queue.is_full()
        await waiting
        assert not queue.is_full()

    asyncio.run(main())


@pytest.mark.parametrize("use", [read, wait_whole])
def test_who_is_cancelled_while_it_waits_sends_nothing(mock, connect, use):
    key = mock.plan(HELLO)

    async def main() -> None:
        async with connect(key) as llm:
            tasks = [asyncio.ensure_future(use(llm)) for _ in range(BURST)]
            await asyncio.sleep(0)
            cancelled = tasks[PER_TURN + 10 :: 2]
            for task in cancelled:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            ended = [isinstance(result, asyncio.CancelledError) for result in results]
            assert ended == [task in cancelled for task in tasks]
            assert len(mock.seen(key)["requests"]) == BURST - len(cancelled)

    asyncio.run(main())


def test_a_reader_that_was_cancelled_while_it_waited_does_not_start_later(mock, connect):
    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm:
            tasks = [asyncio.ensure_future(read(llm)) for _ in range(PER_TURN)]
            call = llm.invoke(REQUEST)
            tokens = call.__aiter__()
            waiting = asyncio.ensure_future(next_of(tokens))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(*tasks)
            with pytest.raises(asyncio.CancelledError):
                await waiting
            with pytest.raises(CancelledError):
                await next_of(tokens)

    asyncio.run(main())


def test_a_stream_is_cancelled_and_a_client_closed_while_others_wait(mock, connect):
    async def main() -> None:
        async with connect(mock.plan(HELLO)) as llm:
            calls = [llm.invoke(REQUEST) for _ in range(BURST)]
            tasks = [asyncio.ensure_future(call.__anext__()) for call in calls]
            await asyncio.sleep(0)
            calls[-1].cancel()
            llm.close()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(result) for result in results[PER_TURN:-1]} == {ClosedError}
            assert type(results[-1]) is CancelledError

    asyncio.run(main())


def test_an_interrupt_leaves_nobody_behind():
    """Whatever line of the turn raises, a later turn lets all go on that still wait."""

    class Interrupting:
        def __init__(self, future: asyncio.Future[None]) -> None:
            self.future = future

        def done(self) -> bool:
            return self.future.done()

        def set_result(self, result: None) -> None:
            self.future.set_result(result)
            raise KeyboardInterrupt

    async def main() -> None:
        queue, loop = StartQueue(), asyncio.get_running_loop()
        futures = [queue.wait() for _ in range(3)]
        queue._waiting[1] = Interrupting(futures[1])  # type: ignore[call-overload]
        with pytest.raises(KeyboardInterrupt):
            queue._take_turn(loop)
        await asyncio.wait_for(asyncio.gather(*futures), 10)
        assert not queue.is_full()

    asyncio.run(main())


async def next_of(tokens: Any) -> Any:
    return await tokens.__anext__()
