"""LlamaIndex: chats, tools through its own agent, and embeddings in an index."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, MessageRole, TextBlock
from llama_index.core.tools import FunctionTool

from liter_llm import TruncatedError
from liter_llm.integrations.llama_index import LiterLlmChat, LiterLlmEmbedding

HELLO = {"answer": {"text": "Hello world"}}
HEAD = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}


def make(place: Any, model: str = "openai/gpt-4o-mini", **fields: Any) -> LiterLlmChat:
    return LiterLlmChat(model, client_options=place.options, fields=fields)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def test_chat_and_complete(plan):
    place = plan({**HELLO, "times": 3})
    llm = make(place, temperature=0.5)
    answer = llm.chat([ChatMessage("Hello")])
    assert answer.message.content == "Hello world"
    assert answer.additional_kwargs["completion_tokens"] > 0
    assert llm.complete("Hello").text == "Hello world"
    assert place.asked()["messages"] == [{"role": "user", "content": "Hello"}]
    assert place.asked()["temperature"] == 0.5
    assert asyncio.run(llm.acomplete("Hello")).text == "Hello world"


def test_streams(plan):
    place = plan({**HELLO, "times": 4})
    llm = make(place)
    pieces = list(llm.stream_chat([ChatMessage("Hello")]))
    assert "".join(piece.delta for piece in pieces) == "Hello world"
    assert pieces[-1].message.content == "Hello world"
    assert pieces[-1].raw.finish_reason == "stop"
    assert "".join(piece.delta for piece in llm.stream_complete("Hello")) == "Hello world"

    async def read() -> list[str]:
        chat = [piece.delta async for piece in await llm.astream_chat([ChatMessage("Hello")])]
        text = [piece.delta async for piece in await llm.astream_complete("Hello")]
        return ["".join(chat), "".join(text)]

    assert asyncio.run(read()) == ["Hello world"] * 2


def test_a_cut_stream_raises(plan):
    place = plan({"raw": [{"head": HEAD}, {"token": "Hello"}]})
    seen = []
    with pytest.raises(TruncatedError):
        seen.extend(make(place).stream_chat([ChatMessage("Hello")]))
    assert [piece.delta for piece in seen] == ["Hello"]


def test_leaving_early_closes(plan):
    place = plan({"raw": [{"head": HEAD}, {"token": "one"}, {"hang": True}]})
    pieces = make(place).stream_chat([ChatMessage("Hello")])
    assert next(pieces).delta == "one"
    pieces.close()
    place.mock.wait(place.key, closed=1)


def test_an_agent_calls_tools(plan):
    place = plan({"vector": "openai_tool_call_deltas"}, HELLO)
    places: list[str] = []

    def look(**arguments: Any) -> str:
        places.append(str(arguments))
        return "seen"

    names = ["weather", "time"]
    tools = [FunctionTool.from_defaults(look, name=name, description="d") for name in names]
    agent = FunctionAgent(tools=tools, llm=make(place))

    async def run() -> str:
        return str(await agent.run("What is it?"))

    assert asyncio.run(run()) == "Hello world"
    results = [message for message in place.asked()["messages"] if message["role"] == "tool"]
    calls = [message for message in place.asked()["messages"] if message.get("tool_calls")]
    assert len(places) == len(results) == len(calls[0]["tool_calls"]) > 0
    assert {result["tool_call_id"] for result in results} == {
        call["id"] for call in calls[0]["tool_calls"]
    }


def test_predict_and_call(plan):
    place = plan({"vector": "openai_tool_call_whole"})
    tool = FunctionTool.from_defaults(weather)
    answer = make(place).predict_and_call([tool], "How is the weather?", tool_required=True)
    assert str(answer) == "rain in Paris"
    assert place.asked()["tool_choice"] == "required"


def test_images_and_thinking(plan):
    place = plan({"vector": "anthropic_thinking_whole"}, HELLO)
    llm = make(place, "anthropic/claude", max_tokens=64)
    blocks = [TextBlock(text="What?"), ImageBlock(image=b"\x89PNG", image_mimetype="image/png")]
    question = ChatMessage(role=MessageRole.USER, blocks=blocks)
    reply = llm.chat([question])
    assert [type(block).__name__ for block in reply.message.blocks] == [
        "ThinkingBlock",
        "TextBlock",
    ]
    llm.chat([question, reply.message, ChatMessage("And?")])
    messages = place.asked()["messages"]
    assert messages[0]["content"][1]["source"]["media_type"] == "image/png"
    assert messages[1]["content"][0]["signature"] == "c2ln"


def test_embeddings_in_an_index(plan):
    place = plan({**HELLO, "times": 9})
    model = LiterLlmEmbedding("openai/text-embedding-3-small", client_options=place.options)
    documents = [Document(text=text) for text in ("apples and pears", "ships at sea")]
    index = VectorStoreIndex.from_documents(documents, embed_model=model)
    found = index.as_retriever(similarity_top_k=1).retrieve("apples and pears")
    assert found[0].text == "apples and pears"
    assert len(asyncio.run(model.aget_text_embedding("a"))) == 8


def test_no_key_is_shown():
    llm = LiterLlmChat("openai/gpt", client_options={"api_key": "sk-secret-0123456789"})
    assert "secret" not in repr(llm) + llm.to_json()
