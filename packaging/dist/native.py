"""Both libraries for each platform, in build/dist/native: `python native.py [PLATFORM ...]`.

Rust is linked by zig, which has the symbols of every glibc since 2.17 and the headers of all of
them, so what is built here runs where the oldest distribution in use is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from platforms import BUILD, ROOT, Platform, chosen
from toolchain import binutils, environment, zig

TARGET = BUILD / "target"


def run(*command: object, env: dict[str, str] | None = None) -> None:
    """A tool, which ends the build when it fails."""
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT, env=env)


def compile_library(platform: Platform) -> Path:
    """Runs cargo; returns the folder of what it built."""
    command = ["cargo-zigbuild", "zigbuild", "--release", "--locked", "--package", "liter-llm-ffi"]
    command += ["--manifest-path", "core/Cargo.toml", "--target-dir", str(TARGET)]
    command += ["--target", platform.cargo_zigbuild]
    env = environment(platform)
    if (
        not platform.is_glibc
    ):  # Debian has no standard library for musl: it is built, from its sources
        command += ["-Z", "build-std=std,panic_unwind"]
        env["RUSTC_BOOTSTRAP"] = "1"
    run(*command, env=env)
    return TARGET / platform.rust / "release"


def unwinder(platform: Platform) -> Path:
    """The archive of the unwinder: zig builds LLVM's into its cache for what links it.

    GCC's would ask for glibc 2.35 (_dl_find_object), as Debian builds it.
    """
    kept = BUILD / "unwinder" / platform.name / "libunwind.a"
    if kept.is_file():
        return kept
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "empty.c")
        source.write_text(
            "void _Unwind_Resume(void *);\nvoid use(void *p) { _Unwind_Resume(p); }\n"
        )
        env = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
        words = ["-target", platform.zig, "-shared", "-o", f"{folder}/user.so", str(source)]
        run(*zig("cc", *words, "-lunwind"), env=env)
        (built,) = Path(folder).rglob("libunwind.a")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built, kept)
    return kept


def install(platform: Platform, built: Path) -> None:
    """The archive as one object and the shared library without debug information."""
    platform.native.mkdir(parents=True, exist_ok=True)
    tools = {name.upper(): binutils(platform, name) for name in ("ld", "objcopy", "ar")}
    env = {**os.environ, **tools, "UNWINDER": str(unwinder(platform))}
    archive = platform.native / "libliter_llm.a"
    run("packaging/archive.sh", built / "libliter_llm.a", archive, env=env)
    shared = platform.native / "libliter_llm.so.0"
    strip = binutils(platform, "strip")
    run(strip, "--strip-unneeded", "-o", shared, built / "libliter_llm.so")


def main() -> None:
    for platform in chosen(sys.argv[1:]):
        print(f"-- the libraries for {platform.name}", flush=True)
        install(platform, compile_library(platform))


if __name__ == "__main__":
    main()
