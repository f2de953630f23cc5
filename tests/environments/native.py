"""Liter-LLM inside programs as Go and C make them: `make test-environments-native` runs it.

Each program is built in a folder of its own, outside the repository, as its users would, and is
served by the mock provider. Prints one line per program, and `N passed, N failed` at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from support import ROOT, Mock

HERE = ROOT / "tests/environments"
MODULE = "github.com/liter-llm/liter-llm/bindings/go"
ARCHIVE, OTHER = ROOT / "build/lib/libliter_llm.a", "libother.a"
SYSTEM = ("-lpthread", "-ldl", "-lm")
SECONDS_MAX = 180
TEXT = "Hello wide world"
BESIDE = f"6 -1 {TEXT} -1\n"
IN_PYTHON = """
import ctypes, sys
for name in sys.argv[1:]:
    ask = ctypes.CDLL(name).Ask
    ask.restype = ctypes.c_char_p
    print(ask().decode())
"""


def run(folder: Path, *command: object, **environment: str) -> str:
    """What a command printed. One that fails, or takes too long, ends its program's test."""
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert ended.returncode == 0, f"{command[0]}: {ended.stdout}"
    return ended.stdout


def assert_printed(expected: str, printed: str) -> None:
    assert printed == expected, f"{printed!r} instead of {expected!r}"


def go_module(folder: Path, program: str) -> None:
    """A module of its own that uses the package from the repository."""
    shutil.copy(HERE / "go" / program / "main.go", folder)
    shutil.copy(ROOT / "bindings/go/go.sum", folder)
    place = ROOT / "bindings/go"
    (folder / "go.mod").write_text(
        f"module example.com/program\n\ngo 1.23\n\nrequire {MODULE} v0.0.0\n\n"
        f"replace {MODULE} => {place}\n"
    )
    run(folder, "go", "mod", "tidy")


def other_archive(folder: Path) -> None:
    source = HERE / "c/other.rs"
    options = ("--edition", "2021", "-O", "--crate-type", "staticlib")
    run(folder, "rustc", *options, "-o", OTHER, source)


def go_vendor(folder: Path) -> None:
    go_module(folder, "vendored")
    run(folder, "go", "mod", "vendor")
    for name in ("libliter_llm.a", "liter_llm.h"):
        assert (folder / "vendor" / MODULE / "lib" / name).is_file(), f"{name} was left behind"
    run(folder, "go", "build", "-mod=vendor", "-o", "program", GOPROXY="off")
    assert_printed(TEXT + "\n", run(folder, "./program"))


def go_beside_rust(folder: Path) -> None:
    other_archive(folder)
    go_module(folder, "beside")
    run(folder, "go", "build", "-o", "program")
    assert_printed(BESIDE, run(folder, "./program"))


def c_beside_rust(folder: Path) -> None:
    other_archive(folder)
    for archives in ((ARCHIVE, OTHER), (OTHER, ARCHIVE)):
        flags = ("-Wall", "-Werror", "-I", ROOT / "include")
        run(folder, "cc", *flags, HERE / "c/beside.c", *archives, *SYSTEM, "-o", "program")
        assert_printed(BESIDE, run(folder, "./program"))


def c_alone_needs_libc(folder: Path) -> None:
    """A program on the archive, and the shared library, need nothing but libc's own parts."""
    source = ROOT / "tests/c/samples/invoke.c"
    run(folder, "cc", "-I", ROOT / "include", source, ARCHIVE, *SYSTEM, "-o", "program")
    assert run(folder, "./program").startswith(TEXT)
    for built in ("program", ROOT / "build/lib/libliter_llm.so.0"):
        needed = run(folder, "readelf", "-dW", built)
        assert "libc.so" in needed, needed
        assert "libgcc_s" not in needed, needed


def go_shared(folder: Path) -> Path:
    """The library that Go makes."""
    go_module(folder, "shared")
    run(folder, "go", "build", "-buildmode=c-shared", "-o", "libprogram.so")
    return folder / "libprogram.so"


def go_shared_loaded_by_c(folder: Path) -> None:
    library = go_shared(folder)
    run(folder, "cc", "-Wall", "-Werror", HERE / "c/late.c", "-ldl", "-o", "program")
    assert_printed(TEXT + "\n", run(folder, "./program", library))


def go_shared_loaded_by_python(folder: Path) -> None:
    library = go_shared(folder)
    assert_printed(TEXT + "\n", run(folder, sys.executable, "-c", IN_PYTHON, library))


def go_test(*names: str) -> Callable[[Path], None]:
    """Tests of the package that try one."""

    def test(_folder: Path) -> None:
        pattern = "^(" + "|".join(names) + ")$"
        printed = run(ROOT / "bindings/go", "go", "test", "-count=1", "-v", "-run", pattern, ".")
        assert all(f"--- PASS: {name}" in printed for name in names), printed

    return test


TESTS: dict[str, Callable[[Path], None]] = {
    "Go, vendored": go_vendor,
    "Go beside another archive of Rust": go_beside_rust,
    "C beside another archive of Rust": c_beside_rust,
    "C needs nothing but libc": c_alone_needs_libc,
    "Go's c-shared library loaded by C": go_shared_loaded_by_c,
    "Go's c-shared library loaded by Python": go_shared_loaded_by_python,
    "Go, 500 idle clients": go_test("TestIdleClientsTakeNoThreads"),
    "Go without cgo": go_test("TestWithoutCgoItIsSaid"),
    "Go, vet and a copied client": go_test("TestVetReportsCopies"),
}


def tried(name: str, test: Callable[[Path], None]) -> bool:
    """Runs one test and prints its line."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="liter-llm-program-") as folder:
        try:
            test(Path(folder))
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            print(f"FAILED {name}: {error}", flush=True)
            return False
    print(f"ok     {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True


def main() -> int:
    mock = Mock()
    os.environ["OPENAI_BASE_URL"] = mock.base_url(mock.plan({"answer": {"text": TEXT}}))
    os.environ["OPENAI_API_KEY"] = "test-key-0123456789"
    passed = sum(tried(name, test) for name, test in TESTS.items())
    mock.stop()
    print(f"{passed} passed, {len(TESTS) - passed} failed")
    return passed != len(TESTS)


if __name__ == "__main__":
    sys.exit(main())
