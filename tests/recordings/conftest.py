"""Says at the end how many exchanges of each API ran, and which are not covered, and why."""

from __future__ import annotations

from collections import Counter

import pytest
from exchanges import exchanges, index, reason_against


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each API, one for each reason."""
    passed = {
        report.nodeid.split("[", 1)[1].removesuffix("]")
        for report in terminalreporter.stats.get("passed", [])
        if "test_recording[" in report.nodeid
    }
    covered = Counter(row["api"] for row in exchanges())
    good = Counter(row["api"] for row in exchanges() if row["id"] in passed)
    all_of_them = Counter(row["api"] for row in index())
    terminalreporter.section("recordings")
    for api, count in sorted(covered.items()):
        terminalreporter.write_line(f"{api}: {good[api]} of {count} as expected")
    left_out: Counter[tuple[str, str]] = Counter()
    for row in index():
        reason = reason_against(row)
        if reason is not None:
            left_out[row["api"], reason] += 1
    for (api, reason), count in sorted(left_out.items()):
        terminalreporter.write_line(f"{api}: {count} of {all_of_them[api]} not covered: {reason}")
    total = sum(all_of_them.values())
    terminalreporter.write_line(f"{sum(good.values())} of {total} exchanges ran as expected")
