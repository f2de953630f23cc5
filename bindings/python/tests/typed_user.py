"""What a user's type checker sees: checked by mypy --strict, never run."""

from __future__ import annotations

import asyncio

from typing_extensions import assert_type

from liter_llm import (
    End,
    Event,
    LiterLlm,
    LlmError,
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
        response = await llm.invoke({"model": "m", "messages": messages, "their_own": True})
        assert_type(response, Response)
        async for event in llm.invoke(request).events():
            assert_type(event, Event)
            if isinstance(event, ToolCall):
                text += event.arguments
            elif isinstance(event, End) and event.usage is not None:
                assert_type(event.usage.input_tokens, "int | None")
        return text + await llm.invoke(request).__anext__()


def without_a_loop(llm: LiterLlm) -> str | None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    with llm.invoke(request, collect=False) as call:
        for token in call:
            assert_type(token, str)
        assert_type(call.response.collected, bool)
    try:
        return call.complete().text
    except TimeoutError as error:
        return error.timer
    except LlmError as error:
        return error.partial.text if error.partial else None


def what_must_be_refused(llm: LiterLlm, response: Response) -> None:
    LiterLlm(no_such_option=1)  # type: ignore[call-arg]
    llm.invoke({"model": "m", "messages": []}, retries_max="many")  # type: ignore[arg-type]
    llm.invoke({"model": "m", "messages": []}, collect="no")  # type: ignore[arg-type]
    llm.invoke(5)  # type: ignore[arg-type]
    response.text = "changed"  # type: ignore[misc]


asyncio.run(in_a_loop())
