"""The least that asyncio costs for a token that comes alone: 10,000 tasks wait, and one future
after the other is set, 38 in each turn of the loop, as many as (b-5) has. Once as futures do it,
once with the task called in the callback that has the news, as this library does it.

python tests/bench/python/floor.py
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

TASKS = 10_000
PER_TURN = 38
TURNS = 5_000


def set_result(future: asyncio.Future[None]) -> None:
    """The future asks the loop to call the task."""
    future.set_result(None)


def step(future: asyncio.Future[None]) -> None:
    """The task is called here."""
    callbacks: list[Any] = future._callbacks
    [(call, context)] = callbacks
    future.remove_done_callback(call)
    future.set_result(None)
    context.run(call, future)


async def main() -> None:
    """Prints CPU time per wake, three times each."""
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(TASKS)]

    async def wait(index: int) -> None:
        while True:
            await futures[index]
            futures[index] = loop.create_future()

    tasks = [asyncio.create_task(wait(index)) for index in range(TASKS)]
    await asyncio.sleep(0)
    order = random.sample(range(TASKS), TASKS)

    def turn(number: int, wake: Callable[[asyncio.Future[None]], None]) -> None:
        for place in range(number * PER_TURN, (number + 1) * PER_TURN):
            wake(futures[order[place % TASKS]])

    for wake in (set_result, step) * 3:
        began = time.process_time()
        for number in range(TURNS):
            loop.call_soon(turn, number, wake)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        spent = time.process_time() - began
        print(f"{wake.__name__}: {spent / (TURNS * PER_TURN) * 1e6:.2f} us a wake", flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
