"""The native libraries of build/dist/native: the facts that users rely on, and how old a system
they run on. Tested is every platform that was built."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import library
import native
import pytest
from platforms import BUILD, GLIBC_FLOOR, PLATFORMS, ROOT, Platform
from toolchain import binutils, rustc, zig

from support import HELLO, Mock

BUILT = [each for each in PLATFORMS.values() if (each.native / "libliter_llm.a").is_file()]
platforms = pytest.mark.parametrize("platform", BUILT, ids=lambda each: each.name)
glibc = pytest.mark.parametrize(
    "platform", [each for each in BUILT if each.is_glibc], ids=lambda each: each.name
)
# Another library of the same exports, small enough to compile here: it panics and catches that.
PANICS = """
#[no_mangle]
pub extern "C" fn llm_abi_version() -> u32 {
    std::panic::set_hook(Box::new(|_| {}));
    u32::from(std::panic::catch_unwind(|| panic!("on purpose")).is_err())
}
"""
CALLS = "unsigned llm_abi_version(void);\nint main(void) { return llm_abi_version() != 1; }\n"
# What a program that links the archive adds, by its documentation. gcc alone leaves out the index
# of stack frames from a program that loads nothing.
LIBRARIES = ("-lpthread", "-ldl", "-lm")
STATIC = ("-static", "-Wl,--eh-frame-hdr")


def run(*command: object, **environment: str) -> str:
    ended = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(BUILD / "zig"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


def shared(platform: Platform) -> Path:
    return platform.native / "libliter_llm.so.0"


def archive(platform: Platform) -> Path:
    return platform.native / "libliter_llm.a"


def test_there_is_something_to_test() -> None:
    assert BUILT, "make dist-native builds the libraries"


@platforms
def test_the_libraries_are_as_promised(platform: Platform) -> None:
    facts = library.check(str(shared(platform))) + library.check_archive(str(archive(platform)))

    assert [text for holds, text in facts if not holds] == []


@platforms
def test_the_processor_is_the_right_one(platform: Platform) -> None:
    machine = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}[platform.machine]
    for file in (shared(platform), archive(platform)):
        assert f"Machine:                           {machine}" in run("readelf", "-h", file)


@platforms
def test_the_c_library_is_the_right_one(platform: Platform) -> None:
    needed = run("readelf", "-dW", shared(platform))
    assert ("[libc.so.6]" in needed) is platform.is_glibc
    assert ("[libc.so]" in needed) is not platform.is_glibc


@glibc
def test_the_shared_library_runs_on_old_systems(platform: Platform) -> None:
    assert (0, 0) < library.glibc_floor(str(shared(platform))) <= GLIBC_FLOOR


@platforms
def test_the_archive_links_on_old_systems(platform: Platform, tmp_path: Path) -> None:
    """All of it, with the symbols of the oldest C library alone."""
    whole = ("-Wl,--whole-archive", archive(platform), "-Wl,--no-whole-archive", "-Wl,-z,defs")
    out = ("-shared", "-o", tmp_path / "whole.so")
    run(*zig("cc", "-target", platform.zig), *out, *whole, *LIBRARIES)


@platforms
def test_no_path_of_the_machine_is_inside(platform: Platform) -> None:
    for file in (shared(platform), archive(platform)):
        text = file.read_bytes()
        assert str(ROOT).encode() not in text
        assert f"{Path.home()}/".encode() not in text


def launched(platform: Platform, program: Path) -> list[object]:
    """How a program is started: by qemu, where it is for another processor, with the largest pages
    that a kernel may have. An allocator that was built for smaller ones stops at once."""
    guest = BUILD / "guest/root"
    if platform.machine == os.uname().machine:
        return [program]
    if platform.is_glibc and not guest.is_dir():
        pytest.skip("no libraries for the guest; make test-dist-aarch64 unpacks them")
    return [f"qemu-{platform.machine}-static", "-p", "65536", "-L", guest, program]


@platforms
def test_a_program_streams(platform: Platform, mock: Mock, tmp_path: Path) -> None:
    """The first sample in C, with the archive in it; all of musl too, where that is the library."""
    program = tmp_path / "invoke"
    words = ("-std=c99", "-I", ROOT / "include", ROOT / "tests/c/samples/invoke.c")
    compiler = zig("cc", "-target", platform.zig)
    run(*compiler, *words, archive(platform), *LIBRARIES, "-o", program)
    key = mock.plan(HELLO)

    address = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}
    assert run(*launched(platform, program), **address).strip() == "Hello world"


def panicking(platform: Platform, folder: Path) -> Path:
    """An archive that panics, made as those of the release are."""
    source, raw, made = folder / "panics.rs", folder / "raw.a", folder / "libpanics.a"
    source.write_text(PANICS)
    words = ["--crate-type", "staticlib", "--target", platform.rust, "-O", "-o", raw]
    run(rustc(), *words, source)
    tools = {name.upper(): binutils(platform, name) for name in ("ld", "objcopy", "ar")}
    unwinder = str(native.unwinder(platform))
    run(ROOT / "packaging/archive.sh", raw, made, UNWINDER=unwinder, **tools)
    (folder / "calls.c").write_text(CALLS)
    return made


@glibc
def test_a_panic_is_caught(platform: Platform, tmp_path: Path) -> None:
    """By the unwinder in the archive: linked by zig, and run by qemu where it has to be."""
    made = panicking(platform, tmp_path)
    program = tmp_path / "calls"
    compiler = zig("cc", "-target", platform.zig)
    run(*compiler, "-o", program, tmp_path / "calls.c", made, *LIBRARIES)

    run(*launched(platform, program))


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the compiler is for this machine")
@pytest.mark.parametrize("static", [(), ("-static-pie",), STATIC], ids=" ".join)
def test_a_panic_is_caught_when_gcc_links(static: tuple[str, ...], tmp_path: Path) -> None:
    made = panicking(PLATFORMS["x86_64-linux-gnu"], tmp_path)
    program = tmp_path / "calls"
    run("gcc", *static, "-o", program, tmp_path / "calls.c", made, *LIBRARIES)
    run(program)
