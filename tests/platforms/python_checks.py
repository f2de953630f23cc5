"""Python: the types, as they are on another system. A module is linked with that system's Python,
of which none is here."""

from __future__ import annotations

import toolchain
from core_checks import log_of
from results import COMPILES, Result, run
from targets import Target

MYPY = toolchain.ROOT / "build/venv/bin/mypy"


def check_python(target: Target) -> Result:
    """Python."""
    cache = toolchain.BUILD / "mypy" / target.python
    command = [str(MYPY), "--platform", target.python, "--cache-dir", str(cache), "src"]
    folder = toolchain.ROOT / "bindings/python"
    run(command, toolchain.environment(), log_of(target), folder)
    return Result(COMPILES, f"mypy --strict --platform {target.python}")
