"""litellm's batch completion on an event loop, a method of its `Router`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from importlib.metadata import version

from rows import API_KEY, MODEL, messages, run_rows
from rows_litellm import Router, text


async def answers(base_url: str, rows: int, concurrency: int) -> list[str | Exception]:
    """So many rows at a time: its own limit, `max_parallel_requests`, refuses what is above it."""
    parameters = {
        "model": f"openai/{MODEL}",
        "api_key": API_KEY,
        "api_base": base_url,
        "max_retries": 0,
    }
    models = [{"model_name": MODEL, "litellm_params": parameters}]
    router = Router(model_list=models, num_retries=0)
    left, found = messages(rows), []
    while part := list(itertools.islice(left, concurrency)):
        found += await router.abatch_completion_one_model_multiple_requests(
            model=MODEL, messages=part
        )
    return [text(reply) for reply in found]


def ask(base_url: str, rows: int, concurrency: int) -> Callable[[], list[str | Exception]]:
    """It takes a list of all rows."""
    return lambda: asyncio.run(answers(base_url, rows, concurrency))


if __name__ == "__main__":
    run_rows("litellm-router", f"litellm {version('litellm')}", ask)
