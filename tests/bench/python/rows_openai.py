"""What people write today: the `openai` package, a task for each row, and a semaphore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import openai
from rows import API_KEY, MODEL, messages, run_rows


async def answers(base_url: str, rows: int, concurrency: int) -> list[str | Exception]:
    """Whole answers. The transport is that of the package, without the machine's proxies."""
    semaphore = asyncio.Semaphore(concurrency)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    transport = httpx2.AsyncClient(limits=limits, timeout=None, trust_env=False)

    async def answer(row: list[dict[str, str]]) -> str | Exception:
        async with semaphore:
            try:
                reply = await client.chat.completions.create(
                    model=MODEL,
                    messages=row,  # type: ignore[arg-type, unused-ignore]
                )
            except Exception as error:
                return error
            return str(reply.choices[0].message.content or "")

    async with openai.AsyncOpenAI(
        api_key=API_KEY, base_url=base_url, max_retries=0, http_client=transport
    ) as client:
        return await asyncio.gather(*map(answer, messages(rows)))


def ask(base_url: str, rows: int, concurrency: int) -> Callable[[], list[str | Exception]]:
    """Nothing has to be made ready."""
    return lambda: asyncio.run(answers(base_url, rows, concurrency))


if __name__ == "__main__":
    run_rows("openai-rows", f"openai {openai.__version__}", ask)
