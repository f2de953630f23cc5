"""The table at the end of `make test-dist`, a plugin of pytest: what ran on what, in which time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OUTCOMES = ("passed", "failed", "error", "skipped")


def why(report: pytest.TestReport) -> str:
    """Why a test was skipped, or the line that it failed with."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message).splitlines()[0] if crash else ""


def rows(stats: dict[str, list[Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Name, outcome, seconds, and what there is to say."""
    for outcome in OUTCOMES:
        for report in stats.get(outcome, []):
            file, _, test = report.nodeid.partition("::")
            name = f"{Path(file).stem.removeprefix('test_')}: {test.removeprefix('test_')}"
            said = [str(text) for key, text in report.user_properties if key == "ran"]
            text = "; ".join([*said, why(report)] if outcome != "passed" else said)
            yield name, outcome, f"{report.duration:.1f}", text


def pytest_terminal_summary(terminalreporter: Any) -> None:
    table = sorted(rows(terminalreporter.stats))
    if not table:
        return
    terminalreporter.section("what ran")
    width = max(len(name) for name, *_ in table)
    for name, outcome, seconds, text in table:
        terminalreporter.line(f"{name:{width}}  {outcome:7}  {seconds:>6} s  {text}".rstrip())
