"""Programs against the mock: each prints one text, and cancels two streams of another."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import toolchain
import wine
from core_checks import log_of
from results import CheckError, run
from targets import Target

sys.path.insert(0, str(toolchain.ROOT / "bindings/python/tests"))
from support import HELLO, ONE_THEN_HANG, Mock

RUN_SECONDS = 120


def play(target: Target, program: Path, words: Sequence[str | Path] = ()) -> None:
    """Runs a program with the two URLs behind its words: under wine, or alone in a root."""
    mock = Mock()
    try:
        text, hang = mock.plan(HELLO), mock.plan(ONE_THEN_HANG)
        command = [*prefix(target, program), *words, mock.base_url(text), mock.base_url(hang)]
        environment, folder = wine.environment(), program.parent
        printed = run(command, environment, log_of(target), folder, RUN_SECONDS)
        if printed.splitlines() != ["Hello world"]:
            raise CheckError(f"{program.name} printed {printed!r}")
        mock.wait(hang, closed=2)
    finally:
        mock.stop()


def prefix(target: Target, program: Path) -> list[str | Path]:
    """A program of Windows runs under wine; the others in a root that holds nothing else."""
    if target.is_windows:
        return [*wine.command(log_of(target)), program]
    alone: list[str | Path] = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    return [*alone, "chroot", program.parent, f"/{program.name}"]
