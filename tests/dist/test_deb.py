"""Debian's packages, installed by dpkg in a Debian of its own, used there with its compiler through
pkg-config and CMake, and removed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import roots
from release import VERSION
from test_c import CMAKE, DEBIAN, NAMES, package
from users import TEXT

from support import Mock

Says = Callable[[str], None]


def files_of_ours(root: Path) -> list[str]:
    """What has our name in the system, but for the files of whoever is in it."""
    found = (path for top in ("usr", "etc") for path in (root / top).rglob("*liter*llm*"))
    return sorted(path.relative_to(root).as_posix() for path in found)


@pytest.fixture(scope="module")
def debian(mock: Mock) -> Iterator[roots.Inside]:
    """A small Debian with the packages in it; afterwards it is as it was."""
    root = roots.made(roots.DEBIAN)
    with roots.entered(mock, root) as user:
        user.try_run("dpkg", "--purge", *NAMES.values())  # left by a test that was killed
        assert files_of_ours(root) == []
        for name in NAMES:
            (user.folder / f"{name}.deb").write_bytes(package(name).read_bytes())
        user.run("dpkg", "--install", *(f"{name}.deb" for name in NAMES))
        user.copy("tests/c/samples/invoke.c", "invoke.c")
        yield user
        user.run("dpkg", "--purge", *NAMES.values())
        assert files_of_ours(root) == []


@pytest.mark.timeout(1000)
def test_dpkg_installs_them(debian: roots.Inside, ran: Says) -> None:
    listed = debian.run(
        "dpkg-query", "-W", "-f", "${Package} ${Version} ${Status}\n", *NAMES.values()
    )
    wanted = [f"{name} {VERSION}-1 install ok installed" for name in sorted(NAMES.values())]
    assert sorted(listed.splitlines()) == wanted
    assert debian.run("dpkg", "--verify", *NAMES.values()) == ""
    release = (debian.root / "etc/debian_version").read_text(encoding="utf-8").strip()
    ran(f"Debian {release} {DEBIAN}")


def test_pkg_config_finds_them(debian: roots.Inside, ran: Says) -> None:
    """The loader finds the library in its cache, which dpkg had renewed."""
    flags = debian.run("pkg-config", "--cflags", "--libs", f"liter_llm = {VERSION}").split()
    debian.run("gcc", "-D_GNU_SOURCE", "-o", "user", "invoke.c", *flags)
    assert "libliter_llm.so.0" in debian.run("ldd", "./user")
    assert debian.ask("./user").strip() == TEXT
    ran(f"pkg-config {debian.run('pkg-config', '--version').strip()}")


@pytest.mark.parametrize("target", ["liter_llm", "static"])
def test_cmake_finds_them(debian: roots.Inside, target: str, ran: Says) -> None:
    debian.write("CMakeLists.txt", CMAKE.format(version=VERSION, target=target))
    debian.run("cmake", "-B", target, ".")
    debian.run("cmake", "--build", target)
    assert debian.ask(f"{target}/user").strip() == TEXT
    ran(debian.run("cmake", "--version").splitlines()[0])
