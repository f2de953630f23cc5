"""Puts version and names of packaging/release.json wherever they stand: `release.py [--write]`.

A place is a file and a pattern; the one group of the pattern is what release.json decides. Without
--write each place that differs is a line, and the exit code is 1. A pattern that matches nothing
is an error in both ways: the place has moved, and is not kept by anybody.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Place(NamedTuple):
    """Where a value stands: every match of the pattern in the file."""

    file: str
    pattern: str
    value: str


def read_release() -> dict[str, Any]:
    """The one place of version and names."""
    release: dict[str, Any] = json.loads(read("packaging/release.json"))
    return release


def read(file: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / file).read_text(encoding="utf-8")


def tracked(*patterns: str) -> list[str]:
    """The files of these patterns that git knows."""
    command = ["git", "ls-files", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [file for file in listed.splitlines() if (ROOT / file).is_file()]


def version_places(version: str) -> Iterator[Place]:
    """The version, in the files that tools read it from."""
    yield Place("core/Cargo.toml", r'\[workspace\.package\]\nversion = "(.*)"', version)
    yield Place("core/ffi/Cargo.toml", r'path = "\.\.", version = "=(.*?)"', version)
    for lock in ("core/Cargo.lock", "core/fuzz/Cargo.lock", "tests/bench/drivers/Cargo.lock"):
        yield Place(lock, r'name = "liter-llm(?:-ffi)?"\nversion = "(.*)"', version)
    yield Place("tests/bench/drivers/src/bin/core.rs", r'"liter-llm (\d.*?)"', version)
    yield Place("bindings/python/pyproject.toml", r'^version = "(.*)"', version)
    yield Place("bindings/node/package.json", r'^  "version": "(.*)"', version)
    yield Place("bindings/node/package-lock.json", r'^  "version": "(.*)"', version)
    yield Place(
        "bindings/node/package-lock.json", r'"": \{\n      "name": ".*",\n      "version": "(.*)"',
        version,
    )  # fmt: skip
    yield Place(
        "tests/frameworks/node/package-lock.json",
        r'"\.\./\.\./\.\./bindings/node": \{\n      "name": ".*",\n      "version": "(.*)"',
        version,
    )
    header = "include/liter_llm.h"
    yield Place(header, r'^#define LITER_LLM_VERSION "(.*)"', version)
    for part, number in zip(("MAJOR", "MINOR", "PATCH"), version.split(".")):
        yield Place(header, rf"^#define LITER_LLM_VERSION_{part} (\d+)", number)
    yield Place("CHANGELOG.md", r"\A(?:.*\n)*?## \[(\d[^\]]*)\]", version)


def node_places(name: str, platforms: dict[str, str]) -> Iterator[Place]:
    """The package of Node, where npm and the docs name it, and those of its platforms."""
    for platform, package in platforms.items():
        machine, libc = platform.split("-")[0], platform.split("-")[2]
        case = f"linux-{'x64' if machine == 'x86_64' else 'arm64'}-{libc}"
        pattern = rf'case "{case}":\s+return require\("(.*)"\)'
        yield Place("bindings/node/lib/native.cjs", pattern, package)
    yield Place("bindings/node/package.json", r'\A\{\n  "name": "(.*)"', name)
    yield Place("bindings/node/package-lock.json", r'\A\{\n  "name": "(.*)"', name)
    yield Place("bindings/node/package-lock.json", r'"": \{\n      "name": "(.*)"', name)
    for file in ("README.md", "docs/install.md"):
        yield Place(file, r"`npm (?:un)?install ([\w@][\w@/-]*)`", name)
    yield Place("docs/install.md", r"`npm pack ([\w@][\w@/-]*) ", name)
    linux = platforms["x86_64-linux-gnu"]
    yield Place("docs/install.md", r"`npm pack [\w@][\w@/-]* ([\w@][\w@/-]*)`", linux)
    yield Place("docs/install.md", r"`([\w@][\w@/-]*-linux-x64-gnu)`", linux)


def go_places(module: str) -> Iterator[Place]:
    """The Go module, wherever its path stands: in imports, go.mod files and docs."""
    named = re.search(r"^module (.*)", read("bindings/go/go.mod"), re.MULTILINE)
    now = named[1] if named else ""
    for file in tracked("*.go", "*go.mod", "*.md"):
        if now in read(file):
            yield Place(file, rf"({re.escape(now)})(?![\w-])", module)


def other_places(crates: dict[str, str], debs: dict[str, str]) -> Iterator[Place]:
    """Crates and packages of Debian are renamed when they are packed; the README names them."""
    for file in ("README.md", "docs/install.md"):
        yield Place(file, r"`cargo (?:add|remove) ([\w-]+)`", crates["liter-llm"])
    yield Place("docs/install.md", r"^\| Rust \| `([\w-]+)`, `", crates["liter-llm"])
    yield Place("docs/install.md", r"^\| Rust \| `[\w-]+`, `([\w-]+)`", crates["liter-llm-ffi"])
    library, development = r"\b(lib[a-z-]+\d)\b", r"\b(lib[a-z-]+-dev)\b"
    yield Place("docs/install.md", library, debs["library"])
    yield Place("docs/install.md", development, debs["development"])
    yield Place("README.md", r"Debian's `([\w-]+)`", debs["library"])
    yield Place("README.md", r"Debian's `[\w-]+` and `([\w-]+)`", debs["development"])


def extras() -> str:
    """The names of the extras, as one pattern."""
    text = read("bindings/python/pyproject.toml")
    table = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    return "|".join(re.findall(r"^([a-z-]+) = \[", table, re.MULTILINE))


def python_places(name: str) -> Iterator[Place]:
    """The distribution of Python, where it is asked for and where a text says what to install."""
    source = "bindings/python/src/liter_llm"
    yield Place("bindings/python/pyproject.toml", r'^name = "(.*)"', name)
    yield Place(f"{source}/_distribution.py", r'^DISTRIBUTION = "(.*)"', name)
    for file in ("README.md", "docs/install.md", "bindings/python/README.md"):
        yield Place(file, r"pip (?:un)?install ([a-z][\w-]*)(?=[\s`])", name)
    yield Place("docs/install.md", r"`pip \w+ -[^`]* ([a-z][\w-]*)`", name)
    yield Place("docs/install.md", r"^\| Python \| `([a-z][\w-]*)` \|", name)
    yield Place("bindings/python/README.md", r"The distribution is called `(.*?)`", name)
    for file in tracked("*.md", "*.py"):
        if re.search(named_with_extra(), read(file)):
            yield Place(file, named_with_extra(), name)


def named_with_extra() -> str:
    """A distribution with one of our extras behind it, in quotes or after a space."""
    return rf"""(?<=['"` ])([a-z][a-z0-9-]+)\[(?:{extras()})\](?=['"`])"""


def places(release: dict[str, Any]) -> list[Place]:
    """Every place of every value."""
    return [
        *version_places(release["version"]),
        *python_places(release["python_distribution"]),
        *node_places(release["npm_package"], release["npm_platform_packages"]),
        *go_places(release["go_module"]),
        *other_places(release["crates"], release["deb_packages"]),
    ]


def renewed(text: str, place: Place) -> tuple[str, list[str]]:
    """The text with the value in place, and what stood there."""
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        found.append(match[1])
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:start] + place.value + match[0][end:]

    return re.sub(place.pattern, replace, text, flags=re.MULTILINE), found


def unknown_extras() -> Iterator[str]:
    """Extras that a text names and pyproject.toml does not have."""
    name = read_release()["python_distribution"]
    for file in tracked("*.md", "bindings/python/src/*.py"):
        for extra in re.findall(rf"{re.escape(name)}\[([a-z-]+)\]", read(file)):
            if extra not in extras().split("|"):
                yield f"{file}: {name}[{extra}]: pyproject.toml has no such extra"


def main(arguments: list[str]) -> int:
    """Checks or writes; the exit code."""
    write, faults = "--write" in arguments, []
    for place in places(read_release()):
        text, found = renewed(read(place.file), place)
        wrong = sorted({each for each in found if each != place.value})
        if not found:
            faults.append(f"{place.file}: nothing there is {place.pattern}")
        elif wrong and write:
            (ROOT / place.file).write_text(text, encoding="utf-8")
            print(f"{place.file}: {place.value} for {', '.join(wrong)}")
        elif wrong:
            faults.append(f"{place.file}: {', '.join(wrong)}; release.json has {place.value}")
    faults += unknown_extras()
    print("\n".join(faults) if faults else "release: version and names are those of release.json")
    if any("release.json has" in fault for fault in faults):
        print("release: packaging/release.py --write mends it")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
