"""run_tools(): the calls of one response are run, and what goes wrong is a result."""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import threading
from collections.abc import Sequence
from typing import Any

import pydantic
import pytest

import liter_llm
from example_tools import Color, Place, call, locate, spread, weather
from liter_llm import run_tools, tool
from support import HELLO, REQUEST, stream

CALLS = [
    call("weather", {"city": "Hamburg", "days": 1}, 0),
    call("where", {"place": {"city": "Kiel"}, "others": [{"city": "Rome", "country": "Italy"}]}, 1),
    call("spread", {"values": {"a": 1, "b": 2}}, 2),
]
RESULTS = [
    {"role": "tool", "tool_call_id": "call_0", "content": "Hamburg celsius 1"},
    {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": '[{"city": "Kiel", "country": "Germany"}, {"city": "Rome", "country": "Italy"}]',
    },
    {"role": "tool", "tool_call_id": "call_2", "content": "3"},
]
TOOLS = [weather, locate, spread, {"type": "web_search"}]


def run(calls: Any, tools: Any, on_loop: bool, **options: Any) -> Any:
    runs = run_tools(calls, tools, **options)

    async def wait() -> Any:
        return await runs

    return asyncio.run(wait()) if on_loop else runs.complete()


@pytest.fixture(params=[False, True], ids=["complete", "await"])
def on_loop(request):
    return request.param


def test_the_calls_of_a_response_are_run_in_their_order(on_loop):
    assert run(CALLS, TOOLS, on_loop) == RESULTS
    assert run(CALLS[:1], TOOLS, on_loop) == RESULTS[:1]
    assert run([], TOOLS, on_loop) == []


def fail(kind: str) -> None:
    if kind == "empty":
        raise KeyError
    raise RuntimeError("the disk is full")


@pytest.mark.parametrize(
    ("asked", "content"),
    [
        (call("weather", '{"city": "Ham'), "error: Invalid JSON: EOF while parsing"),
        (call("weather", {"unit": "celsius"}), "error: city: Field required"),
        (call("weather", {"city": 5}), "error: city: Input should be a valid string"),
        (
            call("weather", {"city": "x", "town": "y"}),
            "error: town: Extra inputs are not permitted",
        ),
        (call("rain"), "error: there is no tool 'rain'; there are: fail, spread, weather, where"),
        (call("web_search"), "error: there is no tool 'web_search'"),
        (call("fail", {"kind": "disk"}), "error: RuntimeError: the disk is full"),
        (call("fail", {"kind": "empty"}), "error: KeyError"),
        (call("where", {"place": 1}), "error: place: "),
    ],
    ids=str,
)
def test_what_fails_is_a_result(on_loop, asked, content):
    (message,) = run([asked], [*TOOLS, fail], on_loop)
    assert (message["role"], message["is_error"]) == ("tool", True)
    assert message["content"].startswith(content)
    assert "Traceback" not in message["content"]


def test_one_that_fails_leaves_the_others(on_loop):
    messages = run([call("rain", number=9), *CALLS], TOOLS, on_loop)
    assert messages[1:] == RESULTS


def test_calls_run_side_by_side(on_loop):
    """None ends before all have begun."""
    meeting = threading.Barrier(3, timeout=10)

    def meet() -> str:
        meeting.wait()
        return "met"

    calls = [call("meet", number=number) for number in range(3)]
    assert [each["content"] for each in run(calls, [meet], on_loop)] == ["met"] * 3


def test_async_calls_run_side_by_side():
    async def wait() -> list[Any]:
        begun: list[int] = []
        all_begun = asyncio.Event()

        async def meet(number: int) -> int:
            begun.append(number)
            if len(begun) == 3:
                all_begun.set()
            await asyncio.wait_for(all_begun.wait(), 10)
            return number

        calls = [call("meet", {"number": number}, number) for number in range(3)]
        return await run_tools(calls, [meet])

    assert [each["content"] for each in asyncio.run(wait())] == ["0", "1", "2"]


def test_calls_run_on_trio():
    trio = pytest.importorskip("trio")

    async def wait() -> Any:
        return await run_tools([*CALLS, call("rain", number=9)], [weather, there, spread])

    @tool(name="where")
    async def there(place: Place, others: Sequence[Place] = ()) -> list[Place]:
        await trio.lowlevel.checkpoint()
        return [place, *others]

    messages = trio.run(wait)
    assert messages[:3] == RESULTS
    assert messages[3]["content"].startswith("error: there is no tool 'rain'")


def test_no_more_run_at_a_time_than_was_said(on_loop):
    lock = threading.Lock()
    two = threading.Barrier(2, timeout=10)
    counts = {"now": 0, "most": 0}

    def count() -> None:
        with lock:
            counts["now"] += 1
            counts["most"] = max(counts.values())
        two.wait()
        with lock:
            counts["now"] -= 1

    messages = run(
        [call("count", number=number) for number in range(20)], [count], on_loop, concurrency=2
    )
    assert {message["content"] for message in messages} == {"null"}  # two were there each time
    assert counts["most"] == 2

    async def count_on_loop() -> None:
        counts["now"] += 1
        counts["most"] = max(counts.values())
        await asyncio.sleep(0)
        counts["now"] -= 1

    calls = [call("count_on_loop", number=number) for number in range(20)]
    counts["most"] = 0
    run(calls, [count_on_loop], on_loop, concurrency=2)
    assert 1 <= counts["most"] <= 2
    with pytest.raises(liter_llm.InvalidArgumentError, match=r"^concurrency: .*got 0"):
        run_tools([], [], concurrency=0)


user = contextvars.ContextVar("user", default="nobody")


def test_functions_run_in_the_callers_context(on_loop):
    token = user.set("Ada")
    try:
        calls = [call("who", number=number) for number in range(2)]
        assert {each["content"] for each in run(calls, [who], on_loop)} == {"Ada"}
    finally:
        user.reset(token)


def who() -> str:
    return user.get()


class Model(pydantic.BaseModel):
    name: str


@pytest.mark.parametrize(
    ("result", "content"),
    [
        ("text", "text"),
        (None, "null"),
        ({"é": [1, True]}, '{"é": [1, true]}'),
        (Model(name="a"), '{"name": "a"}'),
        ({"s": {1}, "d": Place("x")}, '{"s": [1], "d": {"city": "x", "country": "Germany"}}'),
        (5j, '"5j"'),
        ([Color.RED], '["red"]'),
    ],
    ids=str,
)
def test_results_become_text(on_loop, result, content):
    (message,) = run([call("give")], [tool(lambda: result, name="give")], on_loop)
    assert message["content"] == content


@pytest.mark.parametrize("tools", [weather, lambda: "x"], ids=["tool", "function"])
def test_one_tool_is_no_list_of_them(tools):
    with pytest.raises(liter_llm.InvalidArgumentError, match="expected a list of tools"):
        run([call("weather")], tools, False)


def test_a_tool_loop_goes_round(mock, connect):
    """Tools are mixed with plain ones; the messages are those of the response and of the tools."""
    asked = {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Hamburg"}'},
    }
    calls = {"choices": [{"index": 0, "delta": {"tool_calls": [asked]}}]}
    key = mock.plan(stream({"sse": calls}, {"finish": "tool_calls"}, {"done": True}), HELLO)
    llm = connect(key)
    messages: list[Any] = list(REQUEST["messages"])
    tools = [weather, {"type": "function", "function": {"name": "other"}}]

    reply = llm.invoke({**REQUEST, "tools": tools, "stream": True}).complete()
    messages.append(reply.message)
    messages += run_tools(reply, tools).complete()
    assert llm.invoke({**REQUEST, "messages": messages, "tools": tools}).complete().text

    first, second = (request["body"] for request in mock.seen(key)["requests"])
    assert first["tools"] == [dict(weather), tools[1]]
    assert second["messages"][-1]["content"] == "Hamburg celsius None"


def test_ctrl_c_does_not_wait_for_a_tool():
    may_end, ended = threading.Event(), threading.Event()

    def interrupt() -> None:
        _thread.interrupt_main()
        may_end.wait(30)
        ended.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            run_tools([call("interrupt"), call("interrupt", number=1)], [interrupt]).complete()
        assert not ended.is_set()
    finally:
        may_end.set()
    assert ended.wait(30)
