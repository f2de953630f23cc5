"""Server-sent events to text, as the drivers that are written by hand do it."""

from collections.abc import AsyncIterator

import orjson
from common import Stream


async def read(chunks: AsyncIterator[bytes], stream: Stream) -> None:
    """Lines cut from chunks, each parsed."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line.startswith(b"data: ") or line == b"data: [DONE]":
                continue
            choices = orjson.loads(line[6:])["choices"]
            if choices and (text := choices[0]["delta"].get("content")):
                stream.token(text)
