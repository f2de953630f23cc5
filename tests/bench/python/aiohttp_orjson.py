"""What an expert writes by hand: aiohttp, orjson, lines cut from chunks, and nothing else; for
embeddings with numpy."""

import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run
from events import read


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """One session for all, with as many connections as it takes."""
    trust = ssl.create_default_context(cafile=arguments.ca) if arguments.ca else True
    connector = aiohttp.TCPConnector(limit=0, ssl=trust)
    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=None)
    body = orjson.dumps({"model": MODEL, "messages": MESSAGES, "stream": not arguments.whole})
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=timeout
    ) as session:

        async def ask(stream: Stream) -> None:
            if arguments.inputs:
                await embed(session, arguments, stream)
                return
            url = f"{stream.base_url}/chat/completions"
            async with session.post(url, data=body) as response:
                response.raise_for_status()
                if arguments.whole:
                    document = orjson.loads(await response.read())
                    stream.token(document["choices"][0]["message"]["content"])
                else:
                    await read(response.content.iter_any(), stream)

        yield ask


async def embed(session: aiohttp.ClientSession, arguments: Arguments, stream: Stream) -> None:
    """One array of all vectors."""
    import numpy as np

    request = {"model": MODEL, "input": arguments.texts(), "dimensions": arguments.dimensions}
    if not arguments.floats:
        request["encoding_format"] = "base64"
    url = f"{stream.base_url}/embeddings"
    async with session.post(url, data=orjson.dumps(request)) as response:
        response.raise_for_status()
        data = orjson.loads(await response.read())["data"]
    if arguments.floats:
        vectors = np.array([row["embedding"] for row in data], dtype=np.float32)
    else:
        numbers = b"".join(b64decode(row["embedding"]) for row in data)
        vectors = np.frombuffer(numbers, dtype="<f4").reshape(len(data), -1)
    stream.vectors(len(vectors), vectors.size)


if __name__ == "__main__":
    run("aiohttp", f"aiohttp {aiohttp.__version__}, orjson {orjson.__version__}", opens)
