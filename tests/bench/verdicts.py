"""From runs to figures, and from figures to limits met or missed. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Run = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A median, with the least and the most of the rounds."""

    median: float
    least: float
    most: float


# Name, unit, and how it comes of a run; None where a run has it not.
FIGURES: tuple[tuple[str, str, Callable[[Run, int], float | None]], ...] = (
    ("cpu", "CPU us/token", lambda run, _: run["cpu_s"] / run["tokens"] * 1e6),
    ("rate", "tokens/s", lambda run, _: run["tokens"] / run["wall_s"]),
    ("wall", "seconds", lambda run, _: run["wall_s"]),
    ("first", "first token ms", lambda run, _: of(run["first_token_ms"], "p50")),
    ("answer", "answer ms", lambda run, _: of(run["answer_ms"], "p50")),
    ("late_p50", "late p50 ms", lambda run, _: of(run["late_ms"], "p50")),
    ("late_p99", "late p99 ms", lambda run, _: of(run["late_ms"], "p99")),
    ("core", "% of a core, held", lambda run, _: share(run["held_cpu_s"], run["held_s"])),
    ("peak", "peak RSS MiB", lambda run, _: run["rss_peak_kib"] / 1024),
    ("stream", "RSS KiB/stream", lambda run, count: per_stream(run, count)),
    ("threads", "threads", lambda run, _: run["threads"]),
    ("beyond", "beyond cores", lambda run, _: run["threads"] - run["cores"]),
    ("connections", "connections", lambda run, _: run["connections"]),
    ("mock", "mock % of a core", lambda run, _: run["mock_share"] * 100),
)
# With fewer streams the pages of the process itself are most of the growth.
STREAMS_FOR_RSS = 500


def of(values: dict[str, float] | None, name: str) -> float | None:
    """One of the percentiles, if there are any."""
    return None if values is None else values[name]


def share(cpu_s: float | None, wall_s: float | None) -> float | None:
    """CPU as per cent of one core."""
    return None if cpu_s is None or not wall_s else cpu_s / wall_s * 100


def per_stream(run: Run, concurrency: int) -> float | None:
    """Growth of resident memory from before the first stream to all open."""
    if run["rss_open_kib"] is None or concurrency < STREAMS_FOR_RSS:
        return None
    growth: float = run["rss_open_kib"] - run["rss_before_kib"]
    return growth / concurrency


def figures(runs: list[Run], open_at_once: int) -> dict[str, Figure]:
    """Of the valid runs of one driver in one scenario; `lost` counts the others."""
    lost = sum(1 for run in runs if run["invalid"])
    found = {"lost": Figure(lost, lost, lost)} if runs else {}
    for name, _, figure in FIGURES:
        values = [figure(run, open_at_once) for run in runs if not run["invalid"]]
        known = [value for value in values if value is not None]
        if known:
            found[name] = Figure(statistics.median(known), min(known), max(known))
    return found


Results = dict[str, dict[str, dict[str, Figure]]]
# Scenario, driver, name of the figure.
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Limit:
    """What a figure, its ratio to another, or the difference, may be at most.

    A goal is a step beyond that.
    """

    about: str
    most: float
    one: Place
    other: Place | None = None
    goal: bool = False
    is_difference: bool = False

    def measured(self, results: Results) -> float | None:
        """None where something is missing."""
        one, other = median(results, self.one), median(results, self.other)
        if one is None or self.other is None:
            return one
        if other is None:
            return None
        if self.is_difference:
            return one - other
        return one / other if other else None


def median(results: Results, place: Place | None) -> float | None:
    """One figure, if it is there."""
    if place is None:
        return None
    scenario, driver, name = place
    figure = results.get(scenario, {}).get(driver, {}).get(name)
    return None if figure is None else figure.median


def ratio(
    about: str,
    most: float,
    scenario: str,
    one: str,
    other: str,
    name: str = "cpu",
    goal: bool = False,
) -> Limit:
    """Two drivers in one scenario."""
    return Limit(
        f"({scenario}) {about}", most, (scenario, one, name), (scenario, other, name), goal
    )


def single(
    about: str, most: float, scenario: str, driver: str, name: str, goal: bool = False
) -> Limit:
    """A figure by itself."""
    return Limit(f"({scenario}) {about}", most, (scenario, driver, name), None, goal)


# What a limit that names no language is held against.
OWN = (("c", "C boundary"), ("python", "Python"))
LIMITS = (
    ratio("CPU, C boundary / the limit", 2.2, "a", "c", "limit"),
    ratio("CPU, C boundary / bare loop", 0.65, "a", "c", "bare"),
    ratio("CPU, Python / bare loop", 0.95, "a", "python", "bare"),
    ratio("CPU, Python / raw asyncio", 1.3, "a", "python", "asyncio-raw"),
    ratio("CPU, Python / aiohttp", 0.28, "a", "python", "aiohttp"),
    ratio("CPU, Python / published liter-llm", 1 / 20, "a", "python", "published"),
    ratio("CPU, Python / openai", 1 / 40, "a", "python", "openai"),
    ratio("CPU, Go / net/http", 0.35, "a", "go", "nethttp"),
    ratio("CPU, Node / undici", 0.28, "a", "node", "undici"),
    ratio("CPU, Node / openai package", 1 / 8, "a", "node", "node-openai"),
    ratio("CPU, C boundary / Rust API", 1.25, "b-5", "c", "core"),
    ratio("CPU, C boundary / bare loop", 1.0, "b-5", "c", "bare"),
    ratio("CPU, Python / raw asyncio", 1.3, "b-5", "python", "asyncio-raw"),
    ratio("CPU, Python / aiohttp", 0.4, "b-5", "python", "aiohttp"),
    ratio("late p99, Python / aiohttp", 0.1, "b-5", "python", "aiohttp", "late_p99"),
    ratio("late p50, Python / aiohttp", 0.25, "b-5", "python", "aiohttp", "late_p50", goal=True),
    ratio("CPU, Python / aiohttp", 0.15, "b-0", "python", "aiohttp"),
    *(
        single(f"runs that missed a token, {name}", 0, "b-5", driver, "lost")
        for driver, name in OWN
    ),
    *(
        single(f"RSS KiB per stream, {name}", most, scenario, driver, "stream")
        for scenario in ("b-5", "e")
        for driver, name, most in (("c", "C boundary", 7), ("python", "Python", 9))
    ),
    single("threads beyond the cores, C boundary", 4, "b-5", "c", "beyond"),
    single("threads beyond the cores, Python", 4, "b-5", "python", "beyond"),
    ratio("CPU, Python / the limit", 6, "c", "python", "limit"),
    ratio("CPU, Python / bare loop", 2.2, "c", "python", "bare"),
    ratio("CPU, Python / aiohttp", 0.3, "c", "python", "aiohttp"),
    ratio("CPU, Python / published liter-llm", 1 / 35, "c", "python", "published"),
    ratio("time per answer, Python / bare loop", 1.6, "d", "python", "bare", "answer"),
    ratio("time per answer, Python / aiohttp", 0.9, "d", "python", "aiohttp", "answer"),
    *(
        Limit(
            f"(e-tls) RSS KiB per stream, {name}, TLS less plain",
            12,
            ("e-tls", driver, "stream"),
            ("e", driver, "stream"),
            is_difference=True,
        )
        for driver, name in OWN
    ),
    *(
        single(f"% of one core, {name}", 3, scenario, driver, "core")
        for scenario in ("e", "e-tls")
        for driver, name in OWN
    ),
    *(
        Limit(f"({tls}) CPU, {name}, TLS / plain", 1.5, (tls, driver, "cpu"), ("a", driver, "cpu"))
        for tls in ("f-1", "f-2")
        for driver, name in OWN
    ),
    *(
        ratio(f"CPU per vector, Python / {name}", most, scenario, "python", other)
        for scenario in ("h-base64", "h-json")
        for other, name, most in (("openai", "openai", 1 / 5), ("aiohttp", "aiohttp", 0.5))
    ),
    *(
        single(f"connections for two waves, {name}", 200, "f-burst", driver, "connections")
        for driver, name in OWN
    ),
    # Two waves of six seconds; it would be three where a request waits for another's end.
    *(
        single(f"seconds for two waves, {name}", 17, "f-burst", driver, "wall")
        for driver, name in OWN
    ),
    *(
        ratio(f"CPU per row, {name}", most, "i", one, other)
        for name, most, one, other in (
            ("llm.map / openai and semaphore", 1 / 15, "map", "openai-rows"),
            ("liter-llm map / openai and semaphore", 1 / 4, "map-file", "openai-rows"),
            ("llm.map / litellm", 1 / 30, "map", "litellm"),
        )
    ),
    Limit(
        "CPU, C boundary, 10,000 / 1,000 streams", 1.3, ("b-5", "c", "cpu"), ("b-50", "c", "cpu")
    ),
    Limit(
        "CPU, Python, 10,000 / 1,000 streams",
        1.3,
        ("b-5", "python", "cpu"),
        ("b-50", "python", "cpu"),
    ),
    Limit(
        "RSS per stream, 10,000 / 1,000 streams",
        1.3,
        ("b-5", "c", "stream"),
        ("b-50", "c", "stream"),
    ),
)


def verdicts(results: Results) -> list[tuple[Limit, float | None]]:
    """Every limit, and what was measured."""
    return [(limit, limit.measured(results)) for limit in LIMITS]
