"""What an expert writes by hand: aiohttp, orjson, lines cut from chunks, and nothing else."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run


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
            url = f"{stream.base_url}/chat/completions"
            async with session.post(url, data=body) as response:
                response.raise_for_status()
                if arguments.whole:
                    document = orjson.loads(await response.read())
                    stream.token(document["choices"][0]["message"]["content"])
                else:
                    await read(response.content, stream)

        yield ask


async def read(content: aiohttp.StreamReader, stream: Stream) -> None:
    """Server-sent events to text."""
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line.startswith(b"data: ") or line == b"data: [DONE]":
                continue
            choices = orjson.loads(line[6:])["choices"]
            if choices and (text := choices[0]["delta"].get("content")):
                stream.token(text)


if __name__ == "__main__":
    run("aiohttp", f"aiohttp {aiohttp.__version__}, orjson {orjson.__version__}", opens)
