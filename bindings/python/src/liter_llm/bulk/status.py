"""Status: what was counted, and the words for it. Knows neither a terminal nor a clock."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from .prices import Prices

_WINDOW_SECONDS = 30.0


class Status:
    """Counts of the whole output: of this run, and of those before it."""

    def __init__(self, prices: Prices) -> None:
        self.total = 0
        """Rows that are to have a line in the end."""
        self.answered = 0
        self.failed: Counter[str] = Counter()
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost = 0.0
        self.unpriced = 0
        """Answered rows without a known price."""
        self.full_price: Counter[str] = Counter()
        """Answered rows of batches that are counted at the ordinary price, by provider."""
        self.prices = prices
        self.before = 0
        """Rows that were done before this run."""
        self.retries = 0
        """Of this run: requests beside the first one of each row."""
        self.limited = 0
        """Of this run: tries of rows that ended with 429, in spite of the client's retries."""
        self.in_flight = 0
        self.waiting = 0
        """Rows that wait for another try."""
        self.rate_limit: dict[str, Any] = {}
        """The newest rate-limit headers."""
        self._marks: deque[tuple[float, int, int]] = deque()

    def count(self, line: dict[str, Any]) -> None:
        """Adds a line of the output."""
        error = line.get("error")
        if error is not None:
            self.failed[str(error.get("code"))] += 1
            return
        self.answered += 1
        body = line["response"]["body"]
        usage = body.get("usage") or {}
        self.input_tokens += usage.get("prompt_tokens") or 0
        self.output_tokens += usage.get("completion_tokens") or 0
        if self.prices.is_known():
            self._count_cost(line["liter_llm"], body.get("model") or "", usage)

    def _count_cost(self, about: dict[str, Any], model: str, usage: dict[str, Any]) -> None:
        provider = about.get("provider")
        cost = self.prices.cost(provider, model, usage) if usage else None
        if cost is None:
            self.unpriced += 1
            return
        share = self.prices.batch_share(provider) if "batch" in about else 1.0
        if share is None:
            self.full_price[str(provider)] += 1
        self.cost += cost * (1.0 if share is None else share)

    def done(self) -> int:
        """Rows that have a line."""
        return self.answered + sum(self.failed.values())

    def mark(self, now: float) -> None:
        """Remembers the counts of now, from which rates are taken."""
        tokens = self.input_tokens + self.output_tokens
        self._marks.append((now, self.done(), tokens))
        while now - self._marks[0][0] > _WINDOW_SECONDS:
            self._marks.popleft()

    def rates(self) -> tuple[float, float]:
        """Rows and tokens per second, lately."""
        if len(self._marks) < 2:
            return 0.0, 0.0
        first, last = self._marks[0], self._marks[-1]
        seconds = max(last[0] - first[0], 1e-6)
        return (last[1] - first[1]) / seconds, (last[2] - first[2]) / seconds

    def parts(self) -> list[tuple[str, str]]:
        """What a display shows, in order."""
        rows, tokens = self.rates()
        left = self.total - self.done()
        parts = [("done", f"{self.done():,}/{self.total:,}"), ("failed", self.failures())]
        parts.append(("in flight", f"{self.in_flight:,}"))
        if self.waiting:
            parts.append(("to retry", f"{self.waiting:,}"))
        parts += [("rows/s", f"{rows:,.1f}"), ("tokens/s", f"{tokens:,.0f}")]
        parts.append(("ETA", duration(left / rows) if rows > 0 else "-"))
        parts.append(("retries", f"{self.retries:,}"))
        if self.limited:
            parts.append(("429s", f"{self.limited:,}"))
        remaining, limit = (self.rate_limit.get(f"requests_{it}") for it in ("remaining", "limit"))
        if remaining is not None and limit is not None:
            parts.append(("pace", f"{remaining}/{limit} requests left"))
        if self.prices.is_known():
            parts.append(("cost", self.money()))
        return parts

    def failures(self) -> str:
        """How many rows failed, by class."""
        if not self.failed:
            return "0"
        classes = ", ".join(f"{name} {count:,}" for name, count in self.failed.most_common())
        return f"{sum(self.failed.values()):,} ({classes})"

    def money(self) -> str:
        """What the answers cost."""
        if self.unpriced and not self.cost:
            return "unknown"
        return f"${self.cost:,.4f}" + (f" + {self.unpriced:,} unpriced" if self.unpriced else "")


def duration(seconds: float) -> str:
    """1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
