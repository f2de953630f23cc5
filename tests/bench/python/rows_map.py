"""`llm.map` of this library, as docs/bulk.md shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rows import API_KEY, MODEL, messages, run_rows

import liter_llm
from liter_llm import LiterLlm


async def answers(base_url: str, rows: int, concurrency: int) -> list[str | Exception]:
    """The rows are read one by one; their answers come whole, as where nothing else is said."""
    found: list[str | Exception] = []
    requests = ({"model": MODEL, "messages": row} for row in messages(rows))
    async with LiterLlm(
        provider="openai", api_key=API_KEY, base_url=base_url, retries_max=0
    ) as llm:
        async for result in llm.map(requests, concurrency=concurrency):
            found.append(result.response.text if result.error is None else result.error)
    return found


def ask(base_url: str, rows: int, concurrency: int) -> Callable[[], list[str | Exception]]:
    """Nothing has to be made ready."""
    return lambda: asyncio.run(answers(base_url, rows, concurrency))


if __name__ == "__main__":
    run_rows("map", f"liter-llm {liter_llm.__version__}", ask)
