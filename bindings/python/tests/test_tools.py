"""tool(function): what a model is told of it; run_tools(): the calls of one response, their results
and what goes wrong with them."""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import dataclasses
import enum
import functools
import json
import threading
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Optional

import pydantic
import pytest

import liter_llm
from liter_llm import ToolCall, run_tools, tool
from support import HELLO, REQUEST, stream


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Place:
    city: str
    country: str = "Germany"


@tool
def weather(
    city: Annotated[str, "Its name"],
    unit: Literal["celsius", "fahrenheit"] = "celsius",
    days: Optional[int] = None,
) -> str:
    """The weather in a city.

    It is the one of today.

    Args:
        city: Not this.
        unit (str): In which
            unit.
        days: How many days ahead: none is today.

    Returns:
        A sentence.
    """
    return f"{city} {unit} {days}"


@tool(name="where", description="Where a place is")
async def locate(place: Place, others: Sequence[Place] = ()) -> list[Place]:
    await asyncio.sleep(0)
    return [place, *others]


def call(name: str, arguments: Any = "{}", number: int = 0) -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(number, f"call_{number}", name, text)


def test_a_tool_is_described_by_its_function():
    assert dict(weather) == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather in a city. It is the one of today.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Its name"},
                    "unit": {
                        "type": "string",
                        "enum": ["celsius", "fahrenheit"],
                        "default": "celsius",
                        "description": "In which unit.",
                    },
                    "days": {
                        "anyOf": [{"type": "integer"}, {"type": "null"}],
                        "description": "How many days ahead: none is today.",
                    },
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }


def test_a_tool_is_still_the_function():
    assert weather("Hamburg", days=2) == "Hamburg celsius 2"
    assert weather.__name__ == "weather"
    assert weather.__doc__ is not None
    assert asyncio.run(locate(Place("Kiel"))) == [Place("Kiel")]
    assert (locate.name, locate["function"]["description"]) == ("where", "Where a place is")
    assert weather in {weather}
    assert weather != locate


def test_a_strict_tool_has_all_arguments():
    strict = tool(weather.function, strict=True)["function"]
    assert strict["strict"] is True
    assert strict["parameters"]["required"] == ["city", "unit", "days"]
    with pytest.raises(liter_llm.InvalidArgumentError, match=r"^tool spread: strict: "):
        tool(spread, strict=True)


def spread(values: dict[str, int]) -> int:
    return sum(values.values())


NUMPY = """Adds.

    Parameters
    ----------
    a : int
        The first,
        of two.
    b: The second.

    Returns
    -------
    int
        The sum.
    """
SPHINX = """Adds.

    :param a: The first,
        of two.
    :param int b: The second.
    :returns: The sum,
        which is a number.
    """
GOOGLE = """Adds.

    Args:
      a (int, optional): The first,
        of two.
      b: The second.
    Raises:
      ValueError: a: never.
    """


@pytest.mark.parametrize("doc", [NUMPY, SPHINX, GOOGLE], ids=["numpy", "sphinx", "google"])
def test_parameters_are_described_by_the_docstring(doc):
    def add(a: int, b: int) -> int:
        return a + b

    add.__doc__ = (
        doc.replace("b: The second.", "b : int\n        The second.") if (doc is NUMPY) else doc
    )

    function = tool(add)["function"]

    assert function["description"] == "Adds."
    described = {
        name: of["description"] for name, of in function["parameters"]["properties"].items()
    }
    assert described == {"a": "The first, of two.", "b": "The second."}


def test_any_text_may_be_a_docstring():
    """It is the caller's, and no form is required."""

    def function(a: int = 1) -> None:
        pass

    for doc in (
        "",
        None,
        ":",
        "Args:",
        ":param",
        "Parameters\n----------",
        "---\n\n---",
        "x:\n  y",
    ):
        function.__doc__ = doc
        assert "a" in tool(function)["function"]["parameters"]["properties"]


def test_pydantic_describes_arguments_too():
    def buy(
        count: Annotated[int, pydantic.Field(ge=1, description="How many")] = 1,
        schema: str = "a name that models have",
    ) -> int:
        return count

    made = tool(buy)
    properties = made["function"]["parameters"]["properties"]
    assert properties["count"]["description"] == "How many"
    assert properties["count"]["minimum"] == 1
    assert made.call_json('{"count": 2}') == 2
    with pytest.raises(ValueError, match="count: Input should be greater than or equal to 1"):
        made.call_json('{"count": 0}')


class Shop:
    def __init__(self, name: str) -> None:
        self.name = name

    def sell(self, thing: str, /, count: int = 1) -> str:
        """Sells a thing."""
        return f"{self.name} {count} {thing}"

    def __call__(self, thing: str) -> str:
        return thing


def test_methods_and_objects_are_tools():
    sell = tool(Shop("Corner").sell)
    assert sell.name == "sell"
    assert sell.call_json('{"thing": "tea", "count": 2}') == "Corner 2 tea"
    shop = tool(Shop("Corner"), name="shop")
    assert list(shop["function"]["parameters"]["properties"]) == ["thing"]


class Order(pydantic.BaseModel):
    """Orders a thing."""

    thing: str = pydantic.Field(description="What is ordered")
    count: int = 1


def test_a_model_is_a_tool():
    made = tool(Order)
    assert made["function"]["description"] == "Orders a thing."
    properties = made["function"]["parameters"]["properties"]
    assert properties["thing"] == {"type": "string", "description": "What is ordered"}
    assert made.call_json('{"thing": "tea"}') == Order(thing="tea")


def test_what_a_partial_has_is_not_the_models():
    def read(connection: Opaque, name: str) -> str:
        """Reads a row."""
        return f"{name} of {connection}"

    made = tool(functools.partial(read, connection="the database"), name="read")

    assert made["function"]["description"] == "Reads a row."
    assert list(made["function"]["parameters"]["properties"]) == ["name"]
    assert made.call_json('{"name": "a"}') == "a of the database"
    with pytest.raises(ValueError, match="connection"):
        made.call_json('{"name": "a", "connection": "another"}')


class Opaque:
    pass


def test_what_cannot_be_described_is_refused():
    def any_number(*numbers: int) -> None: ...
    def any_names(**names: int) -> None: ...
    def opaque(thing: Opaque) -> None: ...
    def unknown(thing: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821

    messages = {
        any_number: "tool any_number: [*]numbers: ",
        any_names: "tool any_names: [*][*]names: ",
        opaque: "tool opaque: .*Opaque",
        unknown: "tool unknown: NameError: .*Missing",
    }
    for function, message in messages.items():
        with pytest.raises(liter_llm.InvalidArgumentError, match=message):
            tool(function)
    for name in ("<lambda>", "größe", "a b", "x" * 65):
        with pytest.raises(liter_llm.InvalidArgumentError, match=f"tool {name}: the name: "):
            tool(lambda: None, name=name)
    with pytest.raises(liter_llm.InvalidArgumentError, match="tool <lambda>: the name: "):
        tool(lambda: None)
    assert tool(lambda: None, name="nothing").name == "nothing"


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


def test_a_partial_has_the_name_of_its_function():
    def look(person: str, place: str) -> str:
        return f"{person} looks at {place}"

    assert tool(functools.partial(look, "Bob")).name == "look"


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
