import asyncio
from collections.abc import AsyncIterator
from typing import Any

from liter_llm import LiterLlm


async def requests() -> AsyncIterator[dict[str, Any]]:
    for text in ("Ownership moves a value", "A borrow lends it"):  # or rows of a database
        yield {"model": "text-embedding-3-small", "input": text}


async def main() -> None:
    async with LiterLlm(provider="openai") as llm:
        async for result in llm.map(requests(), concurrency=8):
            if result.error is None:
                print(result.index, result.response.vectors[0][:2].tolist())


asyncio.run(main())
