"""`make check-platforms`: what can be checked here of systems that are not x86-64 Linux with glibc.

  run.py [TARGET ...]    names of Rust's, or parts of them: musl, windows, aarch64-apple

Prints a table of what was tested, what compiles and what is not supported; exits 1 when a check
failed. Logs are build/log/platforms-*.log.
"""

from __future__ import annotations

import sys

import toolchain
from c_checks import check_c
from core_checks import check_core, log_of
from go_checks import check_go
from node_checks import check_node
from python_checks import check_python
from results import FAILED, Check, CheckError, Result, table
from targets import TARGETS, Target

PARTS: dict[str, Check] = {
    "Rust": check_core,
    "C, C++": check_c,
    "Python": check_python,
    "Go": check_go,
    "Node": check_node,
}


def check(target: Target) -> dict[str, Result]:
    """Every part of a target."""
    results = {}
    log_of(target).unlink(missing_ok=True)
    for part, perform in PARTS.items():
        print(f"-- {target.rust}: {part}", flush=True)
        try:
            results[part] = perform(target)
        except (CheckError, AssertionError) as failure:
            results[part] = Result(FAILED, str(failure))
    return results


def main(words: list[str]) -> int:
    """The exit code."""
    chosen = [one for one in TARGETS if not words or any(word in one.rust for word in words)]
    unknown = [word for word in words if not any(word in one.rust for one in TARGETS)]
    if unknown:
        print(f"no such target: {', '.join(unknown)}; known: {[one.rust for one in TARGETS]}")
        return 2
    toolchain.prepare()
    results = {target: check(target) for target in chosen}
    print(table(results))
    parts = [result for found in results.values() for result in found.values()]
    return int(any(result.outcome == FAILED for result in parts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
