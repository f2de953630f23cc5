"""Prices: what a row cost, by the prices that were given, or those that genai-prices knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .faults import BulkError

_MILLION = 1_000_000
_BATCH_SHARE = dict.fromkeys(("openai", "azure", "anthropic", "gemini", "groq", "mistral"), 0.5)
"""Of the ordinary price, what a row of a batch costs: "50% cost discount" (OpenAI's batch guide),
"50% less cost" (Azure's global batch), "50% of the standard API prices" (Anthropic's), "50% of the
standard cost" (Gemini's), "50% lower cost" (Groq's), "50% discount" (Mistral's). xAI's pricing page
says 20 to 50 per cent, by model: that is not known here."""


class Prices:
    """In US dollars."""

    def __init__(self, given: str | None) -> None:
        """given: `INPUT,OUTPUT` per million tokens; without it genai-prices, if it is installed."""
        self._given = None if given is None else _parse(given)
        self._known: Any = None
        if given is None:
            try:
                import genai_prices
            except ImportError:
                return
            self._known = genai_prices

    def is_known(self) -> bool:
        """Whether there are any prices."""
        return self._given is not None or self._known is not None

    def batch_share(self, provider: str | None) -> float | None:
        """Of these prices, what a row of a batch costs. Prices that were given are what it costs;
        None where it is not known, and the ordinary price is what there is to show."""
        return 1.0 if self._given is not None else _BATCH_SHARE.get(provider or "")

    def cost(self, provider: str | None, model: str, usage: Mapping[str, Any]) -> float | None:
        """None for a model without a known price."""
        asked, answered = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
        if self._given is not None:
            return (asked * self._given[0] + answered * self._given[1]) / _MILLION
        if self._known is None:
            return None
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        tokens = self._known.Usage(
            input_tokens=asked, output_tokens=answered, cache_read_tokens=cached
        )
        try:
            price = self._known.calc_price(tokens, model, provider_id=provider)
            return float(price.total_price)
        except (LookupError, ValueError):
            return None


def _parse(given: str) -> tuple[float, float]:
    try:
        asked, answered = (float(part) for part in given.split(","))
    except ValueError:
        raise BulkError(
            f"--price {given}: expected INPUT,OUTPUT in dollars per million tokens"
        ) from None
    return asked, answered
