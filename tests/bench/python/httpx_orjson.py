"""The same by hand over httpx, which is what most packages of providers stand on."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run
from events import read


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """One client for all, with as many connections as it takes."""
    trust = ssl.create_default_context(cafile=arguments.ca) if arguments.ca else True
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
    body = orjson.dumps({"model": MODEL, "messages": MESSAGES, "stream": not arguments.whole})
    async with httpx.AsyncClient(
        limits=limits, timeout=None, verify=trust, trust_env=False, headers=headers
    ) as client:

        async def ask(stream: Stream) -> None:
            url = f"{stream.base_url}/chat/completions"
            async with client.stream("POST", url, content=body) as response:
                response.raise_for_status()
                if arguments.whole:
                    document = orjson.loads(await response.aread())
                    stream.token(document["choices"][0]["message"]["content"])
                else:
                    await read(response.aiter_bytes(), stream)

        yield ask


if __name__ == "__main__":
    run("httpx", f"httpx {httpx.__version__}, orjson {orjson.__version__}", opens)
