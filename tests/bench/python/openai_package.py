"""The `openai` package, with as many connections as it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import openai
from common import API_KEY, MODEL, Arguments, Ask, Stream, run


async def embed(client: openai.AsyncOpenAI, arguments: Arguments, stream: Stream) -> None:
    """The package asks for base64 unless it is told otherwise; its vectors are lists."""
    import numpy as np

    form = {"encoding_format": "float"} if arguments.floats else {}
    reply = await client.embeddings.create(
        model=MODEL, input=arguments.texts(), dimensions=arguments.dimensions, **form
    )
    vectors = np.array([row.embedding for row in reply.data], dtype=np.float32)
    stream.vectors(len(vectors), vectors.size)


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """One client for all; a base URL of its own for timed streams."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    transport = httpx2.AsyncClient(
        limits=limits, timeout=None, verify=arguments.ca or True, trust_env=False
    )
    client = openai.AsyncOpenAI(
        api_key=API_KEY, base_url="http://unused/v1", max_retries=0, http_client=transport
    )
    clients: dict[str, openai.AsyncOpenAI] = {}

    async def ask(stream: Stream) -> None:
        own = clients.get(stream.base_url)
        if own is None:
            own = clients[stream.base_url] = client.with_options(base_url=stream.base_url)
        if arguments.inputs:
            await embed(own, arguments, stream)
            return
        if arguments.whole:
            reply = await own.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "hello"}]
            )
            stream.token(reply.choices[0].message.content or "")
            return
        chunks = await own.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hello"}], stream=True
        )
        async for chunk in chunks:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                stream.token(text)

    async with client:
        yield ask


if __name__ == "__main__":
    run("openai", f"openai {openai.__version__}", opens)
