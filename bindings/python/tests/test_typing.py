"""What type checkers take and refuse of a user's program: mypy --strict and pyright alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import PACKAGE

FOLDER = PACKAGE / "tests/typing"
MARK = "  # refused"


def mypy(path: Path) -> set[int]:
    """The lines with an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10"]
    ended = run(*command, "--no-error-summary", "--hide-error-context", str(path))
    name = re.escape(path.name)
    return {int(line) for line in re.findall(rf"{name}:(\d+): error", ended)}


def pyright(path: Path) -> set[int]:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    report = json.loads(run(*command, str(path)))
    assert report["summary"]["filesAnalyzed"] == 1
    found = report["generalDiagnostics"]
    errors = [one for one in found if one["severity"] == "error" and one["file"] == str(path)]
    return {one["range"]["start"]["line"] + 1 for one in errors}


def needs_node(checker: str) -> None:
    if checker == "pyright" and shutil.which("node") is None:
        pytest.skip("pyright needs Node.js, and would download it")


CHECKERS = {"mypy": mypy, "pyright": pyright}


def run(*command: str) -> str:
    ended = subprocess.run(
        command,
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        # It looks for a newer version of itself, and complains when there is one.
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.timeout(150)
@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", ["accepted", "refused"])
def test_a_checker_refuses_what_is_marked(checker, name):
    needs_node(checker)
    path = FOLDER / f"{name}.py"
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith(MARK)}

    refused = CHECKERS[checker](path)

    assert (name == "refused") == bool(marked)
    missed = {number: lines[number - 1] for number in marked - refused}
    unwanted = {number: lines[number - 1] for number in refused - marked}
    assert (missed, unwanted) == ({}, {})


def test_the_key_that_is_misspelt_is_named():
    """An error that shows the whole request instead helps nobody."""
    path = str(FOLDER / "refused.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", path]
    assert 'Extra key "max_token" for TypedDict "Request"' in run(*command)
    needs_node("pyright")
    shown = run(sys.executable, "-m", "pyright", "--pythonpath", sys.executable, path)
    assert '"max_token" is an undefined item in type "Request"' in shown
