"""Where a token's CPU goes: `split.py`. Profiles a run of each of our drivers with perf, and sorts
its samples by what they are spent on. Without perf the page says so.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from measure import DRIVER_CORE, Mock, command, driven, missing, mock, wrong
from report import LABELS, number, table
from scenarios import Scenario

DRIVERS = ("limit", "c", "python", "go", "node")
# So long that the start of the process is a few per cent of its samples.
PLANS = (
    Scenario("a", "100 at once, no delay", 20_000, 100, 64),
    Scenario("c", "streams of 20,000 tokens", 100, 1, 20_000),
    Scenario("b-20", "1,000 at once, 20 tokens/s each", 1000, 1000, 200, interval_ms=50),
)
# Samples a second; enough for some thousands in a run.
FREQUENCY = "5000"
# The first that fits counts: the object, then the symbol, and what a sample in it is spent on.
PARTS: tuple[tuple[str, str, str], ...] = (
    (r"^\[(kernel|vdso|guest)", "", "kernel"),
    (r"python|^node$|libnode|^\[JIT\]|perf-\d+", "", "language"),
    ("", r"^(runtime|main|sync|internal|syscall|reflect|encoding|time|context)[./]", "language"),
    ("", r"github\.com/|^_?cgo|x_cgo|crosscall", "language"),
    ("", r"liter_llm::http|httparse|http::|tokio|mio::|epoll|recv|send", "HTTP and runtime"),
    ("", r"framing|memchr|from_utf8", "framing"),
    ("", r"providers::|serde|event::|json", "JSON and events"),
    ("", r"prepare|from_json|request::|url::|indexmap|hash", "requests"),
    (
        "",
        r"queue|buffer|waker|owed_wakes|stream_table|stream_task|llm_client",
        "queue and boundary",
    ),
    ("", r"liter_llm::stream::", "attempts and timers"),
    ("", r"rjem|malloc|realloc|alloc|mem(move|cpy|cmp|set)|_int_free|^free$", "memory"),
    # Its symbols are stripped from a wheel; as a whole it is what stands in the row of C.
    (r"_native\.abi3|liter_llm\.node", "", "the core, whole"),
)
COLUMNS = (*dict.fromkeys(part for _, _, part in PARTS), "other")


def part_of(image: str, symbol: str) -> str:
    """What a sample in this symbol of this object is spent on."""
    for of_image, of_symbol, part in PARTS:
        if re.search(of_image, image) and re.search(of_symbol, symbol):
            return part
    return "other"


def shares(report: str) -> dict[str, float]:
    """Of each part, its share of the samples in a report of perf."""
    found = dict.fromkeys(COLUMNS, 0.0)
    for line in report.splitlines():
        sample = re.match(r"\s*([\d.]+)%\s*\t\s*(.*?)\s*\t\[.\] (.*)", line)
        if sample:
            found[part_of(sample[2], sample[3].strip())] += float(sample[1])
    whole = sum(found.values()) or 1
    return {part: share / whole for part, share in found.items()}


def row(driver: str, plan: Scenario, server: Mock) -> list[str]:
    """Microseconds of a token, by part."""
    key = f"tokens~{plan.tokens}~{plan.interval_ms}~split-{driver}"
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "perf.data")
        record = ["perf", "record", "-q", "-F", FREQUENCY, "-o", data, "taskset", "-c", DRIVER_CORE]
        done = driven([*record, *command(plan, driver, key, server)], plan.timeout_s)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        reason: str | None = (done.stderr.strip().splitlines() or ["no output"])[-1]
        if lines:
            reason = wrong(json.loads(lines[-1]), plan)
        if reason:
            return [LABELS[driver], reason[:200], *("" for _ in COLUMNS)]
        show = ["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none"]
        shown = subprocess.check_output(
            [*show, "--sort", "dso,sym", "-t", "\t"], text=True, stderr=subprocess.DEVNULL
        )
    run = json.loads(lines[-1])
    token_us = run["cpu_s"] / run["tokens"] * 1e6
    found = shares(shown)
    cells = [number(found[part] * token_us) if found[part] >= 0.005 else "" for part in COLUMNS]
    return [LABELS[driver], number(token_us), *cells]


def section() -> str:
    """A table for each plan."""
    head = (
        "## Where a token's CPU goes\n\nMicroseconds per token, from the samples of perf, in runs"
        " of their own. The mock writes 64 tokens at once in (a) and (c), so that the"
        " kernel's part is that of a read for many.\n"
    )
    if which("perf") is None:
        return head + "\nperf is not installed here, so this was not measured.\n"
    parts = [head]
    with mock() as server:
        for plan in PLANS:
            rows = [row(driver, plan, server) for driver in DRIVERS if not missing(driver)]
            parts.append(f"### ({plan.name}) {plan.about}\n")
            parts.append(table(["", "all", *COLUMNS], rows))
    return "\n".join(parts)


if __name__ == "__main__":
    print(section())
    sys.exit(0)
