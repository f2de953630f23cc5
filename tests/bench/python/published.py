"""The package of the same name that is published today, in version 2, as its README shows it."""

import importlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from common import API_KEY, MESSAGES, MODEL, Arguments, Ask, Stream, run

# By name, because the type checker knows only this repository's package of that name. Its README
# takes the request from here too; `liter_llm.chat_stream` would copy each chunk once more.
published: Any = importlib.import_module("liter_llm._internal_bindings")


@asynccontextmanager
async def opens(arguments: Arguments) -> AsyncIterator[Ask]:
    """A client per base URL; most streams share one."""
    clients: dict[str, Any] = {}
    body = {"model": MODEL, "messages": MESSAGES, "stream": not arguments.whole}
    request = published.ChatCompletionRequest.from_json(json.dumps(body))

    async def ask(stream: Stream) -> None:
        client = clients.get(stream.base_url)
        if client is None:
            client = published.create_client(API_KEY, base_url=stream.base_url, max_retries=0)
            clients[stream.base_url] = client
        if arguments.whole:
            reply = await client.chat(request)
            stream.token(str(reply.choices[0].message.content))
            return
        async for chunk in client.chat_stream(request):
            if chunk.choices and (text := chunk.choices[0].delta.content):
                stream.token(text)

    yield ask


if __name__ == "__main__":
    run("published", f"liter-llm {version('liter-llm')}", opens)
