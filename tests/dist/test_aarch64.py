"""The wheel for aarch64 on Debian's Python for it, which qemu runs: the first sample, the tests of
the lifecycle and the list of faults, against the mock provider on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import guest
import pytest
from wheels import distribution

from support import HELLO, ROOT, Mock, mock_path

WHEELS = sorted((ROOT / "dist").glob(f"{distribution()}-*manylinux*aarch64.whl"))
FOLDER = ROOT / "build/dist/guest"
LIFECYCLE_FILES = ("errors", "lifecycle", "process")
LIFECYCLE = "echo or order or cancel_ends_once or close_ends_all or error_kinds"
LIFECYCLE += " or unread_is_bounded or exit_with_live_stream or fork_child_works"


@pytest.fixture(scope="module")
def python() -> Path:
    """The guest's Python with the wheel installed by its own pip."""
    assert len(WHEELS) == 1, "make dist-python builds the wheel"
    made = guest.make(FOLDER)
    guest.install(made, FOLDER / "wheels", str(WHEELS[0]))
    return made


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


def run(*command: object, env: dict[str, str] | None = None, timeout: float = 120) -> str:
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT / "bindings/python",
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_it_is_the_other_processor(python: Path) -> None:
    code = (
        "import platform, liter_llm._native as module; print(platform.machine(), module.__file__)"
    )
    machine, path = run(python, "-c", code).split()
    assert machine == "aarch64"
    assert Path(path).is_relative_to(FOLDER)


def test_the_first_sample_runs(python: Path, mock: Mock) -> None:
    key = mock.plan(HELLO)
    address = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}
    assert run(python, "samples/stream.py", env=address).strip() == "Hello world"


@pytest.mark.timeout(1300)
@pytest.mark.parametrize(
    "words",
    [
        (*(f"tests/test_{name}.py" for name in LIFECYCLE_FILES), "-k", LIFECYCLE),
        ("tests/test_faults.py",),
    ],
    ids=["lifecycle", "faults"],
)
def test_the_tests_pass(python: Path, words: tuple[str, ...]) -> None:
    """Those of the package itself; only what a row of the list may take at most is longer."""
    pytest_words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "120")
    env = {"LITER_LLM_MOCK": str(mock_path()), "LITER_LLM_SLOWER": "4"}
    printed = run(python, *pytest_words, *words, env=env, timeout=1200)
    print(printed.splitlines()[-1])
