"""The fixtures of liter_llm for pytest, which finds them by an entry point. The package itself is
imported when a test first uses one: this file costs a test run nothing else."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from liter_llm.testing import Script, Tape

_NAME_MAX = 100
_failed = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of both fixtures."""
    group = parser.getgroup("liter_llm")
    group.addoption(
        "--llm-tape",
        choices=("record", "replay", "auto"),
        help="what llm_tape does: record anew, only replay, or record what is not on the tape;"
        " by default a tape that is there is played, and one that is not is recorded, except where"
        " the variable CI is set",
    )
    group.addoption(
        "--llm-script-unused",
        choices=("fail", "warn", "ignore"),
        help="what is done about answers of llm_script that were not used (fail)",
    )
    parser.addini("llm_script_unused", "the same as --llm-script-unused", default="fail")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keeps whether the test failed, as then its unused answers are no news."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture
def llm_script(request: pytest.FixtureRequest) -> Iterator[Script]:
    """Answers every LiterLlm of the test from a script: `llm_script.add("Hello")`, or
    `llm_script(["Hello", RateLimitedError("slow", retry_after_ms=1), ...])`."""
    from liter_llm.testing import scripted

    config = request.config
    what = config.getoption("llm_script_unused") or config.getini("llm_script_unused")
    with scripted(allow_unused=True) as script:
        yield script
    if what == "ignore" or request.node.stash.get(_failed, False):
        return
    try:
        script.assert_all_used()
    except AssertionError as error:
        if what == "fail":
            pytest.fail(str(error), pytrace=False)
        warnings.warn(str(error), stacklevel=1)


@pytest.fixture
def llm_tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """Records what the providers answer to the test's LiterLlm, once, and plays it from then on:
    tapes/MODULE/TEST.jsonl beside the test's file."""
    from liter_llm.testing import taped

    mode = request.config.getoption("llm_tape")
    with taped(_tape_path(request.path, request.node), mode) as tape:
        yield tape


def _tape_path(module: Path, test: Any) -> Path:
    """A name for each test; what a file's name cannot have is told apart by a checksum."""
    name = test.nodeid.partition("::")[2].replace("::", ".")
    safe = re.sub(r"[^\w.\-]+", "-", name).strip("-")
    if len(safe) > _NAME_MAX or "--" in safe or re.search(r"[^\w.\-\[\]]", name):
        safe = f"{safe[:_NAME_MAX]}-{zlib.crc32(name.encode()):08x}"
    return module.parent / "tapes" / module.stem / f"{safe}.jsonl"
