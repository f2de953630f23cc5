"""The same sources and libraries give the same bytes, also at another time in another order."""

from __future__ import annotations

import subprocess
import sys

import pytest
from files import DIST
from platforms import ROOT


@pytest.mark.timeout(1800)
def test_two_builds_have_the_same_sums() -> None:
    file = DIST / "SHA256SUMS"
    first = file.read_text(encoding="utf-8").splitlines()
    for path in DIST.rglob("*"):
        path.touch()
    command = [sys.executable, "packaging/dist/packages.py", "--no-verify"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    second = file.read_text(encoding="utf-8").splitlines()
    assert sorted(set(first) ^ set(second)) == []
