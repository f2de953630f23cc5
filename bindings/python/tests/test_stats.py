"""stats(): what a client has counted, also while it is full; and what pacing tells."""

from __future__ import annotations

import asyncio

import pytest

import liter_llm
from liter_llm import InvalidRequestError, OverloadedError
from support import REQUEST

ANSWERS = {"answer": {"text": "Hello world"}}
HANGS = {"raw": [{"hang": True}]}
REFUSED = {"status": 400, "error": {"message": "no", "type": "invalid_request_error"}}


async def whole(stream: liter_llm.Stream) -> liter_llm.Response:
    return await stream


def test_stats_are_those_of_the_client_that_is_asked(mock, connect):
    key = mock.plan(REFUSED, ANSWERS)
    with connect(key, streams_max=1) as llm:
        assert llm.stats().complete() == liter_llm.Stats(live=0, queued=0, providers={})
        with pytest.raises(InvalidRequestError):
            llm.invoke(REQUEST).complete()
        response = llm.invoke(REQUEST).complete()
        stats = llm.stats().complete()
    openai = stats.providers["openai"]
    assert (stats.live, stats.queued, list(stats.providers)) == (0, 0, ["openai"])
    assert (openai.requests, openai.retries, openai.rate_limited) == (2, 0, 0)
    assert openai.output_tokens == response.usage.output_tokens
    assert openai.first_token_p50_ms == openai.first_token_p99_ms
    assert openai.first_token_p50_ms > 0
    assert response.queued_ms is not None


def test_stats_come_at_once_from_a_client_that_is_full(mock, connect):
    key = mock.plan(HANGS)

    async def run() -> liter_llm.Stats:
        async with connect(key, streams_max=1) as llm:
            calls = [asyncio.ensure_future(whole(llm.invoke(REQUEST))) for _ in range(3)]
            await asyncio.to_thread(mock.wait, key, requests=1)
            # Each call waits for its turn as soon as a thread of the library has looked at it.
            while (stats := await llm.stats()).queued < 2:
                pass
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            return stats

    stats = asyncio.run(run())
    assert (stats.live, stats.queued) == (3, 2)
    assert stats.providers["openai"].requests == 1


def test_one_more_than_may_wait_fails_at_once(mock, connect):
    key = mock.plan(HANGS)

    async def run() -> OverloadedError:
        async with connect(key, streams_max=1, queued_max=0) as llm:
            first = asyncio.ensure_future(whole(llm.invoke(REQUEST)))
            await asyncio.to_thread(mock.wait, key, requests=1)
            with pytest.raises(OverloadedError, match="queued_max \\(0\\)") as raised:
                await llm.invoke(REQUEST)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            return raised.value

    assert asyncio.run(run()).attempts == 0
