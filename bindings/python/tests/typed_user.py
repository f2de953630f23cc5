"""What a user's type checker sees: checked by mypy --strict, never run."""

from __future__ import annotations

import asyncio
from typing import Union

from typing_extensions import assert_type

from liter_llm import (
    Call,
    EmbedRequest,
    EmbedResponse,
    End,
    Event,
    LiterLlm,
    LlmError,
    MapResult,
    Message,
    Request,
    Response,
    Stream,
    TimeoutError,
    ToolCall,
)


async def in_a_loop() -> str:
    async with LiterLlm(provider="openai", idle_timeout_ms=5_000, log_level="info") as llm:
        messages: list[Message] = [{"role": "user", "content": "Hello"}]
        request: Request = {"model": "m", "messages": messages, "temperature": 0.5}
        call = llm.invoke(request, retries_max=0)
        assert_type(call, Stream)
        text = ""
        async for token in call:
            assert_type(token, str)
            text += token
        own = {"their_own": True}
        response = await llm.invoke({"model": "m", "messages": messages, "extra_body": own})
        assert_type(response, Response)
        async for result in llm.map([request, {"model": "m", "input": "a"}], concurrency=4):
            assert_type(result, MapResult)
            assert_type(result.error, Union[Exception, None])
        async for event in llm.invoke(request).events():
            assert_type(event, Event)
            if isinstance(event, ToolCall):
                text += event.arguments
            elif isinstance(event, End) and event.usage is not None:
                assert_type(event.usage.input_tokens, "int | None")
        task = asyncio.create_task(llm.invoke(request))
        assert_type(task, "asyncio.Task[Response]")
        print((await task).to_dict()["text"])
        counting, listing = await asyncio.gather(llm.count_tokens(request), llm.models())
        assert_type(counting.input_tokens, int)
        assert_type(listing.models[0].id, str)
        return text + await llm.invoke(request).__anext__()


def without_a_loop(llm: LiterLlm) -> str | None:
    request: Request = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    with llm.invoke(request, collect=False) as call:
        for token in call:
            assert_type(token, str)
        assert_type(call.response.collected, bool)
    try:
        return call.complete().text
    except TimeoutError as error:
        return error.timer
    except LlmError as error:
        return error.partial.text if isinstance(error.partial, Response) else None


async def other_operations(llm: LiterLlm, vectors: list[list[float]]) -> int | None:
    request: EmbedRequest = {"model": "m", "input": ["one", "two"], "dimensions": 256}
    call = llm.embed(request, retries_max=0)
    assert_type(call, Call[EmbedResponse])
    try:
        reply = await call
    except LlmError as error:
        if isinstance(error.partial, EmbedResponse):
            assert_type(error.partial.finished_ranges, "tuple[tuple[int, int], ...]")
        raise
    for vector in reply.vectors:
        assert_type(vector[0], float)
    vectors += reply.vectors.tolist()
    assert_type(reply.vectors[1:], "list[memoryview[float]]")
    documents: list[str] = ["one"]
    reranked = await llm.rerank({"model": "m", "query": "q", "documents": documents, "top_n": 1})
    assert_type(reranked.results[0].score, "float | None")
    assert_type([model.id for model in llm.models(provider="openai").complete().models], list[str])
    counted = llm.count_tokens({"model": "m", "messages": [{"role": "user", "content": "Hello"}]})
    assert_type((await counted).input_tokens, int)
    return reply.usage.input_tokens if reply.usage else None


def what_must_be_refused(llm: LiterLlm, response: Response) -> None:
    LiterLlm(no_such_option=1)  # type: ignore[call-arg]
    llm.invoke({"model": "m", "messages": []}, retries_max="many")  # type: ignore[arg-type]
    llm.invoke({"model": "m", "messages": []}, collect="no")  # type: ignore[arg-type]
    llm.invoke(5)  # type: ignore[arg-type]
    response.text = "changed"  # type: ignore[misc]
    llm.embed([])  # type: ignore[arg-type]
    llm.models().input  # type: ignore[attr-defined]  # noqa: B018


asyncio.run(in_a_loop())
