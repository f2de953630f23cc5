"""What cargo-semver-checks says of two releases of a crate that is made here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import semver
from repositories import Repository

TOOL = os.environ.get("LITER_LLM_SEMVER_CHECKS", "")
pytestmark = pytest.mark.skipif(not TOOL, reason="make check-semver names cargo-semver-checks")
MANIFEST = '[package]\nname = "liter-llm"\nversion = "{}"\nedition = "2021"\n[workspace]\n'
LOCK = 'version = 4\n\n[[package]]\nname = "liter-llm"\nversion = "{}"\n'
LIBRARY = "//! A library.\n\npub fn one() {}\npub fn two() {}\n"


def crate(version: str, library: str) -> dict[str, str]:
    """The files of a crate, where the core has its own."""
    return {
        "core/Cargo.toml": MANIFEST.format(version),
        "core/Cargo.lock": LOCK.format(version),
        "core/src/lib.rs": library,
    }


@pytest.mark.parametrize(
    ("version", "library", "breaks"),
    [
        ("0.1.1", LIBRARY + "pub fn three() {}\n", False),
        ("0.1.1", LIBRARY.replace("pub fn two() {}\n", ""), True),
        ("0.1.1", LIBRARY.replace("two()", "two(_: u32)"), True),
        ("0.2.0", LIBRARY.replace("pub fn two() {}\n", ""), False),
    ],
)
def test_the_version_says_what_may_change(
    tmp_path: Path, version: str, library: str, breaks: bool
) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit(crate("0.1.0", LIBRARY), "v0.1.0")
    repository.commit(crate(version, library), f"v{version}")
    assert (semver.main([TOOL, str(repository.folder)]) != 0) == breaks
