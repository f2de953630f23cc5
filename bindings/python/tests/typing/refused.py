"""What a user's type checker has to refuse: in each line that ends in a mark, and in no other.

Checked by mypy --strict and by pyright, never run."""

from __future__ import annotations

from typing import Any

from liter_llm import (
    ContentPart,
    FunctionTool,
    LiterLlm,
    Message,
    Options,
    RateLimitedError,
    Request,
    Response,
    ResponseFormat,
    run_tools,
    tool,
)
from liter_llm.testing import Script, make_response, taped

MESSAGES: list[Message] = []


class City:
    name: str


def misspelt_fields(llm: LiterLlm) -> None:
    llm.invoke({"model": "m", "messages": MESSAGES, "max_token": 5})  # refused
    llm.invoke({"model": "m", "mesages": MESSAGES})  # refused
    llm.invoke({"model": "m", "messages": "Hello"})  # refused
    llm.invoke({"model": "m", "messages": ["Hello"]})  # refused
    llm.invoke({"messages": MESSAGES})  # refused
    llm.invoke({"model": "m", "messages": MESSAGES, "temperature": "hot"})  # refused
    llm.invoke({"model": "m", "messages": MESSAGES, "response_format": {"type": "j"}})  # refused
    llm.invoke({"model": "m", "messages": MESSAGES, "tools": "all"})  # refused
    llm.invoke({"model": "m", "messages": MESSAGES}, idle_timeout=5)  # refused
    llm.embed({"model": "m", "inputs": ["a"]})  # refused
    llm.count_tokens({"model": "m", "messages": MESSAGES, "max_token": 5})  # refused
    request: Request = {"model": "m", "messages": MESSAGES, "maxTokens": 5}  # refused
    options: Options = {"retry_max": 5}  # refused
    print(request, options)


def misspelt_parts() -> None:
    text: ContentPart = {"type": "text", "txt": "a"}  # refused
    image: ContentPart = {"type": "image_url", "image_url": {"uri": "a"}}  # refused
    plain: FunctionTool = {"type": "function", "function": {"nme": "a"}}  # refused
    shape: ResponseFormat = {"type": "json_schema", "json_schema": {"name": "a"}}  # refused
    MESSAGES.append({"role": "tool", "tool_call": "a"})  # refused
    misspelt: list[Message] = [{"role": "user", "contant": "a"}]  # refused
    unknown: list[Message] = [{"role": "usr", "content": "a"}]  # refused
    print(misspelt, unknown)
    print(text, image, plain, shape)


@tool
def weather(city: str) -> str:
    return city


async def outputs(llm: LiterLlm, request: Request, response: Response) -> None:
    reply = await llm.invoke(request, output=City)
    print(reply.output.nme)  # refused
    print((await llm.invoke(request)).output.name)  # refused
    number: int = reply.output  # refused
    llm.invoke(request, output=City, output_retries="one")  # refused
    weather(5)  # refused
    weather(town="Hamburg")  # refused
    messages: list[Message] = run_tools(response, [weather])  # refused
    print(number, messages)


def wrong_types(llm: LiterLlm, anything: Any) -> None:
    llm.invoke(5)  # refused
    llm.invoke([anything])  # refused


def tests_of_a_program(llm_script: Script) -> None:
    RateLimitedError("slow", retry_after=5)  # refused
    RateLimitedError("slow", text="a")  # refused
    llm_script.add(3)  # refused
    llm_script.add("a", operation="chats")  # refused
    make_response(3)  # refused
    taped("a.jsonl", "play")  # refused
