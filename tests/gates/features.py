"""The features of the core and the C boundary: `features.py alone|matrix`.

`alone` lints each one by itself, as `make lint` does. `matrix` adds none, all, and all but one.
Features that need others bring them along; two choices that mean the same are linted once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARGO = ["--locked", "--manifest-path", "core/Cargo.toml", "--target-dir", "core/target"]
PACKAGES = ("liter-llm", "liter-llm-ffi")
# A panic on purpose, for tests; and what cargo makes of optional dependencies.
NOT_OURS = ("default", "test-panic")


def read_features() -> dict[str, dict[str, list[str]]]:
    """For each package its features, and what each brings along."""
    command = ["cargo", "metadata", "--no-deps", "--format-version=1", *CARGO[:3]]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    packages = {package["name"]: package["features"] for package in json.loads(out)["packages"]}
    return {name: packages[name] for name in PACKAGES}


def brought(feature: str, features: dict[str, list[str]]) -> set[str]:
    """The feature with all that it brings along in its own package."""
    others = (other for other in features[feature] if other in features)
    return {feature}.union(*(brought(other, features) for other in others))


def choices(names: dict[str, set[str]], mode: str) -> Iterator[frozenset[str]]:
    """Sets of features, each with what it brings along."""
    yield from (frozenset(brought) for brought in names.values())
    if mode == "matrix":
        yield frozenset()
        yield frozenset(names)
        for without in names:
            yield frozenset(name for name in names if without not in names[name])


def command_of(choice: frozenset[str], features: dict[str, dict[str, list[str]]]) -> list[str]:
    """Clippy with exactly this choice, in every package that has the feature."""
    chosen = [f"{name}/{each}" for name in PACKAGES for each in choice & features[name].keys()]
    packages = [f"--package={name}" for name in PACKAGES]
    words = [*packages, "--no-default-features", f"--features={','.join(sorted(chosen))}"]
    return ["cargo", "clippy", "--quiet", *CARGO, *words, "--", "-D", "warnings"]


def main(arguments: list[str]) -> int:
    """Lints every choice; the exit code."""
    if arguments not in (["alone"], ["matrix"]):
        sys.exit("features.py alone|matrix")
    features = read_features()
    ffi = features["liter-llm-ffi"]
    names = {name: brought(name, ffi) for name in ffi if name not in NOT_OURS}
    unknown = features["liter-llm"].keys() - ffi.keys()
    if unknown:
        print(f"features: the C boundary has no {' '.join(sorted(unknown))}")
    failed = bool(unknown)
    unique = list(dict.fromkeys(choices(names, arguments[0])))
    for choice in unique:
        print(f"-- {' '.join(sorted(choice)) or 'none'}", flush=True)
        result = subprocess.run(command_of(choice, features), cwd=ROOT, check=False)
        failed |= bool(result.returncode)
        if result.returncode:
            print("features: failed with these")
    print(f"features: {len(unique)} choices, {'see above' if failed else 'all clean'}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
