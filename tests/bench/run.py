"""The benchmark: `run.py [--quick] [--only a,c] [--drivers c,bare] [--rounds 3] [--out DIR]`.

Measures, judges, and writes a page, a picture and the raw data. Fails when a run was thrown out;
a limit that is missed is shown, and no failure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import report
import split
import start
from measure import BENCH, commands, missing, rounds
from scenarios import SCENARIOS, Scenario, chosen
from verdicts import Results, Run, figures, verdicts

PLOT_PYTHON = BENCH / "venv-plot" / "bin" / "python"


def words(text: str) -> list[str]:
    """A list on the command line."""
    return [word for word in text.split(",") if word]


def measured(scenario: Scenario, wanted: list[str], count: int) -> tuple[list[Run], dict[str, str]]:
    """The runs, and why a driver has none."""
    drivers = [name for name in scenario.drivers if not wanted or name in wanted]
    notes = {name: reason for name in drivers if (reason := missing(name))}
    print(f"({scenario.name}) {scenario.about}", flush=True)
    return rounds(scenario, [name for name in drivers if name not in notes], count), notes


def write(out: Path, page: str, results: Results, runs: dict[str, list[Run]]) -> None:
    """The page, the raw data, the picture."""
    out.mkdir(parents=True, exist_ok=True)
    raw = {
        "machine": report.machine(),
        "figures": {
            scenario: {
                driver: {name: astuple(figure) for name, figure in row.items()}
                for driver, row in drivers.items()
            }
            for scenario, drivers in results.items()
        },
        "runs": runs,
    }
    (out / "README.md").write_text(page, encoding="utf-8")
    compact = json.dumps(raw, separators=(",", ":"))
    (out / "bench.json").write_text(compact + "\n", encoding="utf-8")
    plot = Path(__file__).with_name("plot.py")
    command = [str(PLOT_PYTHON), str(plot), str(out / "bench.json"), str(out / "cpu.svg")]
    if subprocess.run(command, check=False).returncode:
        print("no picture: matplotlib is missing or failed")


def main() -> int:
    """0 when every run counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=words, default=[])
    parser.add_argument("--drivers", type=words, default=[])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    unknown = {*asked.only} - {scenario.name for scenario in SCENARIOS}
    unknown |= {*asked.drivers} - {*commands()}
    if unknown:
        parser.error(f"no such scenario or driver: {', '.join(sorted(unknown))}")
    count = asked.rounds or (1 if asked.quick else 3)
    sizes = "The short benchmark: sizes are smaller than the titles say." if asked.quick else ""
    results: Results = {}
    runs: dict[str, list[Run]] = {}
    parts = []
    for scenario in chosen(asked.only, asked.quick):
        runs[scenario.name], notes = measured(scenario, asked.drivers, count)
        by_driver = {
            driver: [run for run in runs[scenario.name] if run["driver"] == driver]
            for driver in scenario.drivers
        }
        results[scenario.name] = {
            driver: found
            for driver, own in by_driver.items()
            if (found := figures(own, scenario.sized(driver).open_at_once()))
        }
        parts.append(report.scenario_table(scenario, results[scenario.name], notes))
        parts.append(report.saturated(results[scenario.name]))
        parts.append(report.thrown_out(runs[scenario.name]))
    if not asked.only:
        parts.append(report.start_table(start.rows()))
        parts.append(split.section())
    judged = verdicts(results)
    versions = sorted({run["version"] for own in runs.values() for run in own if "version" in run})
    page = report.page(parts, judged, versions, results, f"Rounds: {count}. {sizes}".strip())
    print("\n".join([*parts, report.limits_table(judged)]))
    if asked.out:
        write(asked.out, page, results, runs)
        print(f"written to {asked.out}")
    return int(any(run["invalid"] for own in runs.values() for run in own))


if __name__ == "__main__":
    sys.exit(main())
