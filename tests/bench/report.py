"""The tables, as Markdown, and the raw data beside them. Pure but for what the machine is."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

from scenarios import Scenario
from verdicts import FIGURES, Figure, Limit, Results, Run

LABELS = {
    "limit": "the limit (raw epoll, C)",
    "bare": "bare loop (Rust, reqwest)",
    "core": "**liter-llm, Rust API**",
    "c": "**liter-llm, C boundary**",
    "c-system": "**the same, system's allocator**",
    "asyncio-raw": "raw asyncio (no HTTP library, no JSON)",
    "python": "**liter-llm, Python (asyncio)**",
    "python-uvloop": "**liter-llm, Python (uvloop)**",
    "go": "**liter-llm, Go**",
    "nethttp": "net/http by hand (Go)",
    "node": "**liter-llm, Node**",
    "undici": "undici by hand (Node)",
    "node-openai": "openai package (Node)",
    "aiohttp": "aiohttp + orjson by hand",
    "httpx": "httpx + orjson by hand",
    "genai": "genai (Rust)",
    "async-openai": "async-openai (Rust)",
    "openai-go": "openai-go (Go)",
    "node-ai": "AI SDK (Node)",
    "published": "published liter-llm",
    "openai": "openai package",
    "map": "**liter-llm, `llm.map`**",
    "map-file": "**`liter-llm map`, file to file**",
    "openai-rows": "openai package, asyncio.Semaphore",
    "litellm": "litellm.batch_completion (threads)",
    "litellm-router": "litellm.Router, batch of one model (asyncio)",
}
# The clock of /proc counts in hundredths of a second, so that short runs are not exact.
MOCK_FULL_PERCENT = 95
METHOD = """\
## How it was measured

- `make bench` builds everything, installs each peer into an environment of its own, and writes
  this page; `make bench QUICK=1` is a short one that writes to `build/bench/out`.
- The mock provider runs on one core, the driver on another. Each run has a fresh mock, and
  drivers take turns. A figure is the median of the rounds, with least and most behind it.
- A driver is one process that asks, reads all text token by token, and counts. CPU is user and
  system time of the whole process while the streams run, after a warm-up: without start-up.
- The limit is the least that any client could do: one thread, one epoll, raw sockets, the text
  found by its bytes without a JSON parser. "x the limit" is CPU over its CPU. It knows no TLS.
- A run in which one token or one character is missing does not count, and is listed.
- Without delay the mock writes a whole answer of 64 tokens at once, so that a client is measured
  and not the mock. With a delay every token is a write of its own.
- For embeddings every driver ends with all numbers of a response in one numpy array of float32;
  a vector that is missing or short throws the run out. CPU is per vector.
- Rows: all drivers ask the same rows, so many at once, and every answer comes whole. CPU is per
  row. `liter-llm map` also reads its input, twice, and keeps every answer on disk. `litellm` has
  two batch completions: one in threads, and one on an event loop, which gets so many at a time.
- Late: in every fiftieth stream a token's text is the moment when it was due by the mock's
  schedule; the driver looks at the same clock. What the mock is late itself is in it, for all.
- RSS per stream: resident memory when all streams are open, less that before, per stream.
- Peers that collapse at the full size got fewer streams: the column `streams` says so.
"""


def number(value: float) -> str:
    """Three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cell(figure: Figure | None) -> str:
    """Median, and the spread where there is one."""
    if figure is None:
        return ""
    median, least, most = (number(value) for value in (figure.median, figure.least, figure.most))
    return median if least == most else f"{median} ({least}-{most})"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown; the first column is text, the others are numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def scenario_table(
    scenario: Scenario, results: dict[str, dict[str, Figure]], notes: dict[str, str]
) -> str:
    """One scenario: a row per driver, and the columns that somebody has."""
    # A pool of threads is gone when the threads of a process that asks many rows are counted.
    hidden = {"beyond", "wall", *(["threads"] if scenario.rows else [])}
    shown = (name for name, _, _ in FIGURES if name not in hidden)
    names = [name for name in shown if any(name in row for row in results.values())]
    units = {name: unit for name, unit, _ in FIGURES}
    if scenario.inputs:
        units |= {"cpu": "CPU us/vector", "rate": "vectors/s", "first": "all vectors ms"}
    if scenario.whole:
        units |= {"cpu": "CPU us/answer", "rate": "answers/s"}
    if scenario.rows:
        units |= {"cpu": "CPU us/row", "rate": "rows/s"}
    fastest = results.get("limit", {}).get("cpu")
    limit = fastest.median if fastest else 0
    rows = []
    for driver in scenario.drivers:
        sized = scenario.sized(driver)
        row = results.get(driver, {})
        cells = [cell(row.get(name)) for name in names]
        if limit:
            cells.insert(1, number(row["cpu"].median / limit) if "cpu" in row else "")
        if "cpu" not in row:
            cells = [notes.get(driver, "not measured"), *("" for _ in cells[1:])]
        rows.append([LABELS[driver], f"{sized.streams:,}", *cells])
    title = f"### ({scenario.name}) {scenario.about}\n\n"
    head = [units[name] for name in names]
    if limit:
        head.insert(1, "x the limit")
    return title + table(["", "streams", *head], rows)


def saturated(results: dict[str, dict[str, Figure]]) -> str:
    """Where a faster client would have seen more tokens per second."""
    full = [
        LABELS[driver]
        for driver, row in results.items()
        if "mock" in row and row["mock"].median >= MOCK_FULL_PERCENT
    ]
    if not full:
        return ""
    return f"The mock's core was full, so rate and first token are its own: {', '.join(full)}.\n"


def thrown_out(runs: list[Run]) -> str:
    """The runs that do not count."""
    lines = [f"- {LABELS[run['driver']]}: {run['invalid']}" for run in runs if run["invalid"]]
    crashed = sorted({run["driver"] for run in runs if run.get("exit")})
    ends = [f"{LABELS[driver]} crashes when its process ends.\n" for driver in crashed]
    return "".join(ends) + ("Thrown out:\n" + "\n".join(lines) + "\n" if lines else "")


def limits_table(judged: list[tuple[Limit, float | None]]) -> str:
    """What must hold, and the goals beyond."""
    rows = []
    for limit, measured in judged:
        if measured is None:
            outcome, shown = "not measured", ""
        else:
            outcome = "yes" if measured <= limit.most else "**no**"
            shown = number(measured)
        name = f"{limit.about}{' (goal)' if limit.goal else ''}"
        rows.append([name, number(limit.most), shown, outcome])
    return table(["figure", "at most", "measured", "met"], rows)


def start_table(rows: dict[str, dict[str, float | str]]) -> str:
    """(g)."""
    names = {
        "import_ms": "import ms",
        "two_answers_ms": "start to exit with two answers, ms",
        "installed_mib": "installed MiB",
        "threads": "threads after import",
    }
    body = []
    for driver, row in rows.items():
        values = (row.get(name, "") for name in names)
        cells = [value if isinstance(value, str) else number(value) for value in values]
        body.append([LABELS[driver], *cells])
    return "### (g) start\n\n" + table(["", *names.values()], body)


def allocators(results: Results) -> str:
    """What jemalloc gives here."""
    rows = []
    for scenario, drivers in results.items():
        if "c" in drivers and "c-system" in drivers:
            cells = []
            for name in ("cpu", "peak"):
                cells += [cell(drivers[driver].get(name)) for driver in ("c", "c-system")]
            rows.append([f"({scenario})", *cells])
    head = ["", "CPU us/token, jemalloc", "system's", "peak RSS MiB, jemalloc", "system's"]
    return table(head, rows)


def machine() -> list[str]:
    """What the figures were taken on."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    memory = re.search(r"\d+", Path("/proc/meminfo").read_text(encoding="ascii"))
    gib = int(memory[0]) / 2**20 if memory else 0
    return [
        f"{text.count('processor')} cores of {model[1] if model else platform.machine()}",
        f"{gib:.0f} GiB of memory",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        subprocess.check_output(["rustc", "--version"], text=True).split(" (")[0],
    ]


def met(judged: list[tuple[Limit, float | None]], goal: bool) -> str:
    """How many limits, or goals, are met; what was not measured is not."""
    own = [(limit, value) for limit, value in judged if limit.goal == goal]
    good = sum(1 for limit, value in own if value is not None and value <= limit.most)
    return f"{good} of {len(own)}"


def page(
    parts: list[str],
    judged: list[tuple[Limit, float | None]],
    versions: list[str],
    results: Results,
    rounds: str,
) -> str:
    """The whole page."""
    return "\n".join(
        [
            "<!-- Written by `make bench`. -->",
            "# The benchmark",
            "",
            "On " + ", ".join(machine()) + ". " + ", ".join(versions) + ". " + rounds,
            "",
            "![CPU per token](cpu.svg)",
            "",
            "## Figures that must hold "
            f"({met(judged, False)} limits and {met(judged, True)} goals met)",
            "",
            limits_table(judged),
            METHOD,
            "## Scenarios",
            "",
            *parts,
            "## Allocators",
            "",
            "jemalloc is the default of the shared library and of the wheel.",
            "",
            allocators(results),
            (Path(__file__).parent / "notes.md").read_text(encoding="utf-8"),
        ]
    )
