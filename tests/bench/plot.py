"""The picture: `python plot.py bench.json cpu.svg`. CPU per token, and memory per open stream."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "liter-llm"
mpl.rcParams["font.size"] = 9
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)

SHOWN = {
    "limit": ("the limit (raw epoll, C)", "#212121"),
    "bare": ("bare loop (Rust)", "#9e9e9e"),
    "c": ("liter-llm, C boundary", "#1b5e20"),
    "python": ("liter-llm, Python", "#43a047"),
    "aiohttp": ("aiohttp + orjson", "#1e88e5"),
    "httpx": ("httpx + orjson", "#90caf9"),
    "genai": ("genai (Rust)", "#6d4c41"),
    "async-openai": ("async-openai (Rust)", "#bcaaa4"),
    "openai-go": ("openai-go (Go)", "#00acc1"),
    "node-ai": ("AI SDK (Node)", "#8e24aa"),
    "published": ("published liter-llm", "#fb8c00"),
    "openai": ("openai package", "#e53935"),
}
CPU = {
    "a": "100 at once,\nno delay",
    "b-5": "10,000 at once,\n5 tokens/s",
    "b-0": "10,000 at once,\nno delay",
    "c": "one stream,\n20,000 tokens",
    "f-1": "100 at once,\nTLS",
}
MEMORY = {"b-5": "5 tokens/s", "e": "nearly silent", "e-tls": "nearly silent,\nTLS"}
WIDTH = 0.8 / len(SHOWN)


def bars(axes: Any, figures: Any, scenarios: dict[str, str], name: str) -> None:
    """A group of bars for each scenario that was measured."""
    names = [scenario for scenario in scenarios if scenario in figures]
    for place, (driver, (label, colour)) in enumerate(SHOWN.items()):
        points = [
            (at + (place - (len(SHOWN) - 1) / 2) * WIDTH, figures[scenario][driver][name][0])
            for at, scenario in enumerate(names)
            if name in figures[scenario].get(driver, {})
        ]
        if points:
            axes.bar(*zip(*points), WIDTH, label=label, color=colour)
    axes.set_yscale("log")
    axes.set_xticks(range(len(names)), [scenarios[scenario] for scenario in names])
    axes.grid(axis="y", alpha=0.3)


def main(source: Path, target: Path) -> None:
    """Draws what the raw data holds of it."""
    figures = json.loads(source.read_text(encoding="utf-8"))["figures"]
    picture, (cpu, memory) = pyplot.subplots(1, 2, figsize=(14, 4.5), width_ratios=(5, 3))
    bars(cpu, figures, CPU, "cpu")
    cpu.set_ylabel("CPU per token, microseconds (log)")
    bars(memory, figures, MEMORY, "stream")
    memory.set_ylabel("memory per open stream, KiB (log)")
    picture.legend(*cpu.get_legend_handles_labels(), ncols=6, frameon=False, loc="upper center")
    picture.tight_layout(rect=(0, 0, 1, 0.88))
    picture.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
