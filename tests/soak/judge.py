"""The conditions of a soak: pure functions of the samples and of the last counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

SLOPE_MAX = 16.0
# Memory varies by this much anyway; only a larger growth counts.
NOISE_BYTES = 1 << 20
# This part of the samples, from the beginning, is not judged: pools, arenas and caches fill.
WARM_UP = 0.25
# Live connections are a random number around their mean.
DESCRIPTORS_SHARE, DESCRIPTORS_MORE = 0.05, 16
# The mean of live streams, as a part of those that were requested.
LIVE_SHARE = 0.9


@dataclass(frozen=True)
class Sample:
    """One look at the program."""

    ended: int
    live: int
    memory_bytes: int
    threads: int
    descriptors: int


@dataclass(frozen=True)
class Verdict:
    """One condition, and what was found."""

    name: str
    holds: bool
    found: str


def slope(points: list[tuple[float, float]]) -> float:
    """The slope of the line through points by least squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def flat(samples: list[Sample], number: Callable[[Sample], int]) -> tuple[float, float]:
    """The medians of the first and of the last quarter."""
    quarter = max(1, len(samples) // 4)
    first = median(number(sample) for sample in samples[:quarter])
    return first, median(number(sample) for sample in samples[-quarter:])


def verdicts(
    samples: list[Sample], last: dict[str, Any], streams: int, before: Sample, after: Sample
) -> Iterator[Verdict]:
    """All conditions on one program. `before` and `after`: without a client."""
    judged = samples[int(len(samples) * WARM_UP) :]
    if len(judged) < 8:
        yield Verdict("samples", False, f"{len(judged)} after the warm-up, at least 8 needed")
        return
    grown = slope([(sample.ended, sample.memory_bytes) for sample in judged])
    requests = judged[-1].ended - judged[0].ended
    memory = f"{grown:.1f} bytes a request over {requests} requests"
    first, rest = flat(judged, lambda sample: sample.memory_bytes)
    memory += f", {first / 2**20:.1f} to {rest / 2**20:.1f} MiB"
    holds = grown <= SLOPE_MAX or grown * requests <= NOISE_BYTES
    yield Verdict("memory is flat", holds, memory)
    first, rest = flat(judged, lambda sample: sample.threads)
    yield Verdict("threads are flat", rest <= first, f"{first:g} to {rest:g}")
    first, rest = flat(judged, lambda sample: sample.descriptors)
    most = first * (1 + DESCRIPTORS_SHARE) + DESCRIPTORS_MORE
    yield Verdict("descriptors are flat", rest <= most, f"{first:g} to {rest:g}")
    kept = after.descriptors - before.descriptors
    yield Verdict("descriptors are given back", kept <= DESCRIPTORS_MORE, f"{kept} kept")
    live = sum(sample.live for sample in judged) / len(judged)
    yield Verdict("streams are live", live >= streams * LIVE_SHARE, f"{live:.0f} of {streams}")
    yield from counted(last)


def counted(last: dict[str, Any]) -> Iterator[Verdict]:
    """What the program itself counted."""
    for name in ("wrong_success", "wrong_text", "wrong_end", "ended_twice"):
        yield Verdict(name.replace("_", " "), last[name] == 0, str(last[name]))
    started, ended = last["started"], last["ended"]
    every = f"{started} started, {ended} ended, {last['completed']} complete"
    every += f", {last['cancelled']} cancelled"
    yield Verdict("every stream ended once", started == ended > 0, every)
    unplayed = [name for name, (count, _) in last["kinds"].items() if count == 0]
    found = ", ".join(unplayed) or f"{len(last['kinds'])} kinds"
    yield Verdict("every kind was played", not unplayed and len(last["kinds"]) > 0, found)
