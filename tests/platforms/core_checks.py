"""Rust: both crates with all features, and their unit tests where programs of the target run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import toolchain
import wine
from results import COMPILES, TESTED, CheckError, Result, run
from targets import Target

TEST_SECONDS = 900
CRATES = ("liter-llm", "liter-llm-ffi")


def environment(target: Target) -> dict[str, str]:
    """For cargo. jemalloc cannot be compiled for macOS without Apple's SDK: zig has no
    sys/syscall.h. An empty archive in its place is enough to check what is ours."""
    made = toolchain.environment()
    if target.is_macos:
        empty = toolchain.BUILD / "empty/libjemalloc.a"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.unlink(missing_ok=True)
        subprocess.run(["ar", "rc", empty], check=True)
        made[f"{target.variable.upper()}_JEMALLOC_OVERRIDE"] = str(empty)
    return made


def log_of(target: Target) -> Path:
    return toolchain.ROOT / f"build/log/platforms-{target.rust}.log"


def check_core(target: Target) -> Result:
    """Rust."""
    if target.runs:
        runner = wine.command(log_of(target)) if target.is_windows else []
        count = sum(run_tests(target, program, runner) for program in test_programs(target))
        where = "under wine" if target.is_windows else "on this machine"
        return Result(TESTED, f"all features: {count} unit tests of core and core/ffi {where}")
    command = [*toolchain.cargo("check", target), "--workspace", "--all-features"]
    run(command, environment(target), log_of(target))
    missing = "; jemalloc left out, nothing linked: no SDK of Apple's" if target.is_macos else ""
    return Result(COMPILES, f"cargo check, all features{missing}")


def test_programs(target: Target) -> list[Path]:
    """Builds the unit tests of both crates."""
    options = [
        "--lib",
        "--profile",
        "test",
        "--all-features",
        "--message-format",
        "json-render-diagnostics",
    ]
    # Debian's rustc carries no start files of musl: zig has them.
    link = ["--", "-C", "link-self-contained=no"]
    found = []
    for name in CRATES:
        command = [*toolchain.cargo("rustc", target), *options, "-p", name, *link]
        lines = run(command, environment(target), log_of(target)).splitlines()
        messages = [json.loads(line) for line in lines if line.startswith("{")]
        found += [Path(one["executable"]) for one in messages if one.get("executable")]
    if len(found) != len(CRATES):
        raise CheckError(f"cargo built {len(found)} programs of tests")
    return found


def run_tests(target: Target, program: Path, runner: Sequence[str]) -> int:
    """How many tests there were; all of them passed."""
    folder = toolchain.ROOT / "core"
    printed = run([*runner, program], wine.environment(), log_of(target), folder, TEST_SECONDS)
    passed = [line for line in printed.splitlines() if line.startswith("test result: ok.")]
    if not passed:
        raise CheckError(f"{program.name} printed no result")
    return int(passed[-1].split("ok.")[1].split()[0])


def build_library(target: Target) -> Path:
    """Builds the library of C, and gives the folder where it is."""
    command = [*toolchain.cargo("build", target), "-p", "liter-llm-ffi"]
    run(command, environment(target), log_of(target))
    return toolchain.TARGET / target.rust / "debug"
