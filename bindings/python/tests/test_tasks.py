"""A stream and a call are coroutines for what wants one: tasks, groups, asyncio.run()."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

import liter_llm
from liter_llm import LiterLlm, Stream
from support import HANG, HELLO, REQUEST, stream, token

LIST = {
    "status": 200,
    "headers": [["content-type", "application/json"]],
    "body": '{"object": "list", "data": [{"id": "m", "object": "model"}]}',
}


async def as_a_task(call: Any) -> Any:
    return await asyncio.create_task(call)


async def as_a_future(call: Any) -> Any:
    return await asyncio.ensure_future(call)


async def waited_for(call: Any) -> Any:
    return await asyncio.wait_for(call, 10)


async def gathered(call: Any) -> Any:
    return (await asyncio.gather(call))[0]


async def shielded(call: Any) -> Any:
    return await asyncio.shield(call)


async def in_a_group(call: Any) -> Any:
    async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined, unused-ignore]
        task = group.create_task(call)
    return task.result()


async def of_an_eager_loop(call: Any) -> Any:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined, unused-ignore]
    return await loop.create_task(call)


async def of_a_loop_in_python(call: Any) -> Any:
    """asyncio has a task that is written in Python too, for other implementations."""
    return await asyncio.tasks._PyTask(call)  # type: ignore[attr-defined]


WAYS: dict[str, Callable[[Any], Coroutine[Any, Any, Any]]] = {
    "create_task": as_a_task,
    "ensure_future": as_a_future,
    "wait_for": waited_for,
    "gather": gathered,
    "shield": shielded,
    "in_python": of_a_loop_in_python,
    **({"task_group": in_a_group} if sys.version_info >= (3, 11) else {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_is_run_as_a_task(mock, connect, loop, way):
    response = loop.run_until_complete(WAYS[way](connect(mock.plan(HELLO)).invoke(REQUEST)))
    assert (response.text, response.outcome) == ("Hello world", "complete")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there are no eager tasks before")
def test_a_stream_is_run_as_an_eager_task(mock, connect):
    """Not on uvloop, which does not hand on what asyncio 3.13 gives to an eager task."""
    response = asyncio.run(of_an_eager_loop(connect(mock.plan(HELLO)).invoke(REQUEST)))
    assert response.text == "Hello world"


@pytest.mark.parametrize("way", WAYS)
def test_a_call_is_run_as_a_task(mock, connect, loop, way):
    key = mock.plan(LIST)
    reply = loop.run_until_complete(WAYS[way](connect(key).models()))
    assert [model.id for model in reply.models] == ["m"]


@pytest.mark.parametrize("way", WAYS)
def test_the_error_is_that_of_the_task(mock, connect, loop, way):
    call = connect(mock.plan({"status": 401, "body": "{}"})).invoke(REQUEST)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - a group puts it in its own
        loop.run_until_complete(WAYS[way](call))
    inner = getattr(caught.value, "exceptions", (caught.value,))
    assert [type(error) for error in inner] == [liter_llm.AuthenticationError]


def test_a_task_that_is_cancelled_closes_upstream(mock, connect, loop):
    key = mock.plan(stream(token("one"), HANG))
    call = connect(key).invoke({**REQUEST, "stream": True})

    async def cancel() -> None:
        task = asyncio.ensure_future(call)
        await asyncio.to_thread(mock.wait, key, requests=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(mock.wait, key, closed=1)

    loop.run_until_complete(cancel())
    assert call.response.outcome == "cancelled"


def test_a_task_that_is_cancelled_before_its_first_step_sends_nothing(mock, connect, loop):
    key = mock.plan(HELLO)
    call = connect(key).invoke(REQUEST)

    async def cancel() -> None:
        task = asyncio.ensure_future(call)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop.run_until_complete(cancel())
    assert mock.seen(key)["requests_count"] == 0


def test_a_task_of_a_stream_that_has_ended_has_the_same_response(mock, connect):
    key = mock.plan(HELLO)
    call = connect(key).invoke(REQUEST)

    async def twice() -> list[Any]:
        return [await asyncio.create_task(call) for _ in range(2)]

    first, second = asyncio.run(twice())
    assert first is second
    assert mock.seen(key)["requests_count"] == 1


def test_a_stream_is_read_from_another_thread(mock, connect):
    call = connect(mock.plan(HELLO)).invoke(REQUEST)

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(
            lambda: asyncio.run_coroutine_threadsafe(call, loop).result(10)
        )

    assert asyncio.run(main()).text == "Hello world"


def test_a_program_can_run_one_stream(mock, connect):
    assert asyncio.run(connect(mock.plan(HELLO)).invoke(REQUEST)).text == "Hello world"


@pytest.mark.filterwarnings("ignore:`for` and complete")
def test_a_stream_is_iterated_in_a_task_of_another_coroutine(mock, connect):
    """next() is a step of the task that runs the stream itself, and of no other."""
    assert asyncio.run(read_blocking(connect(mock.plan(HELLO)))) == "Hello world"


async def read_blocking(llm: LiterLlm) -> str:
    call = llm.invoke(REQUEST)
    return next(call) + "".join(call)


def test_the_rest_of_a_begun_stream_is_waited_for_in_a_task(mock, connect):
    call = connect(mock.plan(stream(token("one"), token(" two"), {"done": True}))).invoke(REQUEST)

    async def read() -> tuple[str, str]:
        first = await call.__anext__()
        return first, (await asyncio.create_task(call)).text

    assert asyncio.run(read()) == ("one", "one two")


def test_a_stream_is_a_coroutine_for_types_too(connect):
    call: Awaitable[Any] = connect("unused").invoke(REQUEST)
    assert isinstance(call, Coroutine)
    assert asyncio.iscoroutine(call)
    assert isinstance(call, Stream)
