"""Go: vet, which runs cgo on every file of the package and its tests; main.go where it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import toolchain
from core_checks import log_of
from playing import play
from results import COMPILES, TESTED, UNSUPPORTED, Result, run
from targets import Target

PACKAGE = toolchain.ROOT / "bindings/go"


def check_go(target: Target) -> Result:
    """Go."""
    if shutil.which("go") is None:
        return Result(UNSUPPORTED, "go is not here")
    system, machine = target.go
    environment = {
        **toolchain.environment(),
        "CGO_ENABLED": "1",
        "GOOS": system,
        "GOARCH": machine,
        "CC": " ".join(toolchain.c_compiler(target)),
        "CGO_CFLAGS": f"-I{toolchain.ROOT}/include",
    }
    run(["go", "vet", "."], environment, log_of(target), PACKAGE)
    if not target.runs:
        return Result(COMPILES, "go vet with cgo")
    # The package's archive is that of this machine, so a copy gets the target's.
    copy = toolchain.empty_folder("go", target) / "package"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.a", "_built*"))
    archive, *libraries = toolchain.archive(target)
    shutil.copy(archive, copy / "lib/libliter_llm.a")
    main = copy / "samples/platform/main.go"
    main.parent.mkdir()
    shutil.copy(Path(__file__).with_name("main.go"), main)
    program = copy.parent / "root" / target.program("platform")
    if not target.is_windows:  # link_static.go names what Windows needs
        environment["CGO_LDFLAGS"] = " ".join(libraries)
    run(["go", "build", "-o", program, "./samples/platform"], environment, log_of(target), copy)
    play(target, program)
    shutil.rmtree(copy)
    where = "under wine" if target.is_windows else "static, in a root that holds nothing else"
    return Result(TESTED, f"go vet; main.go {where}")
