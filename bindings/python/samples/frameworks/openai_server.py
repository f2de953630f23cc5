"""A server that OpenAI's clients understand, in front of any provider."""

import asyncio
import json

from liter_llm import LiterLlm
from liter_llm.integrations.openai_format import (
    OpenAIChunks,
    from_openai_request,
    to_openai_response,
)

llm = LiterLlm()


async def chat_completions(body: bytes) -> object:
    """The handler of POST /v1/chat/completions: JSON, or lines for text/event-stream."""
    arguments = json.loads(body)
    stream = llm.invoke(from_openai_request(arguments))
    if arguments.get("stream"):
        return OpenAIChunks(stream).alines()
    return to_openai_response(await stream)


async def main() -> None:
    question = {"role": "user", "content": "Hello"}
    body = json.dumps({"model": "openai/gpt-4o-mini", "messages": [question], "stream": True})
    lines = await chat_completions(body.encode())
    async for line in lines:  # what a web framework sends to the client
        print(line, end="")


if __name__ == "__main__":
    asyncio.run(main())
