"""Shared limits against a real Redis: kept by several processes, settled, lost and found."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from redis_server import Redis

from liter_llm.shared_limits import LimitsLostError, SharedLimits

PROCESS = """
import asyncio, json, sys, time
from liter_llm.shared_limits import SharedLimits

async def main(name, seconds):
    limits = SharedLimits(name, requests_per_minute=6000)
    until, sent = time.time() + float(seconds), []
    async def ask():
        while time.time() < until:
            await limits.reserve()
            sent.append(time.time())
    await asyncio.gather(*(ask() for _ in range(20)))
    print(json.dumps(sent))

asyncio.run(main(*sys.argv[1:]))
"""


def run(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(make(), 30))


def is_lost(limits: SharedLimits) -> bool:
    return limits.is_lost


def most_in(times: list[float], seconds: float) -> int:
    """The most that any span of so many seconds has."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_three_processes_keep_one_limit(redis: Redis) -> None:
    environment = {**os.environ, "LITER_LLM_REDIS_URL": redis.url}
    command = [sys.executable, "-c", PROCESS, "shared", "4"]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(3)
    ]
    each = [json.loads(one.communicate(timeout=60)[0]) for one in running]
    times = sorted(at for sent in each for at in sent)

    spent = times[-1] - times[0]
    print(f"\n{len(times)} reservations in {spent:.2f} s by three processes, of 100 a second:")
    print(f"at most {most_in(times, 1)} in a second, {most_in(times, 3)} in three")
    assert all(sent for sent in each)
    # A reservation is seen here a moment after it counts, so a span may have a few more.
    assert most_in(times, 3) <= 306
    assert len(times) >= 0.95 * 100 * spent


def test_unused_tokens_are_given_back(redis: Redis) -> None:
    """As `limits` subtracts a cost below zero, which its documentation does not promise."""

    async def main() -> list[bool]:
        limits = SharedLimits("tokens", tokens_per_minute=1000, redis_url=redis.url)
        first = await limits.reserve(900)
        waiting = asyncio.ensure_future(limits.reserve(500))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        held = not done
        await first.settle(100)
        await first.settle(0)  # once only
        await asyncio.wait_for(waiting, 5)
        full = asyncio.ensure_future(limits.reserve(500))
        done, _ = await asyncio.wait([full], timeout=0.5)
        full.cancel()
        await asyncio.gather(full, return_exceptions=True)
        await limits.reserve(400)  # the cancelled one took nothing
        await limits.aclose()
        return [held, not done]

    assert run(main) == [True, True]


def test_a_cancelled_wait_for_a_request_gives_its_tokens_back(redis: Redis) -> None:
    async def main() -> None:
        limits = SharedLimits(
            "cancel", requests_per_minute=1, tokens_per_minute=1000, redis_url=redis.url
        )
        await limits.reserve(100)
        waiting = asyncio.ensure_future(limits.reserve(900))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        others = SharedLimits("cancel", tokens_per_minute=1000, redis_url=redis.url)
        await asyncio.wait_for(others.reserve(900), 5)
        await limits.aclose()
        await others.aclose()

    run(main)


def test_more_than_reserved_is_paid_by_the_next(redis: Redis) -> None:
    async def main() -> bool:
        limits = SharedLimits("debt", tokens_per_minute=1000, redis_url=redis.url)
        first = await limits.reserve(600)
        second = await limits.reserve(400)
        await second.settle(700)  # finds no room
        await first.settle(0)
        waiting = asyncio.ensure_future(limits.reserve(400))  # and 300 owed: 1100
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(limits.reserve(300), 5)
        await limits.aclose()
        return not done

    assert run(main)


def test_requests_beyond_the_first_are_owed(redis: Redis) -> None:
    async def main() -> float:
        limits = SharedLimits("owed", requests_per_minute=600, redis_url=redis.url)
        began = time.monotonic()
        reservation = await limits.reserve()
        await reservation.settle(requests=8)
        for _ in range(3):  # 1 + 7 owed, 1, 1: ten in the first second
            await limits.reserve()
        await limits.aclose()
        return time.monotonic() - began

    assert run(main) >= 0.9


def test_open_goes_on_without_redis_and_says_so_once(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        limits = SharedLimits(
            "open", requests_per_minute=60_000, redis_url=redis.url, when_lost="open"
        )
        await limits.reserve()
        redis.stop()
        began = time.monotonic()
        for _ in range(50):
            await limits.reserve()
        assert time.monotonic() - began < 5
        assert is_lost(limits)
        redis.start()
        while is_lost(limits):
            await limits.reserve()
            await asyncio.sleep(0)
        await limits.aclose()

    with caplog.at_level(logging.WARNING, "liter_llm"):
        run(main)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, said
    assert "redis is lost" in said[0]
    assert "open: requests go on without these limits" in said[0]
    assert "redis is back" in said[1]


def test_closed_waits_for_redis_and_goes_on(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        limits = SharedLimits("closed", requests_per_minute=60_000, redis_url=redis.url)
        await limits.reserve()
        redis.stop()
        waiting = asyncio.ensure_future(limits.reserve())
        done, _ = await asyncio.wait([waiting], timeout=1.5)
        assert not done
        redis.start()
        await asyncio.wait_for(waiting, 10)
        await limits.aclose()

    with caplog.at_level(logging.WARNING, "liter_llm"):
        run(main)
    assert ["closed: requests wait" in record.getMessage() for record in caplog.records] == [
        True,
        False,
    ]


def test_closed_is_an_error_in_the_end(redis: Redis) -> None:
    async def main() -> None:
        limits = SharedLimits(
            "closed", requests_per_minute=600, redis_url=redis.url, lost_seconds_max=0.5
        )
        redis.stop()
        with pytest.raises(LimitsLostError, match="redis is lost since"):
            await limits.reserve()

    run(main)


def test_limits_are_pickled_without_a_password(redis: Redis) -> None:
    async def main(limits: SharedLimits) -> None:
        await limits.reserve()
        copy = pickle.loads(pickle.dumps(limits))
        await copy.reserve()
        await copy.aclose()
        await limits.aclose()

    limits = SharedLimits("pickled", requests_per_minute=600, redis_url=redis.url)
    run(lambda: main(limits))
    secret = SharedLimits("secret", redis_url="redis://:very-secret@127.0.0.1:1/0")
    with pytest.raises(TypeError, match="LITER_LLM_REDIS_URL"):
        pickle.dumps(secret)
