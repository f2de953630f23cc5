"""This library, as its README shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run

import liter_llm
from liter_llm import LiterLlm, Options


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """One client for all."""
    options: Options = {"api_key": API_KEY, "retries_max": 0}
    if arguments.ca:
        options["ca_file"] = arguments.ca
    async with LiterLlm(provider="openai", **options) as llm:

        async def ask(stream: Stream) -> None:
            request = {"model": MODEL, "messages": MESSAGES, "base_url": stream.base_url}
            if arguments.whole:
                reply = await llm.invoke({**request, "stream": False})
                stream.token(reply.text)
            else:
                async for token in llm.invoke(request):
                    stream.token(token)

        yield ask


if __name__ == "__main__":
    run("python", f"liter-llm {liter_llm.__version__}", opens)
