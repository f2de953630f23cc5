"""Mutation tests of core and core/ffi: which changes of the code do the tests not notice?

Draws a random sample of all mutants that `cargo mutants` can make (`--sample`, `--seed`: the same
seed draws the same ones from the same sources), and runs them in stages: the quick tests first, the
slower ones only for what the quick ones did not notice. Works on a copy of the sources below
build/mutants, with one mutant at a time. Prints each survivor with its place, and a last line.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build/mutants"
TREE = PLACE / "tree"
# What cannot matter to a user: the texts of Debug, and code that only tests and fuzzing run.
NEVER = [
    "--exclude-re=impl (fmt::)?Debug for",
    "--exclude=**/fuzzing.rs",
    "--exclude=**/fuzzing/**",
    "--exclude=**/tests/**",
    "--exclude=**/tests.rs",
    "--exclude=src/providers/test_support/**",
    "--exclude=ffi/src/test_panic.rs",
    "--exclude=ffi/src/test_exports.rs",
    "--exclude=ffi/src/waker/model.rs",
]


@dataclass(frozen=True)
class Stage:
    """Tests that are run against the mutants that earlier stages of the package left alive."""

    name: str
    package: str
    tests: tuple[str, ...]


NETWORK = (
    *("interrupted", "connections", "client", "faults", "http2", "concurrency", "secrets"),
    *("keys", "operations", "gateways"),
)
REST = ("receipts", "anthropic", "bedrock", "vectors", "mistakes", "schema")
STAGES = {
    "liter-llm": [
        Stage("core-unit", "liter-llm", ("--lib",)),
        Stage("core-network", "liter-llm", tuple(f"--test={name}" for name in NETWORK)),
        Stage(
            "core-rest",
            "liter-llm",
            tuple(f"--test={name}" for name in REST),
        ),
        Stage("core-boundary", "liter-llm-ffi", ()),
    ],
    "liter-llm-ffi": [Stage("ffi", "liter-llm-ffi", ())],
}


def copy_sources() -> None:
    """The sources as they are, committed or not. Their times are new: what the last mutant left
    built is built again."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    shutil.rmtree(TREE, ignore_errors=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, TREE / name)
    # The HTTP/2 server of the tests is Python.
    (TREE / "build").mkdir()
    (TREE / "build/venv").symlink_to(ROOT / "build/venv")


def mutants(tool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `cargo mutants` on the copy; its exit code shows only that there are survivors."""
    environment = {
        "LITER_LLM_MOCK": str(ROOT / "tests/mock/target/release/liter-llm-mock"),
        **os.environ,
        "CARGO_TARGET_DIR": str(PLACE / "target"),
        "CARGO_PROFILE_DEV_DEBUG": "none",
    }
    command = [str(tool), "mutants", "--dir", str(TREE / "core"), "--workspace", *arguments]
    return subprocess.run(
        command, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=None
    )


def draw(tool: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """The names of the sample's mutants by package."""
    if options.names:
        drawn = options.names.read_text(encoding="utf-8").splitlines()
        return by_package(drawn)
    files = [f"--file={pattern}" for pattern in options.files]
    every = sorted(mutants(tool, "--list", *NEVER, *files).stdout.splitlines())
    count = min(options.sample, len(every))
    drawn = sorted(random.Random(options.seed).sample(every, count))
    print(f"{count} of {len(every)} mutants, seed {options.seed}", flush=True)
    return by_package(drawn)


def by_package(names: list[str]) -> dict[str, list[str]]:
    """Paths are relative to core/, the package at the root of the workspace."""
    sample: dict[str, list[str]] = {package: [] for package in STAGES}
    for name in names:
        sample["liter-llm-ffi" if name.startswith("ffi/") else "liter-llm"].append(name)
    return sample


def run_stage(tool: Path, stage: Stage, names: list[str], timeout: int) -> dict[str, list[str]]:
    """What became of each mutant: caught, missed, timeout or unviable."""
    output = PLACE / stage.name
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    ran = mutants(
        tool,
        "--in-place",
        "--no-shuffle",
        "--cap-lints=true",
        f"--timeout={timeout}",
        "--build-timeout=600",
        f"--output={output}",
        f"--test-package={stage.package}",
        *(f"--re=^{re.escape(name)}$" for name in names),
        *(["--", *stage.tests] if stage.tests else []),
    )
    (output / "output.log").write_text(ran.stdout, encoding="utf-8")
    found: dict[str, list[str]] = {}
    for kind in ("caught", "missed", "timeout", "unviable"):
        path = output / f"mutants.out/{kind}.txt"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found[kind] = text.splitlines()
    if sum(map(len, found.values())) != len(names):
        raise SystemExit(f"{stage.name}: not all mutants were run; see {output}")
    return found


def main() -> int:
    """Draws, runs, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, default=ROOT / "build/tools/bin/cargo-mutants")
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=180, help="seconds a mutant may test")
    parser.add_argument("--files", nargs="*", default=[], help="patterns, such as src/http/**")
    parser.add_argument("--names", type=Path, help="a file of mutants to run, not a sample")
    parser.add_argument("--only", nargs="*", help="stages to run, such as core-unit")
    options = parser.parse_args()
    copy_sources()
    counts: Counter[str] = Counter()
    survivors: list[str] = []
    for package, names in draw(options.tool, options).items():
        alive = names
        for stage in STAGES[package]:
            if not alive or (options.only and stage.name not in options.only):
                continue
            found = run_stage(options.tool, stage, alive, options.timeout)
            counts["unviable"] += len(found["unviable"])
            counts["noticed"] += len(found["caught"]) + len(found["timeout"])
            counts["by a time limit"] += len(found["timeout"])
            print(f"{stage.name}: {len(alive)} tried, {len(found['missed'])} alive", flush=True)
            alive = found["missed"]
        survivors += alive
    for name in survivors:
        print(f"survived: core/{name}")
    viable = counts["noticed"] + len(survivors)
    print(
        f"{viable} viable ({counts['unviable']} more do not compile), {counts['noticed']} noticed "
        f"({counts['by a time limit']} by a time limit), {100 * counts['noticed'] / viable:.1f} %"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
