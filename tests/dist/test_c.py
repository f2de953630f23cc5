"""The archives for C and C++, and Debian's packages, unpacked and compiled against."""

from __future__ import annotations

import re
import shutil
import tarfile
from pathlib import Path

import pytest
from release import RELEASE, VERSION
from users import HERE, MACHINE, TEXT, User, of_here, of_kind

NAMES: dict[str, str] = RELEASE["deb_packages"]
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}[MACHINE]
CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(liter_llm {version} REQUIRED)
add_executable(user invoke.c)
target_compile_definitions(user PRIVATE _GNU_SOURCE)
target_link_libraries(user liter_llm::{target})
"""


def package(name: str) -> Path:
    """One of Debian's packages, for this machine."""
    return of_here("deb", f"{NAMES[name]}_{VERSION}-1_{DEBIAN}")


def unpacked(user: User) -> Path:
    """The archive of this machine, moved to another name."""
    with tarfile.open(of_here("c")) as archive:
        archive.extractall(user.folder, filter="data")
    moved = user.folder / "moved"
    (user.folder / f"liter_llm-{VERSION}-{HERE}").rename(moved)
    return moved


def installed(user: User) -> Path:
    """Both packages of Debian below a folder, as dpkg would lay them out."""
    root = user.folder / "root"
    for name in NAMES:
        user.run("dpkg-deb", "--extract", package(name), root)
    return root / "usr"


def libdir(prefix: Path) -> Path:
    """Where the libraries are: Debian has a folder for each machine."""
    return prefix / "lib" / HERE if (prefix / "lib" / HERE).is_dir() else prefix / "lib"


@pytest.fixture(params=["archive", "deb"])
def prefix(request: pytest.FixtureRequest, user: User) -> Path:
    user.copy("tests/c/samples/invoke.c", "invoke.c")
    return unpacked(user) if request.param == "archive" else installed(user)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "static"])
def test_pkg_config(user: User, prefix: Path, shared: bool) -> None:
    found = {"PKG_CONFIG_PATH": str(libdir(prefix) / "pkgconfig")}
    wanted = ("--cflags", "--libs") if shared else ("--cflags", "--static", "--libs")
    flags = user.run("pkg-config", *wanted, f"liter_llm = {VERSION}", **found)
    if not shared:
        flags = flags.replace("-lliter_llm", "-l:libliter_llm.a")
    user.run("gcc", "-D_GNU_SOURCE", "-o", "user", "invoke.c", *flags.split())
    path = {"LD_LIBRARY_PATH": str(libdir(prefix))}
    assert user.ask("./user", **path).startswith(TEXT)
    assert ("libliter_llm.so.0" in user.run("ldd", "./user", **path)) == shared


@pytest.mark.parametrize("target", ["liter_llm", "static"])
def test_cmake(user: User, prefix: Path, target: str) -> None:
    user.write("CMakeLists.txt", CMAKE.format(version=VERSION, target=target))
    user.run(
        "cmake",
        "-B",
        "out",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_LIBRARY_ARCHITECTURE={HERE}",
        ".",
    )
    user.run("cmake", "--build", "out")
    assert user.ask("out/user").startswith(TEXT)


def test_the_library_depends_on_the_glibc_that_it_needs(user: User) -> None:
    printed = user.run("dpkg-deb", "--field", package("library"), "Depends")
    depends = re.fullmatch(r"libc6 \(>= (\d+)\.(\d+)\)\n", printed)
    assert depends, printed
    symbols = user.run("objdump", "-T", libdir(installed(user)) / "libliter_llm.so.0")
    needed = [(int(a), int(b)) for a, b in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols)]
    assert (int(depends[1]), int(depends[2])) == max(needed)


def test_programs_depend_on_the_library_by_its_shlibs(user: User) -> None:
    """dpkg-shlibdeps, as a packager of a program runs it."""
    prefix = installed(user)
    user.copy("tests/c/samples/invoke.c", "invoke.c")
    user.run(
        "gcc",
        "-D_GNU_SOURCE",
        "-I",
        prefix / "include",
        "-o",
        "user",
        "invoke.c",
        "-L",
        libdir(prefix),
        "-lliter_llm",
    )
    user.run("dpkg-deb", "--control", package("library"), "root/DEBIAN")
    shutil.copy(user.folder / "root/DEBIAN/shlibs", user.write("debian/shlibs.local", ""))
    user.write("debian/control", "Source: user\n\nPackage: user\nArchitecture: any\n")
    words = ("dpkg-shlibdeps", "-O", "-e", "user", f"-l{libdir(prefix)}")
    assert f"{NAMES['library']} (>= {VERSION})" in user.run(*words)


def test_lintian_finds_no_error(user: User) -> None:
    """A package that is in no archive of Debian closes no bug of it."""
    for artefact in of_kind("deb"):
        printed = user.run(
            "lintian", "--allow-root", "--fail-on", "error,warning",
            "--suppress-tags", "initial-upload-closes-no-bugs", artefact.path,
        )  # fmt: skip
        assert not re.search("^[EW]:", printed, re.MULTILINE), printed
