"""LangChain's own tests of a chat model, and what they do not look at."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_tests.unit_tests import ChatModelUnitTests, EmbeddingsUnitTests
from pydantic import BaseModel

from liter_llm import RateLimitedError
from liter_llm.integrations.langchain import ChatLiterLlm, LiterLlmEmbeddings

HELLO = {"answer": {"text": "Hello world"}}


class TestChatModel(ChatModelUnitTests):
    """LangChain's."""

    @property
    def chat_model_class(self) -> type[ChatLiterLlm]:
        return ChatLiterLlm

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "openai/gpt-4o-mini"}


class TestEmbeddings(EmbeddingsUnitTests):
    """LangChain's."""

    @property
    def embeddings_class(self) -> type[LiterLlmEmbeddings]:
        return LiterLlmEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "openai/text-embedding-3-small"}


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


def make(place: Any, model: str = "openai/gpt-4o-mini", **fields: Any) -> ChatLiterLlm:
    return ChatLiterLlm(model=model, client_options=place.options, **fields)


def test_invoke(plan):
    place = plan(HELLO)
    message = make(place, temperature=0.5, stop=["END"]).invoke("Hello")
    assert message.content == "Hello world"
    assert message.usage_metadata["output_tokens"] > 0
    assert message.response_metadata["model_provider"] == "openai"
    asked = place.asked()
    assert asked["messages"] == [{"role": "user", "content": "Hello"}]
    assert (asked["temperature"], asked["stop"]) == (0.5, ["END"])
    assert "max_tokens" not in asked


def test_streams_add_up_to_the_message(plan):
    place = plan(HELLO)
    chunks = list(make(place).stream("Hello"))
    assert len(chunks) > 3
    total = sum(chunks[1:], chunks[0])
    assert total.content == "Hello world"
    assert total.response_metadata["finish_reason"] == "stop"
    assert total.usage_metadata["total_tokens"] > 0
    assert place.asked()["stream"] is True


def test_async_and_batch(plan):
    place = plan({**HELLO, "times": 4})

    async def ask() -> list[Any]:
        model = make(place)
        streamed = [chunk.content async for chunk in model.astream("Hello")]
        return ["".join(streamed), *[reply.content for reply in await model.abatch(["a"] * 3)]]

    assert asyncio.run(ask()) == ["Hello world"] * 4


def test_tools_go_round(plan):
    place = plan({"vector": "openai_tool_call_whole"}, HELLO)
    model = make(place).bind_tools([weather], tool_choice="any")
    question = HumanMessage("How is the weather?")
    reply = model.invoke([question])
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [
        ("weather", {"city": "Paris"})
    ]
    result = weather.invoke(reply.tool_calls[0])
    assert isinstance(result, ToolMessage)
    assert model.invoke([question, reply, result]).content == "Hello world"
    first, second = place.asked(0), place.asked(1)
    assert first["tool_choice"] == "required"
    assert first["tools"][0]["function"]["name"] == "weather"
    assert second["messages"][1]["tool_calls"][0]["id"] == "call_1"
    assert second["messages"][2] == {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": "rain in Paris",
    }


def test_a_tool_that_failed_is_marked(plan):
    place = plan(HELLO)
    call = {"name": "weather", "args": {}, "id": "c1"}
    failed = ToolMessage("no such city", tool_call_id="c1", status="error")
    model = make(place, "anthropic/claude", max_tokens=64)
    model.invoke([HumanMessage("Hello"), AIMessage("", tool_calls=[call]), failed])
    assert place.asked()["messages"][-1]["content"][0]["is_error"] is True


def test_tool_calls_in_a_stream(plan):
    place = plan({"vector": "openai_tool_calls_interleaved"})
    chunks = list(make(place).bind_tools([weather]).stream("Hello"))
    total = sum(chunks[1:], chunks[0])
    assert len(total.tool_calls) == 2


def test_thinking_goes_back_unchanged(plan):
    place = plan({"vector": "anthropic_thinking_whole"}, HELLO)
    model = make(place, "anthropic/claude", max_tokens=64)
    reply = model.invoke("Hello")
    assert (reply.content, reply.additional_kwargs["reasoning_content"]) == ("42", "Hm")
    model.invoke([HumanMessage("Hello"), reply, HumanMessage("And?")])
    blocks = place.asked()["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
    assert blocks[1] == {"type": "redacted_thinking", "data": "ZGF0YQ=="}


def test_structured_output(plan):
    function = {"name": "City", "arguments": '{"name": "Paris", "inhabitants": 2}'}
    call = {"id": "c", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"id": "r", "object": "chat.completion", "model": "m", "choices": [choice]}
    place = plan(
        {"status": 200, "headers": [["content-type", "application/json"]], "body": json.dumps(body)}
    )
    model = make(place).with_structured_output(City)
    assert model.invoke("Where?") == City(name="Paris", inhabitants=2)


def test_images_and_errors(plan):
    place = plan({"status": 429, "headers": [["retry-after", "7"]], "error": {"message": "slow"}})
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
    with pytest.raises(RateLimitedError) as raised:
        make(place).invoke([HumanMessage([{"type": "text", "text": "What?"}, image])])
    assert raised.value.retry_after_ms == 7000
    assert place.asked()["messages"][0]["content"][1] == image


def test_leaving_early_closes(plan):
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
    place = plan({"raw": [{"head": head}, {"token": "one"}, {"hang": True}]})
    stream = make(place).stream("Hello")
    assert next(chunk.content for chunk in stream if chunk.content) == "one"
    stream.close()
    place.mock.wait(place.key, closed=1)


def test_no_key_is_shown():
    model = ChatLiterLlm(model="openai/gpt-4o-mini", api_key="sk-secret-0123456789")
    assert "secret" not in repr(model) + str(model.model_dump())
    assert AIMessage("x").content == "x"


def test_embeddings(plan):
    place = plan({**HELLO, "times": 3})
    model = LiterLlmEmbeddings("openai/text-embedding-3-small", client_options=place.options)
    documents = model.embed_documents(["a", "b"])
    assert [len(vector) for vector in documents] == [8, 8]
    assert model.embed_query("a") == documents[0]
    assert asyncio.run(model.aembed_query("b")) == documents[1]
