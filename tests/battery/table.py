"""Scenario x language: `python table.py faults.json LOGS`, of what each language's runner said.

A row that a language cannot show has its reason in REASONS. Exits 1 when a cell is empty or failed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

# How a runner says what became of a scenario, by the name of its log.
SAID = {
    "rust": re.compile(r"^battery (?P<name>\S+)\.direct: (?P<outcome>passed|failed)$"),
    "reqwest": re.compile(r"^battery (?P<name>\S+)\.proxied: (?P<outcome>passed|failed)$"),
    "python": re.compile(r"test_scenario\[(?P<name>\S+)\] (?P<outcome>PASSED|FAILED)"),
    "go": re.compile(r"^ *--- (?P<outcome>PASS|FAIL): TestBattery/(?P<name>\S+)"),
    "node": re.compile(r"^ *(?P<outcome>ok|not ok) \d+ - (?P<name>\S+)$"),
}
LOGS = {"reqwest": "rust"}
GOOD = {"passed", "PASSED", "PASS", "ok"}
REASONS = {
    ("F15_refused", "reqwest"): "the proxy answers in its place",
}


def outcomes(language: str, folder: Path) -> dict[str, bool] | None:
    """What one log says; None where the language did not run."""
    log = folder / f"{LOGS.get(language, language)}.log"
    if not log.exists():
        return None
    found = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := SAID[language].search(line):
            found[match["name"]] = match["outcome"] in GOOD
    return found


def main(faults: Path, folder: Path) -> int:
    """Prints the table; the exit code."""
    names = [scenario["name"] for scenario in json.loads(faults.read_text(encoding="utf-8"))]
    columns = {
        language: found for language in SAID if (found := outcomes(language, folder)) is not None
    }
    width = max(map(len, names)) + 2
    print("".ljust(width) + "".join(language.ljust(14) for language in columns))
    passed = failed = 0
    for name in names:
        cells = []
        for language, found in columns.items():
            if (name, language) in REASONS:
                cells.append("no: see below")
                continue
            good = found.get(name)
            passed, failed = passed + (good is True), failed + (good is not True)
            cells.append({True: "passed", False: "FAILED", None: "not run"}[good])
        print(name.ljust(width) + "".join(cell.ljust(14) for cell in cells))
    for (name, language), reason in REASONS.items():
        print(f"{name}, {language}: {reason}")
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
