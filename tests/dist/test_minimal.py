"""Programs of C and Go in roots that have next to nothing: the program alone, where it is static,
or no more than glibc, without the unwinder of gcc. test_pip.py has the wheel there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import interpreters
import pytest
import roots
from test_c import installed, libdir
from test_go import module_of
from users import TEXT, User

from support import Mock

Says = Callable[[str], None]
# gcc alone leaves out the index of stack frames from a program that loads nothing.
STATIC = ("-static", "-Wl,--eh-frame-hdr")


@pytest.fixture
def in_go(user: User) -> User:
    module_of(user)
    return user


def in_c(user: User, *flags: object) -> Path:
    """The first sample, with the library that Debian's packages have."""
    prefix = installed(user)
    user.copy("tests/c/samples/invoke.c", "invoke.c")
    words = ("gcc", "-D_GNU_SOURCE", "-I", prefix / "include", "-o", "program", "invoke.c")
    user.run(*words, "-L", libdir(prefix), *flags)
    return user.folder / "program"


def alone(program: Path, mock: Mock, root: Path) -> str:
    """What the program prints where there is nothing but it."""
    with roots.entered(mock, root) as user:
        shutil.copy(program, user.folder / "program")
        return user.ask("./program").strip()


def test_a_static_program_of_c_needs_no_file(user: User, mock: Mock, tmp_path: Path) -> None:
    libraries = ("-l:libliter_llm.a", "-lpthread", "-ldl", "-lm")
    program = in_c(user, *STATIC, *libraries)
    assert alone(program, mock, tmp_path / "empty") == TEXT


def test_a_static_program_of_go_needs_no_file(in_go: User, mock: Mock, tmp_path: Path) -> None:
    flags = "-linkmode external -extldflags -static"
    in_go.run("go", "build", "-ldflags", flags, "-o", "program", ".")
    assert alone(in_go.folder / "program", mock, tmp_path / "empty") == TEXT


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("language", ["c", "go"])
def test_glibc_is_enough(language: str, user: User, mock: Mock, ran: Says) -> None:
    """C has its library beside the program. There is no /proc, which $ORIGIN would need."""
    root = roots.made(interpreters.in_debian("3.11"))
    if language == "c":
        program = in_c(user, "-lliter_llm")
        beside = [libdir(user.folder / "root/usr") / "libliter_llm.so.0"]
    else:
        module_of(user)
        user.run("go", "build", "-o", "program", ".")
        program, beside = user.folder / "program", []
    with roots.entered(mock, root) as inside:
        for file in (program, *beside):
            shutil.copy(file, inside.folder / file.name)
        assert inside.ask("./program", LD_LIBRARY_PATH=str(inside.place)).strip() == TEXT
    ran("Debian's glibc, without libgcc_s")
