"""Tables of what each language's runner said: `python table.py faults.json LOGS`.

Faults by language, then the lifecycle by language: a name passes when every test that begins with
it does. A cell that a language cannot show has its reason in REASONS. Exits 1 when a cell is empty
or failed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

# How a runner says what became of a fault, by the name of its log.
FAULTS = {
    "rust": re.compile(r"^battery (?P<name>\S+)\.direct: (?P<outcome>passed|failed)$"),
    "proxied": re.compile(r"^battery (?P<name>\S+)\.proxied: (?P<outcome>passed|failed)$"),
    "python": re.compile(r"test_scenario\[(?P<name>\S+)\] (?P<outcome>PASSED|FAILED)"),
    "go": re.compile(r"^ *--- (?P<outcome>PASS|FAIL): TestBattery/(?P<name>\S+)"),
    "node": re.compile(r"^ *(?P<outcome>ok|not ok) \d+ - (?P<name>\S+)$"),
}
# And of a test of the lifecycle.
LIFECYCLE = {
    "c": re.compile(r"^(?P<outcome>ok|FAILED) (?P<name>\w+)"),
    "python": re.compile(r"::test_(?P<name>\w+)\S* (?P<outcome>PASSED|FAILED)"),
    "go": re.compile(r"^--- (?P<outcome>PASS|FAIL): Test(?P<name>\w+)"),
    "node": re.compile(r"^(?P<outcome>ok|not ok) \d+ - (?P<name>\w+)$"),
}
NAMES = (
    "echo", "order", "cancel_ends_once", "close_ends_all", "error_kinds", "unread_is_bounded",
    "ten_thousand_streams", "exit_with_live_stream", "fork_child_works",
)  # fmt: skip
LOGS = {"proxied": "rust"}
GOOD = {"passed", "PASSED", "PASS", "ok"}
REASONS = {
    ("F15_refused", "proxied"): "the proxy answers in its place",
    ("fork_child_works", "go"): "a Go program cannot fork and go on",
    ("fork_child_works", "node"): "Node cannot fork a process that goes on",
}


def outcomes(log: Path, said: re.Pattern[str]) -> dict[str, bool]:
    """What one log says, by name; a name that failed once has failed."""
    found: dict[str, bool] = {}
    if log.exists():
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := said.search(line):
                name = snake(match["name"])
                found[name] = found.get(name, True) and match["outcome"] in GOOD
    return found


def snake(name: str) -> str:
    """Go's names in the words of the others; names of faults stay as they are."""
    if re.fullmatch(r"F\d.*|[a-z].*", name):
        return name
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def verdict(found: dict[str, bool], name: str, exact: bool) -> bool | None:
    """Whether it passed; None where nothing was said."""
    own = [
        good
        for other, good in found.items()
        if other == name or (not exact and other.startswith(name))
    ]
    return all(own) if own else None


def table(names: list[str], columns: dict[str, dict[str, bool]], exact: bool) -> tuple[int, int]:
    """Prints one; how many cells passed and failed."""
    width = max(map(len, names)) + 2
    print("".ljust(width) + "".join(language.ljust(14) for language in columns))
    passed = failed = 0
    for name in names:
        cells = []
        for language, found in columns.items():
            if (name, language) in REASONS:
                cells.append("no: see below")
                continue
            good = verdict(found, name, exact)
            passed, failed = passed + (good is True), failed + (good is not True)
            cells.append({True: "passed", False: "FAILED", None: "not run"}[good])
        print(name.ljust(width) + "".join(cell.ljust(14) for cell in cells))
    print()
    return passed, failed


def main(faults: Path, folder: Path) -> int:
    """Prints both tables; the exit code."""

    def columns(said: dict[str, re.Pattern[str]], kind: str) -> dict[str, dict[str, bool]]:
        logs = {language: folder / f"{LOGS.get(language, language)}{kind}.log" for language in said}
        return {language: outcomes(log, said[language]) for language, log in logs.items()}

    scenarios = json.loads(faults.read_text(encoding="utf-8"))
    sums = [
        table([scenario["name"] for scenario in scenarios], columns(FAULTS, ""), exact=True),
        table(list(NAMES), columns(LIFECYCLE, "-lifecycle"), exact=False),
    ]
    for (name, language), reason in REASONS.items():
        print(f"{name}, {language}: {reason}")
    passed, failed = (sum(numbers) for numbers in zip(*sums))
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
