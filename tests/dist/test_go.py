"""The Go modules, from the folder that serves them, in a module outside the repository."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from files import DIST
from golang import folder_of
from platforms import PLATFORMS
from release import RELEASE, VERSION
from users import HERE, TEXT, User

MODULE: str = RELEASE["go_module"]
ARCHIVE = folder_of(PLATFORMS[HERE])


def module_of(user: User) -> User:
    """A module that requires ours; nothing is served but what is in dist/. There are Go and the
    system's programs, of which cgo takes the compiler."""
    cache = user.run("go", "env", "GOCACHE").strip()
    user.leave(Path(user.run("go", "env", "GOROOT").strip()) / "bin", "/usr/bin", "/bin")
    user.environment = {
        "GOCACHE": cache,
        "GOPROXY": f"file://{DIST / 'go'}",
        "GOMODCACHE": str(user.folder / "cache"),
        "GOFLAGS": "-modcacherw",
        "GONOSUMDB": MODULE,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    user.copy("bindings/go/samples/stream/main.go", "main.go")
    user.run("go", "mod", "init", "example.org/user")
    user.run("go", "get", f"{MODULE}@v{VERSION}")
    return user


@pytest.fixture
def program(user: User, ran: Callable[[str], None]) -> User:
    ran(user.run("go", "version").removeprefix("go version ").strip())
    return module_of(user)


def test_the_sample_runs_and_needs_libc_only(program: User) -> None:
    program.run("go", "build", "-o", "user", ".")
    assert program.ask("./user").strip() == TEXT
    needed = {line.split()[0] for line in program.run("ldd", "./user").splitlines()}
    libraries = {Path(name).name.partition(".so")[0] for name in needed}
    assert libraries <= {"linux-vdso", "libc", "libm", "libpthread", "libdl", "ld-linux-x86-64"}


def test_a_build_downloads_the_archive_of_this_machine_only(program: User) -> None:
    """As elsewhere with this go.mod; `go get` itself looks at every platform."""
    shutil.rmtree(program.folder / "cache")
    program.run("go", "build", "-o", "user", ".")
    unpacked = (program.folder / "cache").glob("**/lib/linux_*@*")
    assert [path.name for path in unpacked] == [f"{ARCHIVE}@v{VERSION}"]


def test_vendored_sources_are_whole(program: User) -> None:
    program.run("go", "mod", "vendor")
    shutil.rmtree(program.folder / "cache")
    program.environment |= {"GOPROXY": "off", "GOFLAGS": "-mod=vendor -modcacherw"}
    program.run("go", "build", "-o", "user", ".")
    assert program.ask("./user").strip() == TEXT
    vendored = program.folder / "vendor" / MODULE / "lib" / ARCHIVE
    assert (vendored / "THIRD-PARTY-LICENSES").is_file()


def test_a_static_program_needs_nothing(program: User) -> None:
    flags = "-linkmode external -extldflags -static"
    program.run("go", "build", "-ldflags", flags, "-o", "user", ".")
    assert program.ask("./user").strip() == TEXT
    assert "not a dynamic executable" in program.try_run("ldd", "./user").stderr


def test_without_cgo_one_line_says_so(program: User) -> None:
    ended = program.try_run("go", "build", "-o", "user", ".", CGO_ENABLED="0")
    assert ended.returncode != 0
    (line,) = (line for line in ended.stderr.splitlines() if not line.startswith("#"))
    name = "literllm_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler"
    assert line.endswith(f"undefined: {name}")


def test_a_platform_without_archive_has_its_own_error(program: User) -> None:
    """The file with the error is compiled there and nowhere else."""
    for system, architecture, expected in (
        ("openbsd", "amd64", ["link_no_archive.go"]),
        ("linux", "riscv64", ["link_no_archive.go"]),
        (
            "linux",
            ARCHIVE.removeprefix("linux_"),
            [f"{ARCHIVE.replace('linux', 'link')}_archive.go"],
        ),
    ):
        environment = {"GOOS": system, "GOARCH": architecture, "CGO_ENABLED": "1"}
        files = program.run("go", "list", "-f", "{{.GoFiles}}", MODULE, **environment)
        assert [name for name in files.strip("[]\n").split() if "archive" in name] == expected


def test_modules_beside_it_require_this_version() -> None:
    for name in ("typed", "otelliterllm"):
        served = DIST / "go" / MODULE / name / "@v" / f"v{VERSION}.mod"
        text = served.read_text(encoding="utf-8")
        assert f"{MODULE} v{VERSION}" in text
        assert "replace" not in text
