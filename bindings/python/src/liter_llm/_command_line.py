"""Whether this process is the command `liter-llm`, asked when the package is imported."""

from __future__ import annotations

import os
import sys

_NAMES = ("liter-llm", "-m")
"""`-m` stands for the program in sys.argv while `python -m` looks for the module that it runs."""


def is_command_line() -> bool:
    """Then the native library is loaded by the first request, not by the import: help, the version
    and completion do without it."""
    arguments: list[str] = getattr(sys, "argv", [])  # absent in some programs that embed Python
    return bool(arguments) and os.path.basename(arguments[0]) in _NAMES  # noqa: PTH119
