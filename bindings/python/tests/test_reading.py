"""The ways into a stream, and every way to leave it early."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
import weakref

import pytest

from liter_llm import CancelledError, End, InvalidRequestError, Reasoning, Response, Start, Text
from liter_llm._request import Fields, _make_encode_json
from support import HELLO, ONE_THEN_HANG, REQUEST, stream, token

REASONING = '{"choices":[{"index":0,"delta":{"reasoning_content":"%s"}}]}'


def test_await_is_one_whole_response(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key)

    async def whole() -> Response:
        return await llm.invoke(REQUEST)

    response = asyncio.run(whole())

    assert (response.text, response.outcome) == ("Hello world", "complete")
    assert response.usage is not None
    assert mock.seen(key)["requests"][0]["body"].get("stream") in (None, False)
    assert llm.invoke(REQUEST).complete().text == "Hello world"


def test_await_keeps_stream_of_the_request(mock, connect):
    key = mock.plan(HELLO)
    llm = connect(key)

    assert llm.invoke({**REQUEST, "stream": True}).complete().text == "Hello world"
    assert mock.seen(key)["requests"][0]["body"]["stream"] is True


def test_await_takes_the_rest(mock, connect):
    llm = connect(mock.plan(HELLO))

    async def some_then_rest() -> tuple[str, Response]:
        call = llm.invoke(REQUEST)
        first = await call.__anext__()
        return first, await call

    first, response = asyncio.run(some_then_rest())
    call = llm.invoke(REQUEST)

    assert (first, response.text) == ("Hello", "Hello world")
    assert (next(call), call.complete().text) == ("Hello", "Hello world")
    assert call.complete() is call.response


def test_next_then_for_goes_on(mock, connect):
    llm = connect(mock.plan(HELLO))

    async def first_and_rest() -> list[str]:
        call = llm.invoke(REQUEST)
        return [await call.__anext__()] + [piece async for piece in call]

    assert asyncio.run(first_and_rest()) == ["Hello", " world"]
    call = llm.invoke(REQUEST)
    assert [next(call), *call] == ["Hello", " world"]


def test_events_are_typed(mock, connect):
    steps = [{"sse": REASONING % "hm"}, token("a"), token("b"), {"finish": "stop"}, {"done": True}]
    llm = connect(mock.plan(stream(*steps)))

    async def collect() -> list[object]:
        return [event async for event in llm.invoke(REQUEST).events()]

    for events in (asyncio.run(collect()), list(llm.invoke(REQUEST).events())):
        assert events[1:-1] == [Reasoning("hm"), Text("a"), Text("b")]
        start, end = events[0], events[-1]
        assert isinstance(start, Start)
        assert start.provider == "openai"
        assert isinstance(end, End)
        assert end.finish_reason == "stop"


def test_reasoning_is_not_text_and_does_not_close_the_window(mock, connect):
    think = {"repeat": 300, "actions": [{"sse": REASONING % ("x" * 1000)}]}
    key = mock.plan(stream(think, token("done"), {"finish": "stop"}, {"done": True}))
    llm = connect(key, stream_window_bytes=16_384)

    async def read() -> list[str]:
        return [piece async for piece in llm.invoke(REQUEST)]

    assert asyncio.run(read()) == ["done"]
    call = llm.invoke(REQUEST)
    assert list(call) == ["done"]
    assert len(call.response.reasoning) == 300_000


AGAIN = {
    "aiter": lambda call: call.__aiter__(),
    "iter": iter,
    "events": lambda call: call.events(),
    "next": next,
    "anext": lambda call: asyncio.run(call.__anext__()),
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_a_stream_is_read_once(mock, connect, again):
    call = connect(mock.plan(HELLO)).invoke(REQUEST)
    list(call)

    with pytest.raises(RuntimeError, match="read once"):
        again(call)


def test_a_stream_stays_where_it_started(mock, connect):
    llm = connect(mock.plan(ONE_THEN_HANG))
    on_thread = llm.invoke(REQUEST)
    reader = iter(on_thread)
    next(reader)

    async def cross() -> None:
        with pytest.raises(RuntimeError, match="without an event loop"):
            await on_thread
        on_loop = llm.invoke(REQUEST)
        async with on_loop:
            await on_loop.__anext__()
            with pytest.raises(RuntimeError, match="on an event loop"):
                on_loop.complete()

    asyncio.run(cross())


def test_one_task_waits_at_a_time(mock, connect):
    llm = connect(mock.plan(ONE_THEN_HANG))

    async def two() -> None:
        async with llm.invoke(REQUEST) as call:
            reader = call.__aiter__()
            await reader.__anext__()
            waiting = asyncio.ensure_future(reader.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await reader.__anext__()
            call.cancel()
            with pytest.raises(CancelledError):
                await waiting

    asyncio.run(two())


def test_no_response_before_the_start(mock, connect):
    call = connect(mock.new_key()).invoke(REQUEST)
    with pytest.raises(RuntimeError, match="not started"):
        _ = call.response


def test_nothing_is_sent_before_the_first_use(mock, connect):
    key = mock.plan(HELLO)
    call = connect(key).invoke(REQUEST)
    assert mock.seen(key)["requests"] == []
    call.cancel()
    with pytest.raises(CancelledError, match="before it started"):
        list(call)
    assert mock.seen(key)["requests"] == []


async def leave_by_break(call):
    async for _ in call:
        break


async def leave_by_return(call):
    async for _ in call:
        return


async def leave_by_exception(call):
    with pytest.raises(ZeroDivisionError):
        async for _ in call:
            _ = 1 // 0


async def leave_by_task_cancel(call):
    got = asyncio.Event()

    async def read() -> None:
        async for _ in call:
            got.set()

    task = asyncio.ensure_future(read())
    await got.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def leave_by_timeout(call):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.ensure_future(collect(call)), 0.2)


async def collect(call):
    return [piece async for piece in call]


async def leave_with_statement(call):
    async with call:
        await call.__anext__()


LEAVING = [
    leave_by_break,
    leave_by_return,
    leave_by_exception,
    leave_by_task_cancel,
    leave_by_timeout,
    leave_with_statement,
]


@pytest.mark.parametrize("leave", LEAVING)
def test_leaving_closes_upstream_at_once(mock, connect, leave):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def leave_and_wait() -> str | None:
        call = llm.invoke(REQUEST)  # this name outlives the loop, and must not matter
        await leave(call)
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=1000)
        return call.response.outcome

    assert asyncio.run(leave_and_wait()) == "cancelled"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_breaks(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def leave_a_hundred() -> None:
        await asyncio.gather(*(leave_by_break(llm.invoke(REQUEST)) for _ in range(100)))

    for number in range(100):
        asyncio.run(leave_a_hundred())
        mock.wait(key, closed=100 * (number + 1))
    assert mock.stats()["connections_open"] <= 5


def test_leaving_closes_upstream_without_a_loop(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)
    call = llm.invoke(REQUEST)

    for _ in call:
        break
    mock.wait(key, closed=1, timeout_ms=1000)
    with llm.invoke(REQUEST) as call:
        next(call)
    mock.wait(key, closed=2, timeout_ms=1000)

    assert call.response.outcome == "cancelled"


def test_dropping_an_unread_stream_warns_and_closes(mock, connect):
    key = mock.plan(ONE_THEN_HANG)
    llm = connect(key)

    async def drop() -> None:
        call = llm.invoke(REQUEST)
        await call.__anext__()
        with pytest.warns(ResourceWarning, match="dropped before its end"):
            del call
        await asyncio.to_thread(mock.wait, key, closed=1, timeout_ms=1000)

    asyncio.run(drop())
    call = llm.invoke(REQUEST)
    next(call)
    with pytest.warns(ResourceWarning, match="dropped before its end"):
        del call
    mock.wait(key, closed=2, timeout_ms=1000)


def test_dropping_anything_else_is_silent(mock, connect):
    llm = connect(mock.plan(HELLO))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        llm.invoke(REQUEST)
        list(llm.invoke(REQUEST))
        call = llm.invoke(REQUEST)
        next(call)
        call.cancel()
        del call
        gc.collect()


CIRCLE: dict[str, object] = {}
CIRCLE["again"] = CIRCLE


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (["not", "a", "dict"], r"request: expected a dict.*, got list"),
        ({**REQUEST, "user": object()}, r"user: expected JSON .*, got object"),
        (
            {**REQUEST, "temperature": float("nan")},
            "expected a finite number, got nan",
        ),
        ({**REQUEST, "messages": [CIRCLE]}, r"messages\[0\].again: the value holds itself"),
    ],
)
def test_what_is_not_json_is_named(mock, connect, request_, message):
    llm = connect(mock.new_key())
    with pytest.raises(InvalidRequestError, match=message):
        llm.invoke(request_).complete()


@pytest.mark.parametrize("without_c", [False, True])
def test_a_request_is_written_as_json_writes_it(monkeypatch, without_c):
    if without_c:
        monkeypatch.setattr("json.encoder.c_make_encoder", None)
    value = {
        "numbers": [1, 2.5, 1e300, -0.0, True, None],
        "empty": [(), {}, ""],
        "keys": {1: "one", None: "none", False: "no", 2.5: "half", 'é"\\\n\x01\U0001f600': "text"},
        "half": "\ud83d",
    }
    fields = Fields("", InvalidRequestError, {**value, "mine": range(3)})
    written = "".join(_make_encode_json()(fields, 0))
    assert written == json.dumps({**value, "mine": [0, 1, 2]}, ensure_ascii=False)


def test_an_open_stream_does_not_keep_its_request(mock, connect):
    class Message(dict):
        """Can be referred to weakly."""

    async def main():
        message = Message(role="user", content="Hello")
        kept = weakref.ref(message)
        call = connect(mock.plan(ONE_THEN_HANG)).invoke({**REQUEST, "messages": [message]})
        del message
        async with call:
            assert kept() is not None
            assert await call.__anext__() == "one"
            assert kept() is None

    asyncio.run(main())
