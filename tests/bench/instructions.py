"""Instructions per token: `instructions.py [--write] [--drivers limit,c] [--rounds 3]`.

Counts with callgrind what a driver's own process executes, kernel left out, so that the figure
depends on the code and hardly on the machine. Compares with instructions.json, and fails where a
driver needs 3 % more than it says.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import report
from measure import DRIVER_CORE, ROOT, Mock, command, commands, driven, missing, mock, wrong
from scenarios import Scenario

KEPT = Path(__file__).with_name("instructions.json")
# What a thread does once more or less depends on the moment; the least of these is repeatable.
ROUNDS = 3
MORE_MAX = 1.03
# Less than that is worth keeping, so that the next loss shows.
LESS_MIN = 0.97
DRIVERS = ("limit", "bare", "core", "c", "python")
# One token is the start of the process, the warm-up and the end.
START = Scenario("start", "one token", 1, 1, 1)
PLANS = (
    Scenario("long", "4 streams of 5,000 tokens at once", 4, 4, 5000),
    Scenario("many", "200 streams of 64 tokens, 50 at once", 200, 50, 64),
)
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
# Of the driver and the plan, instructions per token.
Counts = dict[str, dict[str, float]]


class NotCountedError(Exception):
    """A run of a driver that says nothing."""


@dataclass(frozen=True)
class Verdict:
    """What is shown of a driver, and whether it fails the check."""

    text: str
    failed: bool = False


def instructions(plan: Scenario, driver: str, round_: int, server: Mock) -> int:
    """Of one whole process. The mock numbers the answers of a key, so each run has its own."""
    key = f"tokens~{plan.tokens}~0~check-{driver}-{plan.name}-{round_}"
    words = ["taskset", "-c", DRIVER_CORE, *CALLGRIND, *command(plan, driver, key, server)]
    # One thread does the work in the same order each time.
    words += [] if driver == "limit" else ["--workers", "1"]
    done = driven(words, plan.timeout_s)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not counted or not done.stdout.startswith("{"):
        raise NotCountedError((done.stderr.strip().splitlines() or ["no output"])[-1][:200])
    if reason := wrong(json.loads(done.stdout.splitlines()[-1]), plan):
        raise NotCountedError(reason)
    return int(counted[1])


def per_token(driver: str, round_: int, server: Mock) -> dict[str, float]:
    """One round of each plan, without the start."""
    start = instructions(START, driver, round_, server)
    return {
        plan.name: (instructions(plan, driver, round_, server) - start)
        / (plan.tokens_expected() - START.tokens)
        for plan in PLANS
    }


def measured(drivers: list[str], rounds: int) -> tuple[Counts, dict[str, str]]:
    """The least of the rounds, and why a driver has none."""
    found: Counts = {}
    reasons = {name: reason for name in drivers if (reason := missing(name))}
    with mock() as server:
        for driver in (name for name in drivers if name not in reasons):
            try:
                counts = [per_token(driver, round_, server) for round_ in range(rounds)]
            except (NotCountedError, subprocess.TimeoutExpired) as error:
                reasons[driver] = str(error)
                continue
            found[driver] = {
                plan.name: round(min(count[plan.name] for count in counts), 1) for plan in PLANS
            }
            spread = ", ".join(
                f"{plan.name} {found[driver][plan.name]:,} (rounds: "
                + " ".join(f"{count[plan.name]:.1f}" for count in counts)
                + ")"
                for plan in PLANS
            )
            print(f"  {driver}: {spread}", flush=True)
    return found, reasons


def compared(kept: Counts, found: Counts, reasons: dict[str, str]) -> list[Verdict]:
    """A line for each driver and plan, of all that were kept or found."""
    verdicts = []
    for driver in dict.fromkeys([*kept, *found, *reasons]):
        if driver not in found:
            reason = reasons.get(driver, "it was not asked for")
            verdicts.append(Verdict(f"{driver}: not measured: {reason}"))
            continue
        for plan, count in found[driver].items():
            name, before = f"{driver} ({plan})", kept.get(driver, {}).get(plan)
            if before is None:
                verdicts.append(Verdict(f"{name}: {count:,} a token, and none kept; WRITE=1"))
                continue
            ratio = count / before
            text = f"{name}: {count:,} a token, {ratio:.3f} of what is kept"
            if ratio > MORE_MAX:
                text += f": more than {MORE_MAX}"
            elif ratio < LESS_MIN:
                text += ": keep it with WRITE=1"
            verdicts.append(Verdict(text, ratio > MORE_MAX))
    return verdicts


def made_by() -> list[str]:
    """What the figures depend on beside the code."""
    python = commands()["python"][0]
    tools = (["gcc", "--version"], ["valgrind", "--version"], [python, "--version"])
    lines = [subprocess.check_output(tool, text=True).splitlines()[0] for tool in tools]
    libc = os.confstr("CS_GNU_LIBC_VERSION") or "unknown libc"
    cpu, *_, rustc = report.machine()
    return [cpu, *lines, rustc, libc]


def write(found: Counts) -> None:
    """Keeps what was found; drivers that were not measured stay as they are."""
    kept: Counts = json.loads(KEPT.read_text(encoding="utf-8"))["counts"] if KEPT.exists() else {}
    plans = {plan.name: plan.about for plan in PLANS}
    document = {"made_by": made_by(), "plans": plans, "counts": {**kept, **found}}
    KEPT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {KEPT.relative_to(ROOT)}")


def main() -> int:
    """1 where a driver needs more, or none could be measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--drivers", default=",".join(DRIVERS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    os.environ["PYTHONHASHSEED"] = "0"
    found, reasons = measured(asked.drivers.split(","), asked.rounds)
    if asked.write:
        for driver, reason in reasons.items():
            print(f"{driver}: not measured: {reason}")
        write(found)
        return int(not found)
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    verdicts = compared(document["counts"], found, reasons)
    print("\n".join(verdict.text for verdict in verdicts))
    for before, now in zip(document["made_by"], made_by()):
        if before != now:
            print(f"kept with {before}, and now it is {now}")
    return int(not found or any(verdict.failed for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
