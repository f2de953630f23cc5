"""Pydantic AI: agents with text, tools, output types and streams, and what errors become."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput, exceptions
from pydantic_ai.models.fallback import FallbackModel

from liter_llm import LiterLlm, RateLimitedError
from liter_llm.integrations.pydantic_ai import LiterLlmModel, LiterLlmSettings

HELLO = {"answer": {"text": "Hello world"}}
HEAD = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


def make(place: Any, model: str = "openai/gpt-4o-mini", **settings: Any) -> LiterLlmModel:
    given = LiterLlmSettings(**settings)
    return LiterLlmModel(model, client=LiterLlm(**place.options), settings=given)


def whole(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    body = {"id": "r", "object": "chat.completion", "model": "m", "choices": [choice]}
    headers = [["content-type", "application/json"]]
    return {"status": 200, "headers": headers, "body": json.dumps(body)}


def calling(name: str, arguments: str) -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return whole({"content": None, "tool_calls": [call]}, "tool_calls")


def test_text_and_settings(plan):
    place = plan(HELLO)
    model = make(place, temperature=0.5, timeout=9.0, liter_llm_fields={"top_k": 3})
    result = Agent(model, instructions="Be brief.", system_prompt="You are kind.").run_sync("Hello")
    assert result.output == "Hello world"
    assert result.usage.output_tokens > 0
    asked = place.asked()
    assert (asked["temperature"], asked["top_k"]) == (0.5, 3)
    assert [message["role"] for message in asked["messages"]] == ["system", "system", "user"]
    assert "stop" not in asked


def test_tools_go_round(plan):
    place = plan(calling("weather", '{"city": "Paris"}'), HELLO)
    agent = Agent(make(place))

    @agent.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"rain in {city}"

    assert agent.run_sync("How is it?").output == "Hello world"
    function = place.asked(0)["tools"][0]["function"]
    assert (function["name"], function["description"]) == ("weather", "The weather of a city.")
    _, call, result = place.asked()["messages"]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert result["content"] == "rain in Paris"


def test_a_tool_that_failed_is_marked(plan):
    place = plan({"vector": "anthropic_tool_call_whole"}, HELLO)
    agent = Agent(make(place, "anthropic/claude", max_tokens=64))

    @agent.tool_plain
    def weather(city: str) -> str:
        raise exceptions.ModelRetry("no such city")

    assert agent.run_sync("How is it?").output == "Hello world"
    assert place.asked()["messages"][-1]["content"][0]["is_error"] is True


@pytest.mark.parametrize("native", [False, True])
def test_output_types(plan, native):
    arguments = '{"name": "Paris", "inhabitants": 2}'
    answer = whole({"content": arguments}) if native else calling("final_result", arguments)
    place = plan(answer)
    agent = Agent(make(place), output_type=NativeOutput(City) if native else City)
    assert agent.run_sync("Where?").output == City(name="Paris", inhabitants=2)
    asked = place.asked()
    if native:
        assert asked["response_format"]["json_schema"]["schema"]["type"] == "object"
    else:
        assert asked["tool_choice"] == "required"


def test_streams(plan):
    place = plan(HELLO)

    async def read() -> tuple[list[str], Any]:
        async with Agent(make(place)).run_stream("Hello") as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            return pieces, result.usage

    pieces, usage = asyncio.run(read())
    assert "".join(pieces) == "Hello world"
    assert len(pieces) > 1
    assert usage.output_tokens > 0


def test_tool_calls_in_a_stream(plan):
    place = plan({"vector": "openai_tool_call_deltas"}, HELLO)
    agent = Agent(make(place))
    seen: list[dict[str, Any]] = []
    for name in ("weather", "time"):

        async def look(**arguments: Any) -> str:
            seen.append(arguments)
            return "seen"

        agent.tool_plain(name=name)(look)

    async def read() -> str:
        async with agent.run_stream("Hello") as result:
            return await result.get_output()

    assert asyncio.run(read()) == "Hello world"
    results = [message for message in place.asked()["messages"] if message["role"] == "tool"]
    assert len(results) > 0


def test_thinking_goes_back_unchanged(plan):
    place = plan({"vector": "anthropic_thinking_whole"}, HELLO)
    agent = Agent(make(place, "anthropic/claude", max_tokens=64))
    first = agent.run_sync("Hello")
    assert [type(part).__name__ for part in first.new_messages()[1].parts] == [
        "ThinkingPart",
        "TextPart",
    ]
    agent.run_sync("And?", message_history=first.all_messages())
    blocks = place.asked()["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}


def test_images(plan):
    place = plan(HELLO)
    picture = BinaryContent(b"\x89PNG", media_type="image/png")
    Agent(make(place)).run_sync(["What is it?", picture])
    parts = place.asked()["messages"][0]["content"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, exceptions.ModelRateLimitError),
        (401, exceptions.ModelAuthenticationError),
        (404, exceptions.ModelNotFoundError),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors_are_pydantic_ais(plan, status, kind, streamed):
    place = plan({"status": status, "headers": [], "error": {"message": "no"}})
    agent = Agent(make(place))

    async def run() -> None:
        if streamed:
            async with agent.run_stream("Hello"):
                raise AssertionError("it began")
        await agent.run("Hello")

    with pytest.raises(kind) as raised:
        asyncio.run(run())
    assert isinstance(raised.value, exceptions.ModelHTTPError)
    assert raised.value.status_code == status
    assert status != 429 or isinstance(raised.value.__cause__, RateLimitedError)


def test_its_fallback_model_falls_back(plan):
    down = plan({"status": 503, "headers": [], "error": {"message": "no"}})
    up = plan(HELLO)
    assert Agent(FallbackModel(make(down), make(up))).run_sync("Hello").output == "Hello world"


def test_leaving_early_closes(plan):
    place = plan({"raw": [{"head": HEAD}, {"token": "one"}, {"hang": True}]})

    async def leave() -> None:
        async with Agent(make(place)).run_stream("Hello") as result:
            async for _ in result.stream_text(delta=True, debounce_by=None):
                break

    asyncio.run(leave())
    place.mock.wait(place.key, closed=1)
