"""The Rust API beside the last release's: `semver.py TOOL [ROOT]`, by cargo-semver-checks.

The version at hand says what may change: before 1.0.0 a minor version may break, a patch may not.
The tool sees what is gone and how many parameters a function has, and not yet their types.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from last_release import ROOT, last_release, unpack


def main(arguments: list[str]) -> int:
    """Compares; the exit code."""
    tool = Path(arguments[0]).resolve()
    root = Path(arguments[1]).resolve() if len(arguments) > 1 else ROOT
    tag = last_release(root)
    if tag is None:
        print("semver: no release yet, so there is nothing to compare with")
        return 0
    baseline = unpack(root, tag, root / "build/semver/tree")
    command = [str(tool), "semver-checks", "--package", "liter-llm"]
    command += ["--baseline-root", str(baseline / "core"), "--color=never"]
    return subprocess.run(command, check=False, cwd=root / "core").returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
