"""What rows cost: by prices that were given, by those of a package, and in batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from liter_llm.bulk.prices import Prices
from liter_llm.bulk.status import Status
from liter_llm.bulk.summary import summary


def counted(given: str | None, provider: str, model: str, **about: Any) -> Status:
    """One row of a million input tokens."""
    status = Status(Prices(given))
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    body = {"model": model, "usage": usage}
    status.count(
        {
            "response": {"body": body},
            "error": None,
            "liter_llm": {"provider": provider, **about},
        }
    )
    return status


def cost_line(status: Status) -> str:
    lines = summary(status, Path("out.jsonl"), 1.0, None).splitlines()
    return next(line for line in lines if line.startswith("cost")).split(maxsplit=1)[1]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("azure", "gpt-4o-mini"),
        ("anthropic", "claude-3-5-haiku-latest"),
        ("gemini", "gemini-2.5-flash"),
        ("groq", "llama-3.1-8b-instant"),
        ("mistral", "mistral-large-latest"),
    ],
)
def test_a_row_of_a_batch_costs_half(provider, model):
    pytest.importorskip("genai_prices")
    ordinary = counted(None, provider, model).cost
    status = counted(None, provider, model, batch="b-1")
    assert ordinary > 0
    assert status.cost == pytest.approx(ordinary / 2)
    assert cost_line(status) == f"${ordinary / 2:,.4f}"


def test_where_the_price_of_batches_is_not_known_the_table_says_so():
    pytest.importorskip("genai_prices")
    status = counted(None, "xai", "grok-3", batch="b-1")
    assert status.cost == counted(None, "xai", "grok-3").cost > 0
    expected = f"${status.cost:,.4f}, with 1 row of xai at the price outside of batches"
    assert cost_line(status) == expected


def test_prices_that_were_given_are_those_of_batches():
    for about in ({}, {"batch": "b-1"}):
        assert cost_line(counted("3,0", "xai", "m", **about)) == "$3.0000"
