"""The compilers of a release: Debian's Rust for every target, zig as C compiler and as linker.

Debian builds one Rust for all of its architectures, so the standard library of another processor
is a package; for musl there is none, and cargo builds it from the package of the sources. Nothing
is installed: the compiler that the machine has stays the one that developers use.
RELEASE_RUSTC names another compiler, which then has to have the targets itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import debian
from platforms import BUILD, ROOT, Platform

TOOLS = BUILD / "venv/bin"
RUST = BUILD / "rust"
# The number in a name is the compiler's version, and moves with it.
PACKAGES = [
    "rustc-web:amd64",
    "libstd-rust-web-1.96:amd64",
    "libstd-rust-web-dev:amd64",
    "libstd-rust-web-dev:arm64",
    "rust-web-src:all",
    # What the compiler links and a machine may lack.
    "libllvm22:amd64",
    "libedit2:amd64",
    "libz3-4:amd64",
]
# Runs the compiler with the libraries that were unpacked beside it.
WRAPPER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu exec "$here/usr/bin/rustc" "$@"
"""


def rustc() -> Path:
    """The compiler; the first time it is fetched, which is 170 MB."""
    given = os.environ.get("RELEASE_RUSTC")
    if given:
        return Path(given)
    debian.unpack(PACKAGES, RUST)
    for source in (RUST / "usr/src").glob("rustc-*/*"):  # of its sources, what std is built from
        if source.name != "library":
            shutil.rmtree(source) if source.is_dir() else source.unlink()
    wrapper = RUST / "rustc"
    wrapper.write_text(WRAPPER, encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper


def epoch() -> str:
    """When the release was made, for everything that records a time: the commit's own time."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()


def environment(platform: Platform) -> dict[str, str]:
    """What cargo, the C compiler and the linker are told; no path of this machine gets through."""
    registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"), "registry/src")
    hidden = {str(ROOT): "/liter-llm", str(registry): "/crates", str(RUST): "/rust"}
    rust = [f"--remap-path-prefix={path}={shown}" for path, shown in hidden.items()]
    if not platform.is_glibc:
        rust += ["-C", "target-feature=-crt-static"]  # a shared library links the system's musl
    c = [f"-ffile-prefix-map={path}={shown}" for path, shown in hidden.items()]
    return {
        **os.environ,
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "RUSTC": str(rustc()),
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(rust),
        "CFLAGS_" + platform.rust.replace("-", "_"): " ".join(c),
        "CARGO_ZIGBUILD_CACHE_DIR": str(BUILD / "zigbuild"),
        "ZIG_GLOBAL_CACHE_DIR": str(BUILD / "zig"),
        "SOURCE_DATE_EPOCH": epoch(),
        **jemalloc(platform),
    }


def jemalloc(platform: Platform) -> dict[str, str]:
    """Kernels for aarch64 have pages of 4, 16 or 64 KiB. jemalloc stops at once where they are
    larger than it was built for, and a cross build cannot look."""
    if platform.machine != "aarch64":
        return {}
    name = platform.rust.replace("-", "_").upper()
    return {f"{name}_JEMALLOC_SYS_WITH_LG_PAGE": "16"}


def binutils(platform: Platform, tool: str) -> str:
    """A tool of GNU's binutils that knows the processor."""
    prefix = "" if platform.machine == os.uname().machine else f"{platform.machine}-linux-gnu-"
    found = shutil.which(prefix + tool)
    if not found:
        raise SystemExit(f"needs {prefix}{tool}; make setup-dist installs it")
    return found


def zig(*words: str) -> list[str]:
    """The command of a tool of zig's: `zig("cc", ...)`."""
    return [str(TOOLS / "python"), "-m", "ziglang", *words]
