"""The platforms that releases are built for, and what each of them is called elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/dist"
NATIVE = BUILD / "native"
GLIBC_FLOOR = (2, 17)


@dataclass(frozen=True)
class Platform:
    """A processor and a C library."""

    machine: str
    libc: str

    @property
    def name(self) -> str:
        """What folders and artefacts are called."""
        return f"{self.machine}-linux-{self.libc}"

    @property
    def rust(self) -> str:
        """Rust's name of the target."""
        return f"{self.machine}-unknown-linux-{self.libc}"

    @property
    def zig(self) -> str:
        """The target of `zig cc`, with the oldest glibc that it links for."""
        return f"{self.name}.{GLIBC_FLOOR[0]}.{GLIBC_FLOOR[1]}" if self.is_glibc else self.name

    @property
    def cargo_zigbuild(self) -> str:
        """The target of `cargo zigbuild`."""
        return f"{self.rust}.{GLIBC_FLOOR[0]}.{GLIBC_FLOOR[1]}" if self.is_glibc else self.rust

    @property
    def debian(self) -> str:
        """Debian's name of the processor."""
        return {"x86_64": "amd64", "aarch64": "arm64"}[self.machine]

    @property
    def is_glibc(self) -> bool:
        return self.libc == "gnu"

    @property
    def native(self) -> Path:
        """Where the libraries of the platform are put."""
        return NATIVE / self.name


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("x86_64", "gnu"),
        Platform("aarch64", "gnu"),
        Platform("x86_64", "musl"),
        Platform("aarch64", "musl"),
    )
}


def chosen(names: list[str]) -> list[Platform]:
    """The platforms of these names, or all of them."""
    unknown = [name for name in names if name not in PLATFORMS]
    if unknown:
        sys.exit(f"no such platform: {' '.join(unknown)}; there are {' '.join(PLATFORMS)}")
    return [PLATFORMS[name] for name in names or PLATFORMS]
