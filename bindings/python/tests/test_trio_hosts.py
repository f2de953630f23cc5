"""trio beside asyncio: through anyio, as a guest, not at all; and keys from functions on trio."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import sniffio
import trio

from liter_llm import Message, Stream, ToolCall, run_tools
from support import FAILURE, HANG, HELLO, REQUEST, keys_sent, run_python, stream, token

ONE_THEN_HANG = stream(token("one"), HANG)


async def read(call: Stream) -> str:
    return "".join([piece async for piece in call])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio_runs_it_on_either(mock, connect, backend):
    key = mock.plan(HELLO, HELLO, ONE_THEN_HANG)
    llm = connect(key)

    async def main() -> list[str]:
        texts: list[str] = []

        async def one() -> None:
            texts.append(await read(llm.invoke(REQUEST)))

        async with anyio.create_task_group() as group:
            group.start_soon(one)
            group.start_soon(one)
        with anyio.move_on_after(10) as scope:
            async for _ in llm.invoke(REQUEST):
                scope.cancel()
        assert scope.cancelled_caught
        await anyio.to_thread.run_sync(lambda: mock.wait(key, closed=1))
        await llm.aclose()
        return texts

    assert anyio.run(main, backend=backend) == ["Hello world"] * 2


def start_guest(guest: Callable[[], Awaitable[Any]]) -> asyncio.Future[Any]:
    """Starts trio below the running loop of asyncio; the future has its outcome."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    trio.lowlevel.start_guest_run(
        guest,
        run_sync_soon_threadsafe=loop.call_soon_threadsafe,
        done_callback=done.set_result,
    )
    return done


def test_trio_as_a_guest_of_asyncio(mock, connect):
    """A loop of asyncio's runs below; trio's tasks are told apart from its own."""
    llm = connect(mock.plan(HELLO))

    async def guest() -> str:
        return await read(llm.invoke(REQUEST))

    async def main() -> tuple[str, str]:
        done = start_guest(guest)
        own = await read(llm.invoke(REQUEST))
        return own, (await done).unwrap()

    assert asyncio.run(main()) == ("Hello world", "Hello world")


def test_tools_of_a_guest_run_on_trio():
    """asyncio has a running loop there too, but trio's functions do not work on it."""

    async def look(city: str) -> str:
        await trio.lowlevel.checkpoint()
        return f"{sniffio.current_async_library()} in {city}"

    def read_sign(city: str) -> str:
        return f"a thread in {city}"

    arguments = '{"city": "Rome"}'
    calls = [ToolCall(0, "a", "look", arguments), ToolCall(1, "b", "read_sign", arguments)]

    async def guest() -> list[Message]:
        return await run_tools(calls, [look, read_sign])

    async def main() -> list[Message]:
        done = start_guest(guest)
        result: list[Message] = (await done).unwrap()
        return result

    results: list[Any] = list(asyncio.run(main()))
    assert [each["content"] for each in results] == ["trio in Rome", "a thread in Rome"]


@pytest.mark.parametrize("kind", ["async", "plain"])
def test_keys_from_functions(mock, connect, kind):
    """An async one runs on trio, any other one in a thread of trio's; before each attempt."""
    names: list[str] = []

    async def ask() -> str:
        await trio.lowlevel.checkpoint()
        names.append(sniffio.current_async_library())
        return f"key-{len(names)}"

    def plain() -> str:
        names.append(threading.current_thread().name)
        return f"key-{len(names)}"

    key = mock.plan(FAILURE, HELLO)
    llm = connect(key, api_key=ask if kind == "async" else plain, retries_max=1)

    async def main() -> str:
        return (await llm.invoke(REQUEST)).text

    assert trio.run(main) == "Hello world"
    assert keys_sent(mock, key) == ["key-1", "key-2"]
    assert (names == ["trio", "trio"]) == (kind == "async")
    assert threading.current_thread().name not in names


def test_a_key_function_that_raises(mock, connect):
    async def ask() -> str:
        raise KeyError("vault")

    llm = connect(mock.plan(HELLO), api_key=ask)

    async def main() -> None:
        with pytest.raises(KeyError, match="vault"):
            await llm.invoke(REQUEST)

    trio.run(main)


def test_a_key_is_asked_for_in_the_context_of_the_request(mock, connect):
    tenant = contextvars.ContextVar("tenant", default="nobody")

    async def ask() -> str:
        return f"key-of-{tenant.get()}"

    key = mock.plan(HELLO)
    llm = connect(key, api_key=ask)

    async def main() -> None:
        tenant.set("blue")
        await llm.invoke(REQUEST)

    trio.run(main)
    assert keys_sent(mock, key) == ["key-of-blue"]


IMPORTS = """
import asyncio, sys
from liter_llm import LiterLlm
llm = LiterLlm("openai", api_key="k", base_url=sys.argv[1])
async def main():
    return (await llm.invoke({"model": "m", "messages": [{"role": "user", "content": "x"}]})).text
print(asyncio.run(main()), *{"trio", "anyio", "sniffio", "liter_llm._trio_loop"} & {*sys.modules})
"""


def test_asyncio_alone_imports_nothing_of_trio(mock):
    assert run_python(IMPORTS, mock.base_url(mock.plan(HELLO))).stdout == "Hello world\n"


def test_ctrl_c_reaches_the_program(mock):
    code = """
import os, signal, sys, trio
from liter_llm import LiterLlm
llm = LiterLlm("openai", api_key="k", base_url=sys.argv[1])
async def main():
    async for token in llm.invoke({"model": "m", "messages": [{"role": "user", "content": "x"}]}):
        os.kill(os.getpid(), signal.SIGINT)
try:
    trio.run(main)
except BaseException as error:
    group = getattr(error, "exceptions", [error])
    print(*[type(each).__name__ for each in group])
"""
    key = mock.plan(ONE_THEN_HANG)
    done = run_python(code, mock.base_url(key))
    assert (done.stdout, done.stderr) == ("KeyboardInterrupt\n", "")
    mock.wait(key, closed=1)
