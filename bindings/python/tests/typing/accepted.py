"""What a user's type checker takes: mypy --strict, and pyright in its strict mode. Never run."""

# pyright: strict

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Optional, Union, cast

from typing_extensions import TypedDict, assert_type

from liter_llm import (
    AnyTool,
    ContentPart,
    FunctionTool,
    LiterLlm,
    Message,
    OutputError,
    RateLimitedError,
    Request,
    Response,
    ResponseFormat,
    Stream,
    Tool,
    ToolCall,
    run_tools,
    tool,
)
from liter_llm.testing import Script, make_error, make_response, scripted, taped


@dataclasses.dataclass
class City:
    name: str
    population: int


class Weather(TypedDict):
    city: str
    degrees: float


@tool
def weather(city: Annotated[str, "Its name"], days: int = 1) -> str:
    """The weather in a city."""
    return f"In {city} it rains for {days} days."


@tool(name="where", strict=True)
async def locate(city: str) -> City:
    return City(city, 0)


PLAIN: FunctionTool = {
    "type": "function",
    "function": {"name": "plain", "parameters": {"type": "object"}, "strict": True},
    "cache_control": {"type": "ephemeral"},
}


async def tool_loop(llm: LiterLlm) -> str:
    """A list[Message] takes what a response and run_tools() give."""
    messages: list[Message] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Do I need an umbrella?"},
    ]
    tools: list[AnyTool] = [weather, locate, PLAIN, {"type": "web_search"}]
    while True:
        reply = await llm.invoke({"model": "m", "messages": messages, "tools": tools})
        messages.append(reply.message)
        if not reply.tool_calls:
            return reply.text
        messages += await run_tools(reply, [weather, locate])


def tool_loop_by_hand(llm: LiterLlm) -> None:
    messages: list[Message] = [{"role": "user", "content": "Do I need an umbrella?"}]
    reply = llm.invoke({"model": "m", "messages": messages, "tools": [weather]}).complete()
    messages.append(reply.message)
    for call in reply.tool_calls:
        assert_type(call, ToolCall)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "It rains."})
    messages.extend(run_tools(reply.tool_calls, [weather]).complete())
    assert_type(weather("Hamburg", days=2), str)
    assert_type(weather["function"], Any)


async def tools_are_functions(any_tool: Tool[..., Any]) -> None:
    assert_type(await locate("Hamburg"), City)
    any_tool("whatever")


def parts() -> list[Message]:
    image = "data:image/png;base64,AAAA"
    content: list[ContentPart] = [
        {"type": "text", "text": "What is this?", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": image, "detail": "low"}},
        {"type": "image_url", "image_url": image},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}},
        {"type": "file", "file": {"file_data": image, "filename": "a.pdf"}},
        {"type": "document", "source": {"type": "text", "data": "a"}, "title": "A"},
    ]
    own: Any = {"type": "search_result", "source": "a provider's own part"}
    return [
        {"role": "user", "content": content},
        {"role": "user", "content": [{"type": "text", "text": "inline"}, own]},
        {"role": "tool", "tool_call_id": "c", "content": "failed", "is_error": True},
    ]


async def outputs(llm: LiterLlm, request: Request) -> None:
    stream = llm.invoke(request, output=City, output_retries=1, retries_max=0)
    assert_type(stream, Stream[City])
    reply = await stream
    assert_type(reply, Response[City])
    assert_type(reply.output, City)
    assert_type(reply.output.population, int)
    assert_type(llm.invoke(request, output=Weather).complete().output, Weather)
    assert_type(llm.invoke(request, output=list[City]).complete().output, list[City])
    assert_type(stream.response.output, City)
    async for partial in stream.partials():
        print(partial["name"])
    for partial in stream.partials():
        print(partial["name"])
    either: Any = Union[City, Weather]
    assert_type((await llm.invoke(request, output=either)).output, Any)
    show(reply)
    try:
        assert_type((await llm.invoke(request)).output, object)
    except OutputError as error:
        assert_type(error.text, str)
        assert_type(error.response, Optional[Response])
        assert_type(error.reason, Literal["invalid", "cut", "refused", "empty", "tool_calls"])


def show(response: Response) -> str:
    """Of any output."""
    return response.text


def from_elsewhere(llm: LiterLlm, kept: list[dict[str, Any]], question: str) -> None:
    """Messages that a client or a database has, and those without a hint."""
    message = {"role": "user", "content": question}
    llm.invoke({"model": "m", "messages": kept})
    llm.invoke({"model": "m", "messages": [message]})
    llm.invoke({"model": "m", "messages": [*kept, message]}, output=City)


def requests(llm: LiterLlm, given: dict[str, Any]) -> None:
    shape: ResponseFormat = {
        "type": "json_schema",
        "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True},
    }
    request: Request = {
        "model": "m",
        "messages": parts(),
        "response_format": shape,
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "reasoning_effort": "low",
        "stop": ["a"],
        "extra_body": {"their_own": True},
        "idle_timeout_ms": 5_000,
    }
    llm.invoke(request)
    llm.invoke({**request, "tool_choice": "required", "reasoning_effort": "their own"})
    llm.invoke({"model": "m", "messages": [], "response_format": {"type": "json_object"}})
    llm.invoke(cast(Request, given))
    llm.map([given, request], output=City)


def tests_of_a_program(llm_script: Script) -> None:
    error = RateLimitedError("slow", retry_after_ms=5, partial=make_response("half"))
    llm_script(
        [error, "again", {"text": ["a", "b"]}, make_response("c", usage={"input_tokens": 3})]
    )
    llm_script.add("Hello", contains="Rome", operation="chat", repeat=True)
    llm_script.add(lambda request: str(request["model"]), model="openai/gpt-4o-mini")
    llm_script.add(tool_calls=[("weather", {"city": "Rome"})])
    assert_type(llm_script.client, LiterLlm)
    llm_script.assert_asked(model="gpt-4o-mini", contains="Rome", times=1, temperature=0)
    assert_type(make_error(RateLimitedError, "slow", status=429), RateLimitedError)
    assert_type(OutputError("no", text="{", reason="cut").text, str)
    with scripted("a", error, allow_unused=True) as script, taped("a.jsonl", "replay"):
        assert_type(script.requests[0], dict[str, Any])
