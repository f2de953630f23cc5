"""The source archive of dist/, installed where only Rust and a C compiler are: pip builds it in
isolation, outside the repository. Without the optimizer, which is not what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from platforms import ROOT
from wheels import distribution

from support import HELLO, Mock

QUICK = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
}


@pytest.fixture
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


def run(*command: object, cwd: Path, timeout: float, **environment: str) -> str:
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.timeout(2000)
def test_it_builds_and_the_first_sample_runs(mock: Mock, tmp_path: Path) -> None:
    archive = ROOT / "dist" / f"{distribution()}.tar.gz"
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path, timeout=120)
    python = tmp_path / "venv/bin/python"

    run(python, "-m", "pip", "-q", "install", archive, cwd=tmp_path, timeout=1800, **QUICK)

    key = mock.plan(HELLO)
    sample = ROOT / "bindings/python/samples/stream.py"
    address = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}
    assert run(python, sample, cwd=tmp_path, timeout=60, **address).strip() == "Hello world"
