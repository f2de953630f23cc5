"""Shared limits, as far as they need no Redis. With one: tests/scale."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from liter_llm.shared_limits import LimitsTooSmallError, SharedLimits


def test_limits_say_what_is_wrong(monkeypatch):
    monkeypatch.delenv("LITER_LLM_REDIS_URL", raising=False)
    with pytest.raises(ValueError, match="requests_per_minute: expected a number from 1"):
        SharedLimits("a", requests_per_minute=0)
    with pytest.raises(ValueError, match="when_lost"):
        SharedLimits("a", when_lost="ajar")  # type: ignore[arg-type]
    with pytest.raises(LimitsTooSmallError, match="about 200 tokens, and tokens_per_minute is 100"):
        asyncio.run(SharedLimits("a", tokens_per_minute=100).reserve(200))
    with pytest.raises(ValueError, match="set LITER_LLM_REDIS_URL"):
        asyncio.run(SharedLimits("a", requests_per_minute=1).reserve())


@pytest.mark.parametrize(
    ("per_minute", "seconds"), [(60_000, 1), (600, 1), (650, 5), (300, 2), (60, 10), (1, 60)]
)
def test_a_window_has_ten_requests_and_loses_none_to_rounding(per_minute, seconds):
    assert SharedLimits("a", requests_per_minute=per_minute).window_seconds == seconds


def test_a_password_is_not_pickled():
    with_password = SharedLimits("a", redis_url="redis://:very-secret@localhost/0")
    with pytest.raises(TypeError, match="set LITER_LLM_REDIS_URL where the limits are used"):
        pickle.dumps(with_password)
    assert pickle.loads(pickle.dumps(SharedLimits("a"))).name == "a"
