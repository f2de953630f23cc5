"""How the C boundary grows: `scale.py [--quick] [--out FILE]`, a few minutes, Markdown.

Worker threads on one and two cores, and streams that are open and nearly silent, up to what the
machine's limits allow; a size beyond them is a row that says which limit it is.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from measure import BENCH, MOCK_CORE, missing, play
from report import machine, number, table
from scenarios import Scenario
from verdicts import Run, per_stream

WORKERS = (1, 2, 4)
ROUNDS = 3
BUSY = Scenario("a", "100 at once, no delay", 4000, 100, 64)
SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)
SILENT = Scenario("e", "one token in ten seconds", 0, 0, 3, interval_ms=10_000, hold_ms=10_000)
# Files of a process beside its streams: the library, the event loop, standard streams.
FILES_BESIDE = 200
PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def client_cores() -> dict[int, str]:
    """So many cores for the client; the mock has one of its own where there is another."""
    count = os.cpu_count() or 1
    return {1: "1", 2: "1,2" if count > 2 else f"{MOCK_CORE},1"}


def workers_table(rounds: int) -> str:
    """Rate and CPU by cores and workers, rounds interleaved."""
    plans = [
        (count, cores, workers) for count, cores in client_cores().items() for workers in WORKERS
    ]
    runs: dict[tuple[int, int], list[Run]] = {}
    for round_ in range(rounds):
        for count, cores, workers in plans:
            options = ("--workers", str(workers))
            run = play(BUSY, "c", f"{round_}-{count}-{workers}", cores, options)
            runs.setdefault((count, workers), []).append(run)
            print(f"  {workers} workers on {cores}: {run['invalid'] or 'done'}", flush=True)
    rows = []
    for (count, workers), own in runs.items():
        valid = [run for run in own if not run["invalid"]]
        if not valid:
            rows.append([str(count), str(workers), str(own[0]["invalid"]), "", ""])
            continue
        rate = statistics.median(run["tokens"] / run["wall_s"] for run in valid)
        cpu = statistics.median(run["cpu_s"] / run["tokens"] * 1e6 for run in valid)
        full = statistics.median(run["mock_share"] * 100 for run in valid)
        rows.append([str(count), str(workers), *map(number, (rate, cpu, full))])
    head = ["client cores", "workers", "tokens/s", "CPU us/token", "mock % of a core"]
    return table(head, rows)


def room() -> tuple[int, str]:
    """How many streams fit, and what limits them. The mock is a process with the same limits."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    first, last = map(int, PORTS.read_text(encoding="ascii").split())
    by_files = files - FILES_BESIDE, f"a process may have {files:,} open files (ulimit -Hn)"
    by_ports = last - first + 1, f"one address has {last - first + 1:,} local ports ({PORTS})"
    return min(by_files, by_ports)


def sizes(most: int, wanted: tuple[int, ...]) -> list[int]:
    """Those wanted, and the largest round one that fits where some do not."""
    largest = most // 1000 * 1000
    return sorted({*wanted} if largest >= max(wanted) else {*wanted, largest})


def silent_row(streams: int) -> list[str]:
    """Memory and CPU of so many open streams."""
    plan = replace(SILENT, streams=streams, concurrency=streams)
    run = play(plan, "c", str(streams))
    print(f"  {streams} streams: {run['invalid'] or 'done'}", flush=True)
    if run["invalid"]:
        return [f"{streams:,}", run["invalid"], "", ""]
    cpu_us = run["held_cpu_s"] / run["held_s"] / streams * 1e6
    memory = per_stream(run, streams)
    share = run["held_cpu_s"] / run["held_s"] * 100
    return [f"{streams:,}", number(memory or 0), number(cpu_us), number(share)]


def silent_table(wanted: tuple[int, ...]) -> str:
    """A row for each size."""
    most, why = room()
    rows = []
    for streams in sizes(most, wanted):
        if streams > most:
            rows.append([f"{streams:,}", f"not measured: {why}", "", ""])
            continue
        rows.append(silent_row(streams))
    head = ["streams", "RSS KiB/stream", "CPU us per stream and second", "% of a core"]
    return table(head, rows)


def main() -> int:
    """1 where the driver was not built."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=BENCH / "scale.md")
    asked = parser.parse_args()
    if reason := missing("c"):
        print(f"c: {reason}")
        return 1
    workers = workers_table(1 if asked.quick else ROUNDS)
    silent = silent_table(SIZES[:2] if asked.quick else SIZES)
    shared = "" if (os.cpu_count() or 1) > 2 else "Of two client cores one is the mock's as well. "
    page = "\n".join(
        [
            "# How the C boundary grows",
            "",
            f"On {', '.join(machine())}.",
            "",
            f"## Workers: {BUSY.about}",
            "",
            f"{shared}CPU is that of the client.",
            "",
            workers,
            f"## Open streams: {SILENT.about}",
            "",
            "Memory is that of the client's process, without what the kernel keeps for a socket.",
            "",
            silent,
        ]
    )
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page, encoding="utf-8")
    print(f"{page}\nwritten to {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
