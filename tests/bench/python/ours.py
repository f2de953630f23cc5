"""This library, as its README shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common import API_KEY, MODEL, PROMPT, Arguments, Ask, Stream, run

import liter_llm
from liter_llm import LiterLlm, Options, Request


async def embed(llm: LiterLlm, arguments: Arguments, stream: Stream) -> None:
    """vLLM is asked for JSON numbers, OpenAI for base64."""
    import numpy as np

    reply = await llm.embed(
        {
            "provider": "vllm" if arguments.floats else "openai",
            "model": MODEL,
            "input": arguments.texts(),
            "dimensions": arguments.dimensions,
            "base_url": stream.base_url,
        }
    )
    vectors = np.asarray(reply)
    assert vectors.dtype == np.float32, vectors.dtype
    stream.vectors(len(vectors), vectors.size)


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """One client for all."""
    options: Options = {"api_key": API_KEY, "retries_max": 0}
    if arguments.ca:
        options["ca_file"] = arguments.ca
    if arguments.workers:
        options["worker_threads"] = arguments.workers
    async with LiterLlm(provider="openai", **options) as llm:

        async def ask(stream: Stream) -> None:
            if arguments.inputs:
                await embed(llm, arguments, stream)
                return
            request: Request = {
                "model": MODEL,
                "messages": [{"role": "user", "content": PROMPT}],
                "base_url": stream.base_url,
            }
            if arguments.whole:
                reply = await llm.invoke({**request, "stream": False})
                stream.token(reply.text)
            else:
                async for token in llm.invoke(request):
                    stream.token(token)

        yield ask


if __name__ == "__main__":
    run("python", f"liter-llm {liter_llm.__version__}", opens)
