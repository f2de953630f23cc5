"""The tools: Debian's rustc with the sources of its standard library, zig, and cargo.

Debian's packages are unpacked below build/ and not installed, since they refuse to stand beside
rustup. cargo is the one that is there. The standard library of each target is built from source
(-Z build-std, which RUSTC_BOOTSTRAP allows in a stable compiler).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from targets import Target

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/platforms"
RUST = BUILD / "rust/usr"
VENV = BUILD / "venv"
TARGET = BUILD / "target"
# In bookworm-security, where browsers are built with it: the newest that Debian 12 has.
RUST_PACKAGES = ("rustc-web", "rust-web-src")
NEEDED_WITH = ("libstd-rust-web", "libllvm")
MINGW = "x86_64-w64-mingw32"
# What the archive needs: `rustc --print native-static-libs` says it.
WINDOWS_LIBRARIES = (
    *("-lws2_32", "-lbcrypt", "-lcrypt32", "-lsecur32", "-lncrypt", "-luserenv", "-lntdll"),
    "-ladvapi32",
)


def prepare() -> None:
    """Makes what is missing."""
    if not (VENV / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        tools = Path(__file__).with_name("requirements.txt")
        pip = [str(VENV / "bin/pip"), "install", "-q", "-r", str(tools)]
        subprocess.run(pip, check=True)
        (VENV / "ready").touch()
    if not (RUST / "ready").exists():
        unpack_rust()
        (RUST / "ready").touch()


def unpack_rust() -> None:
    """Downloads the packages with apt, and keeps the compiler and the sources of std."""
    debs = BUILD / "debs"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    subprocess.run(["apt-get", "download", "-q", *all_packages()], cwd=debs, check=True)
    RUST.mkdir(parents=True, exist_ok=True)
    for deb in sorted(debs.glob("*.deb")):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
            only = ["--wildcards", "*/library/*"] if deb.name.startswith("rust-web-src") else []
            only += ["--exclude", "./usr/share"]
            command = ["tar", "-x", "-C", str(RUST.parent), *only]
            subprocess.run(command, stdin=tar.stdout, check=True)
    # The link to them is a part of that package too.
    sources = next((RUST / "src").glob("rustc-*"))
    link = RUST / "lib/rustlib/src/rust"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(Path("../../../src", sources.name))
    shutil.rmtree(debs)


def all_packages() -> list[str]:
    """Those that are needed, and what of them these depend on."""
    names = list(RUST_PACKAGES)
    for name in names:
        command = ["apt-cache", "depends", "--important", name]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        words = [line.split() for line in listed.splitlines()]
        found = [line[1] for line in words if len(line) == 2 and line[0] == "Depends:"]
        names += [one for one in found if one.startswith(NEEDED_WITH) and one not in names]
    return names


def environment() -> dict[str, str]:
    """For every command: the tools and where things are."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]])
    return {
        **os.environ,
        "PATH": path,
        "RUSTC": str(RUST / "bin/rustc"),
        "RUSTC_BOOTSTRAP": "1",
        "LD_LIBRARY_PATH": str(RUST / "lib/x86_64-linux-gnu"),
        "CARGO_TARGET_DIR": str(TARGET),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER": f"{MINGW}-gcc",
        # Debian's rustc carries no parts of MinGW.
        "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS": "-C link-self-contained=no",
    }


def cargo(verb: str, target: Target) -> list[str]:
    """A command of cargo for a target; MinGW's compiler for Windows, zig for the others."""
    tool = ["cargo"] if target.is_windows else ["cargo-zigbuild"]
    verb = "zigbuild" if verb == "build" and not target.is_windows else verb
    manifest = ["--locked", "--manifest-path", str(ROOT / "core/Cargo.toml")]
    return [
        *tool,
        verb,
        "-Z",
        "build-std=std,panic_unwind,test",
        "--target",
        target.rust,
        *manifest,
    ]


def c_compiler(target: Target, language: str = "c") -> list[str]:
    """A command that compiles C, or C++."""
    if target.is_windows:
        return [f"{MINGW}-gcc" if language == "c" else f"{MINGW}-g++"]
    tool = "cc" if language == "c" else "c++"
    return [str(VENV / "bin/python"), "-m", "ziglang", tool, "-target", target.zig]


def archive(target: Target) -> list[str]:
    """The static library, which core_checks builds, and what it is linked with."""
    built = str(TARGET / target.rust / "debug/libliter_llm.a")
    # Only zig has an unwinder for musl.
    return [built, *(WINDOWS_LIBRARIES if target.is_windows else ("-static", "-lunwind"))]


def empty_folder(part: str, target: Target) -> Path:
    """For what a check makes."""
    folder = BUILD / part / target.rust
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
