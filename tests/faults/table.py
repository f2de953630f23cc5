"""Tables of what each language's runner reported: `python table.py faults.json LOGS`.

Faults by language, a table for each transport to the provider; then the lifecycle by language: a
name passes when every test that begins with it does. What cannot be shown has its reason in
REASONS, or Rust's runner reports it. Exits 1 when a cell is empty or failed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

# The name of a row with its transport, and how each runner reports the outcome.
NAME = r"(?P<name>\w+\.\w+)"
LEFT_OUT = re.compile(rf"^fault {NAME}: left out, (?P<reason>.+)$")
FAULTS = {
    "rust": re.compile(rf"^fault {NAME}: (?P<outcome>passed|failed)$"),
    "c": re.compile(rf"test_(scenario|invoke)\[{NAME}\] (?P<outcome>PASSED|FAILED)"),
    "python": re.compile(rf"test_scenario\[{NAME}\] (?P<outcome>PASSED|FAILED)"),
    "go": re.compile(rf"^ *--- (?P<outcome>PASS|FAIL): TestFaults/{NAME}"),
    "node": re.compile(rf"^ *(?P<outcome>ok|not ok) \d+ - {NAME}$"),
}
# A transport, and who uses it.
TRANSPORTS = {
    "http1": list(FAULTS),
    "proxied": ["rust"],
    "tls": list(FAULTS),
    "http2": list(FAULTS),
}
# How each runner reports a test of the lifecycle.
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
GOOD = {"passed", "PASSED", "PASS", "ok"}
REASONS = {
    ("fork_child_works", "go"): "a Go program cannot fork and go on",
    ("fork_child_works", "node"): "Node cannot fork a process that goes on",
}


# Who plays chat alone from the list.
NO_OPERATIONS = ("rust", "python", "go", "node")
OPERATIONS = "operations beside chat are played through the C boundary"


def lines(log: Path) -> list[str]:
    """The lines of a log; none where the runner did not run."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []


def outcomes(log: Path, pattern: re.Pattern[str]) -> dict[str, bool]:
    """The outcomes in one log, by name; a name that failed once has failed."""
    found: dict[str, bool] = {}
    for match in filter(None, map(pattern.search, lines(log))):
        name = snake(match["name"])
        found[name] = found.get(name, True) and match["outcome"] in GOOD
    return found


def snake(name: str) -> str:
    """Go's names as the others write them; names of faults stay as they are."""
    if "." in name or re.fullmatch(r"[a-z].*", name):
        return name
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def verdict(found: dict[str, bool], name: str, exact: bool) -> bool | None:
    """Whether it passed; None where nothing was reported."""
    own = [
        good
        for other, good in found.items()
        if other == name or (not exact and other.startswith(name))
    ]
    return all(own) if own else None


def table(names: list[str], columns: dict[str, dict[str, bool]], exact: bool) -> tuple[int, int]:
    """Prints one table; returns how many cells passed and failed."""
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
    """Prints all tables; returns the exit code."""
    rows = json.loads(faults.read_text(encoding="utf-8"))
    found = {
        language: outcomes(folder / f"{language}.log", FAULTS[language]) for language in FAULTS
    }
    for row in rows:
        if "operation" in row.get("request", {}):
            names = [f"{row['name']}.{transport}" for transport in TRANSPORTS]
            REASONS.update(
                {(name, language): OPERATIONS for name in names for language in NO_OPERATIONS}
            )
    for match in filter(None, map(LEFT_OUT.match, lines(folder / "rust.log"))):
        languages = TRANSPORTS[match["name"].split(".")[1]]
        REASONS.update({(match["name"], language): match["reason"] for language in languages})
    sums = []
    for transport, languages in TRANSPORTS.items():
        names = [f"{row['name']}.{transport}" for row in rows]
        sums.append(table(names, {name: found[name] for name in languages}, exact=True))
    lifecycle = {
        language: outcomes(folder / f"{language}-lifecycle.log", pattern)
        for language, pattern in LIFECYCLE.items()
    }
    sums.append(table(list(NAMES), lifecycle, exact=False))
    reported: dict[tuple[str, str], list[str]] = {}
    for (name, language), reason in REASONS.items():
        reported.setdefault((name, reason), []).append(language)
    for (name, reason), languages in reported.items():
        print(f"{name}, {', '.join(languages)}: {reason}")
    passed, failed = (sum(numbers) for numbers in zip(*sums))
    if not any(line.startswith("test result: ok") for line in lines(folder / "rust.log")):
        print("rust: the runner did not end well, so a transport may be missing")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
