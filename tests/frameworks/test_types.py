"""The adapters' types hold against the frameworks' own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "bindings/python"

# Of the rest of the package `make lint` speaks.
SILENT = ["--follow-imports=silent"]


def test_mypy_is_content():
    adapters = PACKAGE / "src/liter_llm/integrations"
    files = [str(path) for path in [*sorted(adapters.glob("*.py")), adapters.parent / "otel.py"]]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *SILENT, *files],
        cwd=adapters.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout
