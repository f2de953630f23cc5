"""`pip install`, from an index that has what is in dist/ and cffi, in every version of Python that
can be had; where neither cargo nor a compiler can be started."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator

import interpreters
import pytest
import roots
from indexes import of_python, serving
from release import RELEASE, VERSION
from users import TEXT, User, of_kind

from support import Mock

NAME: str = RELEASE["python_distribution"]
# Of the processor, so that a busy machine does not count; and on the clock, with a wide margin.
PROCESSOR_SECONDS_MAX, SECONDS_MAX = 5, 60
MINIMAL = "3.11"
Says = Callable[[str], None]


def installed(user: User, python: object, version: str, ran: Says) -> None:
    """An environment with the package and what pip took for it; its programs come first."""
    user.run(python, "-m", "venv", "venv")
    user.leave("venv/bin")
    files = [artefact.path for kind in ("wheel", "sdist") for artefact in of_kind(kind)]
    with serving(of_python([*files, *interpreters.needed_wheels(version)])) as index:
        words = ("-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir")
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        user.run("venv/bin/python", *words, NAME, PIP_INDEX_URL=f"{index.url}/simple")
        seconds = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    printed = user.run("venv/bin/python", "-c", "import sys; print(sys.version)").split()
    ran(f"CPython {printed[0]}: installed in {seconds:.1f} s, {used:.1f} s of the processor")
    assert [path for path in index.asked if path.endswith(".tar.gz")] == []
    assert used <= PROCESSOR_SECONDS_MAX
    assert seconds <= SECONDS_MAX


def used(user: User) -> None:
    """The first sample of the README, and the command."""
    user.copy("bindings/python/samples/stream.py", "stream.py")
    assert user.ask("venv/bin/python", "stream.py").strip() == TEXT
    printed = user.run("venv/bin/python", "-m", "liter_llm", "--version")
    assert VERSION in printed.split()
    assert user.run("venv/bin/liter-llm", "--version") == printed


@pytest.fixture
def minimal(mock: Mock) -> Iterator[roots.Inside]:
    """A root of glibc, Python and certificates."""
    with roots.entered(mock, roots.made(interpreters.in_debian(MINIMAL))) as user:
        yield user


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", interpreters.VERSIONS)
def test_the_first_sample_runs(version: str, user: User, mock: Mock, ran: Says) -> None:
    if version.endswith("t") and not any(
        f"-cp{version.replace('.', '')}-" in artefact.name for artefact in of_kind("wheel")
    ):
        pytest.skip(f"no wheel for CPython {version}: abi3 is not for Python without the lock")
    found = interpreters.on_this_machine(version)
    if found:
        installed(user, found, version, ran)
        used(user)
        return
    with roots.entered(mock, roots.made(interpreters.in_debian(version))) as inside:
        installed(inside, f"/usr/bin/python{version}", version, ran)
        used(inside)


@pytest.mark.timeout(1200)
def test_a_minimal_root_is_enough(minimal: roots.Inside, ran: Says) -> None:
    installed(minimal, f"/usr/bin/python{MINIMAL}", MINIMAL, ran)
    used(minimal)
    assert list(minimal.root.glob("usr/lib/*/libgcc_s*")) == []
    assert not (minimal.root / "usr/bin/sh").exists()
