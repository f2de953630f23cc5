"""The wheels and the source archive in dist/: what they promise, carry and weigh."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import debian
import pytest
import wheels as steps
from platforms import BUILD, PLATFORMS, ROOT, Platform
from toolchain import TOOLS

from support import HELLO, Mock

DIST = ROOT / "dist"
WHEELS = sorted(DIST.glob(f"{steps.distribution()}-*.whl"))
SOURCE = DIST / f"{steps.distribution()}.tar.gz"
BYTES_MAX = 3_500_000
TEXTS = {"LICENSE", "LICENSE-APACHE", "LICENSE-MIT"}
each_wheel = pytest.mark.parametrize("wheel", WHEELS, ids=lambda path: path.name.split("-", 4)[4])


def run(*command: object, **environment: str) -> str:
    ended = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def platform_of(wheel: Path) -> Platform:
    machine = "aarch64" if wheel.stem.endswith("aarch64") else "x86_64"
    return PLATFORMS[f"{machine}-linux-{'musl' if 'musllinux' in wheel.name else 'gnu'}"]


@pytest.fixture
def module(wheel: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(wheel) as opened:
        return Path(opened.extract("liter_llm/_native.abi3.so", tmp_path))


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


def test_there_is_something_to_test() -> None:
    assert WHEELS, "make dist-python builds the wheels"
    assert SOURCE.is_file()


def test_the_package_index_takes_the_metadata() -> None:
    run(TOOLS / "twine", "check", "--strict", *WHEELS, SOURCE)


@each_wheel
def test_it_is_for_every_python_on_old_systems(wheel: Path) -> None:
    tag = steps.TAGS[platform_of(wheel).libc].format(platform_of(wheel).machine)
    assert "-cp39-abi3-" in wheel.name
    assert tag in wheel.name

    if not platform_of(wheel).is_glibc:
        return  # auditwheel does not know it: test_every_symbol_is_in_musl
    seen = " ".join(run(TOOLS / "auditwheel", "show", wheel).split())
    assert f'consistent with the following platform tag: "{tag}"' in seen


@each_wheel
def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= BYTES_MAX


@each_wheel
def test_the_licences_are_inside(wheel: Path) -> None:
    wanted = TEXTS | ({"LICENSE-THIRD-PARTY"} if steps.LICENCES.is_file() else set())
    with zipfile.ZipFile(wheel) as opened:
        names = [Path(name) for name in opened.namelist()]
    assert {path.name for path in names if path.parent.name == "licenses"} - {""} == wanted


@each_wheel
def test_nothing_surplus_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = [name for name in opened.namelist() if not name.endswith("/")]
    suffixes = {Path(name).suffix for name in names if ".dist-info/" not in name}
    assert suffixes == {".py", ".pyi", ".typed", ".json", ".so"}
    assert [name for name in names if re.search(r"(^|/)(tests?|samples)/", name)] == []


@each_wheel
def test_only_the_entry_is_exported(module: Path) -> None:
    text = run("nm", "-D", "--defined-only", module)
    assert [line.split()[-1] for line in text.splitlines()] == ["PyInit__native"]


@each_wheel
def test_every_symbol_is_found_on_old_systems(wheel: Path, module: Path) -> None:
    """A symbol that the stubs of the oldest glibc lack has no version here: the linker leaves it to
    the loader, as those of Python. Weak ones may be missing."""
    lines = [line.split() for line in run("objdump", "-T", module).splitlines() if "*UND*" in line]
    strong = [words for words in lines if "w" not in words]
    unversioned = {words[-1] for words in strong if not re.search(r"\(?[A-Z]+_[\d.]+", words[-2])}
    assert strong
    if platform_of(wheel).is_glibc:
        assert {name for name in unversioned if not name.startswith(("Py", "_Py"))} == set()


@each_wheel
def test_every_symbol_is_in_musl(wheel: Path, module: Path) -> None:
    """In Debian's musl, which is of the series that the tag promises."""
    platform = platform_of(wheel)
    if platform.is_glibc:
        pytest.skip("not for musl")
    root = BUILD / "musl" / platform.debian
    assert debian.unpack([f"musl:{platform.debian}"], root).popitem()[1].startswith("1.2.")
    (library,) = (root / "lib").glob("*-linux-musl/libc.so")
    known = {line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()}
    lines = [line.split() for line in run("nm", "-D", "-u", module).splitlines()]
    wanted = {name for kind, name in lines if kind == "U"}  # a weak one may be missing
    left = {name for name in wanted - known if not name.startswith(("Py", "_Py"))}
    assert left == set()
    assert wanted & known


@each_wheel
def test_no_path_of_the_machine_is_inside(module: Path) -> None:
    content = module.read_bytes()
    assert str(ROOT).encode() not in content
    assert f"{Path.home()}/".encode() not in content


@each_wheel
def test_the_first_sample_runs(wheel: Path, mock: Mock, tmp_path: Path) -> None:
    platform = platform_of(wheel)
    if platform.machine != os.uname().machine or not platform.is_glibc:
        pytest.skip("not for this machine; test_aarch64 runs that of the other processor")
    words = ("--no-index", "--no-deps", "--target", tmp_path)
    run(sys.executable, "-m", "pip", "-q", "install", *words, wheel)
    key = mock.plan(HELLO)

    printed = run(
        sys.executable,
        ROOT / "bindings/python/samples/stream.py",
        PYTHONPATH=str(tmp_path),
        OPENAI_API_KEY="test-key",
        OPENAI_BASE_URL=mock.base_url(key),
    )

    assert printed.strip() == "Hello world"


def test_the_source_archive_holds_what_it_is_built_from() -> None:
    with tarfile.open(SOURCE) as tar:
        members = tar.getmembers()
    names = {member.name.split("/", 1)[1] for member in members if "/" in member.name}
    needed = {"setup.py", "native_build.py", "exports.map", ".cargo/config.toml", *TEXTS}
    needed.add("lone_texts.h")
    needed |= {"vendor/core/Cargo.lock", "vendor/core/ffi/build.rs", "vendor/include/liter_llm.h"}
    assert needed <= names
    assert [name for name in names if "/target/" in name or name.endswith((".so", ".a"))] == []
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "root")}
    assert len({member.mtime for member in members}) == 1


@pytest.mark.timeout(600)
def test_two_builds_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From two folders of different names, one after another."""
    built = [name for name, each in PLATFORMS.items() if (each.native / "libliter_llm.a").is_file()]
    sums = []
    for name in ("first", "the-second"):
        monkeypatch.setattr(steps, "DIST", tmp_path / name)
        monkeypatch.setattr(steps, "WORK", tmp_path / "work" / name)
        monkeypatch.setattr(sys, "argv", ["wheels.py", *built[:1]])
        steps.main()
        made = sorted((tmp_path / name).iterdir())
        sums.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in made})
    assert len(sums[0]) == 2
    assert sums[0] == sums[1]
