"""Keys from functions: when they are asked, on which thread, and every way in which none comes."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import threading
import weakref
from typing import Any

import pytest

import liter_llm
from liter_llm import ConfigError, LlmError
from support import HELLO, REQUEST, keys_sent, pieces_shown, show, stream, token

OLD = "old-token-4f1c9a7b2e"
NEW = "new-token-8d3e6b5a0c"
EXPIRED = {"status": 401, "error": {"message": "expired"}}
BUSY = {"status": 429, "headers": [["retry-after-ms", "1"]], "error": {"message": "slow"}}


class Keys:
    """A function that gives these keys, the last one again and again."""

    def __init__(self, *keys: Any) -> None:
        self.keys = list(keys)
        self.threads: list[int] = []

    def __call__(self) -> Any:
        self.threads.append(threading.get_ident())
        key = self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
        if isinstance(key, BaseException):
            raise key
        return key


class AsyncKeys(Keys):
    async def __call__(self) -> Any:
        await asyncio.sleep(0)
        return Keys.__call__(self)


async def whole(call: liter_llm.Stream) -> str:
    return (await call).text


async def tokens(call: liter_llm.Stream) -> str:
    return "".join([piece async for piece in call])


def ways(function: Any) -> dict[str, Any]:
    """Every way to read a stream whose key this function gives."""
    with_loop = {
        "await": lambda call: asyncio.run(whole(call)),
        "async for": lambda call: asyncio.run(tokens(call)),
    }
    blocking = {"for": "".join, "complete": lambda call: call.complete().text}
    return with_loop if isinstance(function, AsyncKeys) else {**with_loop, **blocking}


@pytest.mark.parametrize("make", [Keys, AsyncKeys])
def test_key_is_renewed_when_it_expired(mock, connect, make):
    for read in ways(make()).values():
        key = mock.plan(EXPIRED, HELLO)
        function = make(OLD, NEW)
        call = connect(key, api_key=function).invoke(REQUEST)

        assert read(call) == "Hello world"
        assert call.response.attempts == 2
        assert keys_sent(mock, key) == [OLD, NEW]


def test_key_is_asked_for_before_each_attempt(mock, connect):
    key = mock.plan(BUSY, HELLO)
    function = Keys(OLD, NEW)

    assert asyncio.run(whole(connect(key, retries_max=1).invoke(REQUEST, api_key=function)))
    assert keys_sent(mock, key) == [OLD, NEW]


def test_key_of_the_call_goes_before_that_of_the_client(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key, api_key=Keys("of-client"))
    for request, options in (
        (REQUEST, {}),
        (REQUEST, {"api_key": "text"}),
        (REQUEST, {"api_key": Keys("of-call")}),
        ({**REQUEST, "api_key": Keys("of-request")}, {}),
        (REQUEST, {"api_key": None}),
    ):
        llm.invoke(request, **options).complete()
    assert keys_sent(mock, key) == ["of-client", "text", "of-call", "of-request", "of-client"]


def test_key_functions_run_where_they_block_nobody(mock, connect):
    """Any other than a coroutine function runs off the loop; without a loop, in the reader."""
    key = mock.plan(HELLO)
    here = threading.get_ident()
    for make, read, on_this_thread in (
        (Keys, lambda call: asyncio.run(whole(call)), False),
        (AsyncKeys, lambda call: asyncio.run(whole(call)), True),
        (Keys, lambda call: call.complete(), True),
    ):
        function = make(NEW)
        read(connect(key, api_key=function).invoke(REQUEST))
        assert [thread == here for thread in function.threads] == [on_this_thread]


def test_key_function_may_return_an_awaitable(mock, connect):
    key = mock.plan(HELLO)
    function = AsyncKeys(NEW)

    def hidden() -> Any:
        return function()

    llm = connect(key, api_key=hidden)
    assert asyncio.run(tokens(llm.invoke(REQUEST))) == "Hello world"
    with pytest.raises(ConfigError, match="needs an event loop"):
        llm.invoke(REQUEST).complete()


def test_async_key_function_without_a_loop_is_refused(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key, api_key=AsyncKeys(NEW))
    for read in (list, lambda call: call.complete()):
        with pytest.raises(ConfigError, match="async function needs an event loop"):
            read(llm.invoke(REQUEST))
    assert mock.seen(key)["requests_count"] == 0
    assert asyncio.run(whole(llm.invoke(REQUEST))) == "Hello world"


@pytest.mark.parametrize("make", [Keys, AsyncKeys])
@pytest.mark.parametrize("error", [KeyError("vault"), RuntimeError("sealed"), OSError(5, "io")])
def test_error_of_a_key_function_is_raised_as_itself(mock, connect, make, error):
    key = mock.plan(HELLO)
    llm = connect(key, api_key=make(error))
    for read in ways(make()).values():
        call = llm.invoke(REQUEST)
        with pytest.raises(type(error)) as raised:
            read(call)
        assert raised.value is error
    assert mock.seen(key)["requests_count"] == 0


def test_error_that_would_look_like_an_end_is_none(mock, connect):
    for error in (StopIteration(), StopAsyncIteration()):
        for read in ways(Keys()).values():
            llm = connect(mock.plan(HELLO), api_key=Keys(error))
            with pytest.raises(RuntimeError, match="raised Stop"):
                read(llm.invoke(REQUEST))


@pytest.mark.parametrize("value", [None, 5, b"bytes", {"aws_access_key_id": 5}])
def test_key_of_another_type_is_refused(mock, connect, value):
    for read in ways(Keys()).values():
        llm = connect(mock.plan(HELLO), api_key=Keys(value))
        with pytest.raises(ConfigError, match="returned a value of type"):
            read(llm.invoke(REQUEST))


def test_key_that_cannot_be_one_is_the_core_s_error(mock, connect):
    for value, match in (("", "empty"), ("a\nb", "line break"), ({"x": "y"}, "expected api_key")):
        for read in ways(Keys()).values():
            llm = connect(mock.plan(HELLO), api_key=Keys(value))
            with pytest.raises(LlmError, match=match):
                read(llm.invoke(REQUEST))


def test_key_that_never_comes_is_a_timeout(mock, connect):
    async def hangs() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    llm = connect(mock.plan(HELLO), api_key=hangs, key_timeout_ms=50)
    with pytest.raises(liter_llm.TimeoutError) as raised:
        asyncio.run(whole(llm.invoke(REQUEST)))
    assert raised.value.timer == "key"


def test_key_that_is_awaited_can_be_cancelled(mock, connect):
    async def cancel(ends: str) -> list[str]:
        entered, left = asyncio.Event(), asyncio.Event()

        async def hangs() -> str:
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                left.set()
            raise AssertionError

        llm = connect(mock.plan(HELLO), api_key=hangs)
        call = llm.invoke(REQUEST)
        reader = asyncio.create_task(whole(call))
        await entered.wait()
        if ends == "close":
            await llm.aclose()
        elif ends == "cancel":
            call.cancel()
        else:
            reader.cancel()
        results = await asyncio.gather(reader, return_exceptions=True)
        await asyncio.wait_for(left.wait(), 5)  # nothing of it is left behind
        return [type(result).__name__ for result in results]

    assert asyncio.run(cancel("cancel")) == ["CancelledError"]
    assert asyncio.run(cancel("close")) == ["ClosedError"]
    assert asyncio.run(cancel("task")) == ["CancelledError"]


def test_answer_that_comes_too_late_is_dropped(mock, connect):
    """The function of a thread cannot be stopped; what it returns then goes nowhere."""
    release, done = threading.Event(), threading.Event()

    def slow() -> str:
        release.wait(10)
        done.set()
        return NEW

    key = mock.plan(HELLO)

    async def run() -> None:
        llm = connect(key, api_key=slow, key_timeout_ms=50)
        with pytest.raises(liter_llm.TimeoutError):
            await llm.invoke(REQUEST)
        release.set()
        await asyncio.to_thread(done.wait, 10)
        assert (await llm.invoke(REQUEST, api_key="text")).text == "Hello world"

    asyncio.run(run())
    assert keys_sent(mock, key) == ["text"]


def test_every_loop_asks(mock, connect, make_loop):
    for make in (Keys, AsyncKeys):
        key = mock.plan(EXPIRED, HELLO)
        loop = make_loop()
        call = connect(key, api_key=make(OLD, NEW)).invoke(REQUEST)
        try:
            assert loop.run_until_complete(tokens(call)) == "Hello world"
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
        assert keys_sent(mock, key) == [OLD, NEW]


def test_five_hundred_calls_share_one_function_and_few_threads(mock, connect):
    key = mock.plan(HELLO)
    for make in (Keys, AsyncKeys):
        function = make(NEW)
        llm = connect(key, api_key=function)

        async def many(llm: liter_llm.LiterLlm) -> list[str]:
            return await asyncio.gather(*(tokens(llm.invoke(REQUEST)) for _ in range(500)))

        assert asyncio.run(many(llm)) == ["Hello world"] * 500
        assert len(function.threads) == 500
        assert len(set(function.threads)) <= 36


def test_threads_ask_in_their_own_thread(mock, connect):
    """The thread that polls for all does not run the functions of the others."""
    key = mock.plan(
        stream(token("a"), {"await": "go"}, token("b"), {"finish": "stop"}, {"done": True})
    )
    reads: dict[int, int] = {}
    function = Keys(NEW)
    llm = connect(key, api_key=function)

    def read() -> None:
        mine: list[int] = []

        def ask() -> str:
            mine.append(threading.get_ident())
            return NEW

        assert "".join(llm.invoke(REQUEST, api_key=ask)) == "ab"
        reads[threading.get_ident()] = mine[0]

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    mock.wait(key, requests=8)
    mock.signal(key, "go")
    for thread in threads:
        thread.join(30)
    assert len(reads) == 8
    assert all(thread == asked for thread, asked in reads.items())


def test_fork_child_works_while_a_key_is_awaited(mock, connect):
    key = mock.plan(HELLO)
    reading, writing = os.pipe()

    def ask() -> str:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                llm = liter_llm.LiterLlm("openai", api_key=lambda: NEW, base_url=mock.base_url(key))
                code = 0 if llm.invoke(REQUEST).complete().text == "Hello world" else 2
            finally:
                os._exit(code)
        os.write(writing, bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]))
        return NEW

    assert connect(key, api_key=ask).invoke(REQUEST).complete().text == "Hello world"
    assert os.read(reading, 1) == b"\0"
    os.close(reading)
    os.close(writing)


def test_no_key_of_a_function_is_shown(mock, connect, caplog):
    echo = {"status": 401, "error": {"message": f"you sent {OLD}"}}
    again = {"status": 400, "error": {"message": f"you sent {OLD} and {NEW}"}}
    caplog.set_level("DEBUG")
    for make in (Keys, AsyncKeys):
        for read in ways(make()).values():
            llm = connect(mock.plan(echo, again), api_key=make(OLD, NEW))
            call = llm.invoke(REQUEST)
            with pytest.raises(LlmError) as raised:
                read(call)
            shown = show(raised.value) + caplog.text + repr(call) + repr(llm)
            for secret in (OLD, NEW):
                assert not pieces_shown(secret, shown.replace(str(Keys.__call__), ""))
            assert str(raised.value).count("[REDACTED]") == 2


def test_a_stream_whose_key_function_failed_leaves_nothing_behind(mock, connect):
    class Error(Exception):
        pass

    async def failing() -> str:
        raise Error

    async def run() -> weakref.ref[liter_llm.Stream]:
        call = connect(mock.plan(HELLO), api_key=failing).invoke(REQUEST)
        with pytest.raises(Error):
            await call
        return weakref.ref(call)

    left = asyncio.run(run())
    gc.collect()
    assert left() is None


def give_key() -> str:
    return NEW


def test_a_copy_keeps_the_function(mock, connect):
    key = mock.plan(HELLO)
    copy = pickle.loads(pickle.dumps(connect(key, api_key=give_key)))
    assert copy.invoke(REQUEST).complete().text == "Hello world"
    assert keys_sent(mock, key) == [NEW]
    copy.close()


def test_a_request_that_asks_without_a_function_is_told(mock, connect):
    for read in ways(Keys()).values():
        llm = connect(mock.plan(HELLO))
        with pytest.raises(liter_llm.AuthenticationError, match="is no function"):
            read(llm.invoke({**REQUEST, "api_key": {"ask": True}}))


def test_mistakes_beside_a_key_function_are_still_named(connect):
    llm = connect("unused", api_key=give_key)
    with pytest.raises(liter_llm.InvalidRequestError, match=r"^messages"):
        llm.invoke({**REQUEST, "messages": {1, 2}}).complete()


def test_ten_thousand_tokens_after_a_key(mock, connect):
    key = mock.plan({"tokens": 10_000, "text": "tok "})
    llm = connect(key, api_key=give_key, stream_window_bytes=64)
    assert asyncio.run(tokens(llm.invoke(REQUEST))) == "tok " * 10_000
