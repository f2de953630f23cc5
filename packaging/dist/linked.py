"""The crates that are compiled into the libraries, by what cargo would build for each platform.

Licences and the bill of materials are both made from this one list. Procedural macros and build
scripts run on the machine that builds, and leave nothing of themselves in the result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from files import output_of
from platforms import PLATFORMS

MANIFEST = ("--locked", "--manifest-path", "core/Cargo.toml")


@dataclass(frozen=True)
class Crate:
    """One package of cargo, with the others that it needs at run time."""

    name: str
    version: str
    license: str
    description: str
    repository: str
    folder: Path
    needs: tuple[tuple[str, str], ...]

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("liter-llm")


def tree(target: str) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Every crate that is linked for a target, and what each of them needs."""
    printed = output_of(
        "cargo", "tree", *MANIFEST, "-p", "liter-llm-ffi", "--target", target, "--no-dedupe",
        "-e", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}",
    )  # fmt: skip
    needs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    above: list[tuple[str, str]] = []
    for line in printed.splitlines():
        depth, name, version = line.split()[:3]
        crate = (name, version.removeprefix("v"))
        del above[int(depth) :]
        if above:
            needs[above[-1]].add(crate)
        needs.setdefault(crate, set())
        above.append(crate)
    return needs


def linked() -> list[Crate]:
    """The crates of all platforms, by name."""
    needs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for platform in PLATFORMS.values():
        for crate, others in tree(platform.rust).items():
            needs.setdefault(crate, set()).update(others)
    printed = output_of("cargo", "metadata", *MANIFEST, "--format-version", "1")
    packages = json.loads(printed)["packages"]
    return sorted(
        (
            Crate(
                name=package["name"],
                version=package["version"],
                license=(package["license"] or "").replace("/", " OR ").replace("  ", " "),
                description=" ".join((package["description"] or "").split()),
                repository=package["repository"] or "",
                folder=Path(package["manifest_path"]).parent,
                needs=tuple(sorted(needs[package["name"], package["version"]])),
            )
            for package in packages
            if (package["name"], package["version"]) in needs
        ),
        key=lambda crate: (crate.name, crate.version),
    )
