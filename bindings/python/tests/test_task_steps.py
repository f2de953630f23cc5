"""The tasks that wait for tokens go on in the callback that brought these, as the loop would have
them go on."""

from __future__ import annotations

import asyncio
import contextvars
import select
from asyncio import futures

import pytest

from liter_llm import _loop_client
from liter_llm._loop_client import TaskSteps
from support import HANG, REQUEST, stream, token

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO")


async def begin(*coroutines) -> list[asyncio.Task]:
    """Tasks that have come to their first wait."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await asyncio.sleep(0)
    return tasks


async def in_callback(run):
    """What it returns, or raises, in a callback of the loop."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def call() -> None:
        try:
            ended.set_result(run())
        except BaseException as error:
            ended.set_exception(error)

    loop.call_soon(call)
    return await ended


def test_a_task_goes_on_before_run_returns():
    async def main():
        steps, seen = TaskSteps(), []
        waiters = [asyncio.get_running_loop().create_future() for _ in range(3)]

        async def wait(waiter):
            WHO.set(str(len(seen)))
            await waiter
            seen.append((waiter, asyncio.current_task(), WHO.get()))

        tasks = await begin(*map(wait, waiters))
        for waiter in waiters:
            steps.add(waiter)

        def run():
            steps.run()
            assert seen == [(*pair, "0") for pair in zip(waiters, tasks)]
            assert all(task.done() for task in tasks)
            assert WHO.get(None) is None
            steps.run()
            assert len(seen) == 3

        await in_callback(run)

    asyncio.run(main())


def test_news_of_a_task_that_goes_on_are_told_too():
    async def main():
        steps = TaskSteps()
        loop = asyncio.get_running_loop()
        first, second = loop.create_future(), loop.create_future()

        async def tell():
            await first
            steps.add(second)

        async def hear():
            await second
            return "heard"

        _, hears = await begin(tell(), hear())
        steps.add(first)
        await in_callback(steps.run)
        assert hears.result() == "heard"

    asyncio.run(main())


def test_a_cancelled_task_gets_no_news():
    async def main():
        steps = TaskSteps()
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()

        async def wait():
            await waiter

        (task,) = await begin(wait())
        task.cancel()
        steps.add(waiter)

        def run():
            steps.run()
            assert not task.done(), "the loop has not called it yet"

        loop.call_soon(run)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_an_error_of_a_task_is_its_own():
    async def main():
        steps = TaskSteps()
        waiter = asyncio.get_running_loop().create_future()

        async def wait():
            await waiter
            raise ValueError("mine")

        (task,) = await begin(wait())
        steps.add(waiter)
        await in_callback(steps.run)
        assert str(task.exception()) == "mine"

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["python", "watched", "nobody"])
def test_what_is_not_a_task_of_one_plain_future_is_called_by_the_loop(kind):
    """Loops that nest bring futures of their own, whose tasks may be in the middle of a step."""

    async def main():
        steps, seen = TaskSteps(), []
        loop = asyncio.get_running_loop()
        waiter = loop.create_future() if kind != "python" else futures._PyFuture(loop=loop)

        async def wait():
            await waiter
            seen.append("waited")

        if kind != "nobody":
            await begin(wait())
        if kind == "watched":
            waiter.add_done_callback(lambda _: seen.append("called"))
        steps.add(waiter)

        def run():
            steps.run()
            assert waiter.done()
            assert seen == []

        await in_callback(run)
        await asyncio.sleep(0)
        assert seen == {"python": ["waited"], "watched": ["waited", "called"], "nobody": []}[kind]

    asyncio.run(main())


def test_ctrl_c_in_one_task_leaves_the_others_for_the_next_run():
    seen = []

    async def main():
        steps = TaskSteps()
        waiters = [asyncio.get_running_loop().create_future() for _ in range(3)]

        async def wait(index):
            await waiters[index]
            if index == 1:
                raise KeyboardInterrupt
            seen.append(index)

        tasks = await begin(*map(wait, range(3)))
        for waiter in waiters:
            steps.add(waiter)

        def run():
            with pytest.raises(KeyboardInterrupt):
                steps.run()
            assert seen == [0]
            steps.run()
            assert seen == [0, 2]

        await in_callback(run)
        with pytest.raises(KeyboardInterrupt):
            tasks[1].result()

    asyncio.run(main())


@pytest.mark.parametrize("debug", [False, True])
def test_tokens_are_told_in_the_callback_of_the_loop(mock, connect, monkeypatch, debug):
    """But in debug mode, where the loop measures each task."""
    key = mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG))
    llm = connect(key)
    in_callback = []
    on_wake = _loop_client.LoopClient.on_wake
    depth = [0]

    def watched(client):
        depth[0] += 1
        on_wake(client)
        depth[0] -= 1

    monkeypatch.setattr(_loop_client.LoopClient, "on_wake", watched)

    async def main():
        async with llm.invoke(REQUEST) as call:
            async for _ in call:
                in_callback.append(depth[0] == 1)
                if len(in_callback) == 2:
                    break
                mock.signal(key, "go")

    asyncio.run(main(), debug=debug)
    assert in_callback == [not debug] * 2


def test_inside_of_a_task_no_other_goes_on(mock, connect):
    """Where loops are made to nest: asyncio refuses to step a task in the middle of another."""
    key = mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG))
    llm = connect(key)

    async def main():
        call = llm.invoke(REQUEST)
        reader = call.__aiter__()
        assert await reader.__anext__() == "one"
        (reads,) = await begin(reader.__anext__())
        mock.signal(key, "go")
        client = call._invocation.receiver.client
        has_events = select.poll()  # of any descriptor, as select() takes none above 1,023
        has_events.register(client._descriptors[0], select.POLLIN)
        assert has_events.poll(10_000)
        client.on_wake()
        assert not reads.done()
        assert await reads == "two"
        await reader.aclose()

    asyncio.run(main())
