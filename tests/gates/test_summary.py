"""What the sum at the end of a run says of tests that failed, in whichever way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSED = "test result: ok. 3 passed; 0 failed; 0 ignored"


def summary(log: Path) -> tuple[int, list[str]]:
    """The exit code, and the lines."""
    command = [sys.executable, str(ROOT / "tests" / "summary.py"), str(log)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("log", "failed", "named"),
    [
        (PASSED, 0, None),
        ("", 1, None),
        ("test a ... FAILED\ntest result: FAILED. 2 passed; 1 failed; 0 ignored", 1, "test a"),
        ("FAILED test_a.py::test_b - assert 1\n1 failed, 12 passed, 1 error in 0.10s", 2, "test_b"),
    ],
)
def test_closing_lines(tmp_path: Path, log: str, failed: int, named: str | None) -> None:
    path = tmp_path / "some.log"
    path.write_text(log)
    code, lines = summary(path)
    assert code == (failed > 0)
    assert lines[-1].endswith(f" passed, {failed} failed")
    assert named is None or named in lines[0]


@pytest.mark.parametrize(
    ("run", "failed"),
    [
        ("true", 0),
        ("code=0; false || code=1; exit $$code", 1),
        ("echo 'signal: 11'; bash -c 'kill -SEGV $$$$'", 1),
        ("false; true", 1),  # as in every recipe, the first command that fails ends it
    ],
)
def test_a_program_that_ends_without_a_word_is_a_failure(
    tmp_path: Path, run: str, failed: int
) -> None:
    """By the Makefile's own function, after tests that passed."""
    recipe = f'$(call reported,some,echo "{PASSED}"; {run})'
    makefile = f"include {ROOT}/Makefile\n.PHONY: some\nsome:\n\t@{recipe}\n"
    made = subprocess.run(
        ["make", "-f", "-", "some"],
        input=makefile,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode != 0) == (failed > 0)
    code, lines = summary(tmp_path / "build" / "test" / "some.log")
    assert code == (failed > 0)
    assert lines[-1] == f"3 passed, {failed} failed"
    if "signal" in run:
        assert "signal: 11" in lines[0]
