"""Events and responses as OpenAI's own classes take them, and its arguments as a request."""

from __future__ import annotations

import asyncio
import json

import httpx
import openai
import pytest
from openai.types import chat

from liter_llm import LiterLlm
from liter_llm.integrations.openai_format import (
    OpenAIChunks,
    from_openai_request,
    to_openai_response,
)

REQUEST = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
HELLO = {"answer": {"text": "Hello world"}}
FIELDS_OF_NO_STREAM = {"service_tier", "system_fingerprint"}


def test_chunks_are_openais(plan):
    place = plan(HELLO)
    with LiterLlm(**place.options) as llm:
        chunks = list(OpenAIChunks(llm.invoke(REQUEST)))
    read = [chat.ChatCompletionChunk.model_validate(chunk, strict=True) for chunk in chunks]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in read) == "Hello world"
    assert read[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in read[-2:]] == [None, "stop"]
    assert read[-1].usage is not None
    assert len({chunk.id for chunk in read}) == 1
    assert read[0].id


def test_openais_client_reads_our_lines(plan):
    """A server that passes our lines on is one that OpenAI's client understands."""
    place = plan({"vector": "openai_tool_calls_interleaved"})
    with LiterLlm(**place.options) as llm:
        own = llm.invoke({**REQUEST, "stream": True}).complete()
        lines = "".join(OpenAIChunks(llm.invoke(REQUEST)).lines())
    assert lines.endswith("data: [DONE]\n\n")

    def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=lines, headers={"content-type": "text/event-stream"})

    transport = httpx.Client(transport=httpx.MockTransport(serve))
    client = openai.OpenAI(api_key="k", base_url="http://127.0.0.1:1/v1", http_client=transport)
    with client.chat.completions.stream(model="m", messages=[]) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    assert calls == [(call.name, call.arguments) for call in own.tool_calls]
    assert len(calls) > 1


def test_whole_response_is_openais(plan):
    place = plan({"vector": "openai_tool_call_whole"})
    with LiterLlm(**place.options) as llm:
        found = to_openai_response(llm.invoke(REQUEST).complete())
    read = chat.ChatCompletion.model_validate(json.loads(json.dumps(found)), strict=True)
    assert read.choices[0].message.tool_calls[0].function.arguments == '{"city":"Paris"}'
    assert read.choices[0].finish_reason == "tool_calls"


def test_reasoning_and_async(plan):
    place = plan({"vector": "anthropic_thinking"})
    request = {**REQUEST, "model": "anthropic/claude", "max_tokens": 64}

    async def read() -> list[dict[str, object]]:
        async with LiterLlm(**place.options) as llm:
            return [chunk async for chunk in OpenAIChunks(llm.invoke(request))]

    deltas = [chunk["choices"][0]["delta"] for chunk in asyncio.run(read())]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas).startswith("Hm, é")


def test_leaving_early_closes(plan):
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
    place = plan({"raw": [{"head": head}, {"token": "one"}, {"hang": True}]})

    async def leave() -> None:
        async with LiterLlm(**place.options) as llm:
            async for chunk in OpenAIChunks(llm.invoke(REQUEST)):
                if chunk["choices"][0]["delta"].get("content"):
                    break

    asyncio.run(leave())
    place.mock.wait(place.key, closed=1)


def test_arguments_become_a_request():
    arguments = {
        **REQUEST,
        "temperature": openai.omit,
        "stream": True,
        "stream_options": {"include_usage": True},
        "extra_headers": {"x-team": "a"},
        "extra_body": {"top_k": 3},
        "timeout": 2.5,
        "functions": [{"name": "look"}],
        "function_call": {"name": "look"},
    }
    assert from_openai_request(arguments) == {
        **REQUEST,
        "stream": True,
        "headers": {"x-team": "a"},
        "extra_body": {"top_k": 3},
        "total_timeout_ms": 2500,
        "tools": [{"type": "function", "function": {"name": "look"}}],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
    }
    timeout = httpx.Timeout(30.0, connect=2.0)
    assert from_openai_request({"timeout": timeout, "function_call": "auto"}) == {
        "connect_timeout_ms": 2000,
        "idle_timeout_ms": 30000,
        "tool_choice": "auto",
    }
    with pytest.raises(ValueError, match="extra_query"):
        from_openai_request({"extra_query": {"a": "b"}})


def test_messages_of_the_package_are_taken(plan):
    """What OpenAI's client returned goes into our next request as it is."""
    place = plan(HELLO)
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = chat.ChatCompletionMessage.model_validate(
        {"role": "assistant", "content": None, "tool_calls": [call]}
    )
    result = {"role": "tool", "tool_call_id": "c", "content": "seen"}
    with LiterLlm(**place.options) as llm:
        llm.invoke({**REQUEST, "messages": [*REQUEST["messages"], message, result]}).complete()
    assert place.asked()["messages"][1]["tool_calls"] == [call]
