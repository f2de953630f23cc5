"""C and C++: the headers with strict warnings, and platform.c against the mock where it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import toolchain
from core_checks import build_library, log_of
from playing import play
from results import COMPILES, TESTED, Result, run
from targets import Target

STRICT = ["-Wall", "-Wextra", "-Werror", "-I", str(toolchain.ROOT / "include")]
HERE = Path(__file__).resolve().parent
SOURCES = (
    ("c", "-std=c99", HERE / "platform.c"),
    ("c", "-std=c99", toolchain.ROOT / "tests/c/header_alone.c"),
    ("c++", "-std=c++17", toolchain.ROOT / "tests/c/samples/client.cpp"),
)


def check_c(target: Target) -> Result:
    """C and C++."""
    folder = toolchain.empty_folder("c", target)
    for language, standard, source in SOURCES:
        compiler = [*toolchain.c_compiler(target, language), standard, *STRICT]
        words = [*compiler, "-c", str(source), "-o", str(folder / f"{source.stem}.o")]
        run(words, toolchain.environment(), log_of(target))
    if not target.runs:
        return Result(COMPILES, "headers and programs of C99 and C++17")
    built = build_library(target)
    link(target, folder / "static" / target.program("platform"), toolchain.archive(target))
    if not target.is_windows:
        return Result(TESTED, "platform.c, static, in a root that holds nothing else")
    shared = folder / "shared" / target.program("platform")
    shared.parent.mkdir()
    shutil.copy(built / "liter_llm.dll", shared.parent)
    link(target, shared, [str(built / "libliter_llm.dll.a")])
    return Result(TESTED, "platform.c with the archive and with the DLL, under wine")


def link(target: Target, program: Path, libraries: list[str]) -> None:
    """Makes a program of platform.c, and runs it."""
    program.parent.mkdir(exist_ok=True)
    source = program.parent.parent / "platform.o"
    command = [*toolchain.c_compiler(target), str(source), *libraries, "-o", str(program)]
    run(command, toolchain.environment(), log_of(target))
    play(target, program)
