"""The picture: `python plot.py bench.json cpu.svg`. CPU per token by scenario and driver."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "liter-llm"
mpl.rcParams["font.size"] = 9
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)

SHOWN = {
    "bare": ("bare loop (Rust)", "#9e9e9e"),
    "c": ("liter-llm, C boundary", "#1b5e20"),
    "python": ("liter-llm, Python", "#43a047"),
    "aiohttp": ("aiohttp + orjson", "#1e88e5"),
    "published": ("published liter-llm", "#fb8c00"),
    "openai": ("openai package", "#e53935"),
}
SCENARIOS = {
    "a": "100 at once,\nno delay",
    "b-5": "10,000 at once,\n5 tokens/s",
    "b-0": "10,000 at once,\nno delay",
    "c": "one stream,\n20,000 tokens",
    "f-1": "100 at once,\nTLS",
}
WIDTH = 0.13


def main(source: Path, target: Path) -> None:
    """Draws what the raw data holds of it."""
    figures = json.loads(source.read_text(encoding="utf-8"))["figures"]
    _, axes = pyplot.subplots(figsize=(9, 4))
    names = [name for name in SCENARIOS if name in figures]
    for place, (driver, (label, colour)) in enumerate(SHOWN.items()):
        points = [
            (at + (place - len(SHOWN) / 2) * WIDTH, figures[name][driver]["cpu"][0])
            for at, name in enumerate(names)
            if "cpu" in figures[name].get(driver, {})
        ]
        if points:
            axes.bar(*zip(*points), WIDTH, label=label, color=colour)
    axes.set_yscale("log")
    axes.set_ylabel("CPU per token, microseconds (log)")
    axes.set_xticks(range(len(names)), [SCENARIOS[name] for name in names])
    axes.grid(axis="y", alpha=0.3)
    axes.legend(ncols=3, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.2))
    pyplot.tight_layout()
    pyplot.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
