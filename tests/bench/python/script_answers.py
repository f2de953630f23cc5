"""What a scripted answer costs in Python: `python tests/bench/python/script_answers.py [COUNT]`.

Prints CPU time of the process, all its threads, for each answer: one call after the other, on a
thread and on an event loop, and side by side with map(). The last ones are the fixtures' own way,
which also takes down what was asked. --profile shows the calling thread by function.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from functools import partial

from liter_llm import LiterLlm, Request
from liter_llm.testing import scripted

REQUEST: Request = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
ANSWER = {"text": "Hello world", "usage": {"input_tokens": 3, "output_tokens": 2}}


def one_by_one(llm: LiterLlm, count: int) -> None:
    """complete(), without an event loop."""
    for _ in range(count):
        assert llm.invoke(REQUEST).complete().text == "Hello world"


def on_a_loop(llm: LiterLlm, count: int) -> None:
    """await, one after the other."""

    async def main() -> None:
        for _ in range(count):
            assert (await llm.invoke(REQUEST)).text == "Hello world"

    asyncio.run(main())


def mapped(llm: LiterLlm, count: int) -> None:
    """map(), with 256 in flight."""
    results = llm.map((REQUEST for _ in range(count)), concurrency=256)
    assert sum(result.response.text == "Hello world" for result in results) == count


def mapped_on_a_loop(llm: LiterLlm, count: int) -> None:
    """The same with async for."""

    async def main() -> None:
        results = llm.map((REQUEST for _ in range(count)), concurrency=256)
        texts = [result.response.text async for result in results]
        assert texts == ["Hello world"] * count

    asyncio.run(main())


WAYS: list[Callable[[LiterLlm, int], None]] = [one_by_one, on_a_loop, mapped, mapped_on_a_loop]


def measure(name: str, run: Callable[[int], None], count: int) -> None:
    """One line: microseconds of CPU for each answer, how many a second of one core is, and how many
    came in a second."""
    run(count // 20)  # what is loaded and opened once
    began, used = time.perf_counter(), time.process_time()
    main_used = time.thread_time()
    run(count)
    cpu, wall = time.process_time() - used, time.perf_counter() - began
    main = time.thread_time() - main_used
    print(
        f"{name:28} {cpu / count * 1e6:6.1f} us of CPU ({main / count * 1e6:5.1f} in Python's"
        f" thread), {count / cpu:8,.0f} a second of CPU, {count / wall:8,.0f} a second"
    )


def profile(run: Callable[[int], None], count: int) -> None:
    """Where the calling thread spends its time."""
    profiler = cProfile.Profile()
    profiler.runcall(run, count)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main(arguments: list[str]) -> None:
    """Measures, or profiles, every way."""
    count = int(next((text for text in arguments if text.isdigit()), "20000"))
    for way in WAYS:
        with LiterLlm("script", script=ANSWER) as llm:
            if "--profile" in arguments:
                profile(partial(way, llm), count)
            else:
                measure(way.__name__, partial(way, llm), count)
    with scripted() as script:
        script.add({**ANSWER, "repeat": True})
        for way in (one_by_one, mapped):
            measure(f"{way.__name__}, scripted()", partial(way, script.client), count)


if __name__ == "__main__":
    main(sys.argv[1:])
