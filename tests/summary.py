"""Adds up the closing lines of test runners: `python summary.py LOG ...`.

Prints the lines that name a failure, one line per log, and a last line `N passed, N failed`. A log
without a closing line is one failure: a runner that ran nothing has not passed. So is one that says
that its tests failed where no closing line does: a signal has ended a program of theirs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CLOSING = (
    re.compile(r"^test result: \w+\. (?P<passed>\d+) passed; (?P<failed>\d+) failed"),  # cargo test
    re.compile(r"^(?P<passed>\d+) passed, (?P<failed>\d+) failed$"),  # tests/c
    re.compile(r"^=+ (?P<pytest>.*\b(passed|failed|errors?)\b.*) in [\d.]+s.*=+$"),  # pytest
    re.compile(r"^(?P<pytest>\d+ (passed|failed|errors?)\b.*) in [\d.]+s"),  # pytest -q
    re.compile(r"^(#|ℹ) pass (?P<passed>\d+)$"),  # node --test
    re.compile(r"^(#|ℹ) fail (?P<failed>\d+)$"),
    re.compile(r"^ *--- (?P<go>PASS|FAIL): "),  # go test -v, a line for each test
)

FAILURE = re.compile(
    r"^(test \S+ \.\.\. FAILED|.*panicked at|error(\[\w+\])?: "  # cargo
    r"|FAILED |ERROR |not ok |\s*✖ |\s*--- FAIL: |FAIL\b"  # pytest, node, go, tests/c
    r"|\s*process didn't exit successfully: |signal: |Fatal Python error: "  # ended by a signal
    r"|\S+: failed after |Base64: |make.*\*\*\* )"  # fuzzers, with the bytes that failed; make
)
ENDED = re.compile(r"^the tests of \S+ failed$", re.M)  # the Makefile, below what a runner said
EXPLANATION = re.compile(r"^E  +\S")  # pytest's lines below a failed assertion
FAILURES_SHOWN_MAX = 12
EXPLANATIONS_SHOWN_MAX = 24


def failures(text: str) -> list[str]:
    """The first lines of a log that name a failure, and those that explain one, each once."""
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()
    named = dict.fromkeys(line.strip() for line in lines if FAILURE.match(line))
    explained = dict.fromkeys(line.strip() for line in lines if EXPLANATION.match(line))
    return [*list(named)[:FAILURES_SHOWN_MAX], *list(explained)[:EXPLANATIONS_SHOWN_MAX]]


def of_pytest(closing: str) -> tuple[int, int]:
    """Passed and failed of a line such as `1 failed, 12 passed, 1 error`."""
    counts = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (\w+)", closing)}
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


def of_log(text: str) -> tuple[int, int]:
    """Passed and failed of all closing lines in one log."""
    passed = failed = lines = 0
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines():
        for pattern in CLOSING:
            match = pattern.match(line)
            if not match:
                continue
            found = match.groupdict()
            if "pytest" in found:
                good, bad = of_pytest(found["pytest"])
            elif "go" in found:
                good, bad = int(found["go"] == "PASS"), int(found["go"] == "FAIL")
            else:
                good, bad = int(found.get("passed", 0)), int(found.get("failed", 0))
            passed, failed, lines = passed + good, failed + bad, lines + 1
            break
    is_silent = not lines or (not failed and ENDED.search(text))
    return passed, 1 if is_silent else failed


def main(paths: list[Path]) -> int:
    """Prints the sums; the exit code."""
    passed = failed = 0
    sums = []
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        good, bad = of_log(text)
        sums.append(f"{path.stem:12} {good:5} passed {bad:4} failed")
        passed, failed = passed + good, failed + bad
        for line in failures(text) if bad else []:
            print(f"{path.stem}: {line[:2000]}")
    print(*sums, sep="\n")
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
