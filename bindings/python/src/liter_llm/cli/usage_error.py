"""What is wrong with the arguments, the environment or a file: one line, and exit code 2."""

from __future__ import annotations


class UsageError(Exception):
    """Nothing was sent. The message says what to do."""


def cannot(verb: str, path: object, error: OSError) -> UsageError:
    """The error for a file, in the system's words."""
    return UsageError(f"cannot {verb} {path}: {error.strerror or error}")
