"""What abidiff tells of two shared libraries that are made here, and what follows from it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import abi
import pytest

SOURCE = "int llm_one(int a) { return a; }\nvoid llm_two(void) {}\n"


def library(folder: Path, source: str, soname: str = "libliter_llm.so.0") -> Path:
    """A shared library with debugging information."""
    folder.mkdir()
    file, out = folder / "library.c", folder / "libliter_llm.so"
    file.write_text(source, encoding="utf-8")
    command = ["gcc", "-g", "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", str(out), str(file)]
    subprocess.run(command, check=True, timeout=60)
    return out


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ("", "", 0),
        ("void llm_two(void) {}\n", "", 1),
        ("int a", "long long a", 1),
        ("int a", "int a, int b", 1),
        ("void llm_two(void) {}", "void llm_two(void) {}\nvoid llm_three(void) {}", 0),
    ],
)
def test_what_breaks_callers(tmp_path: Path, old: str, new: str, breaks: int) -> None:
    first = library(tmp_path / "old", SOURCE)
    changed = SOURCE.replace(old, new)
    assert abi.compare(first, library(tmp_path / "new", changed)) == breaks
    other_name = library(tmp_path / "renamed", changed, "libliter_llm.so.1")
    assert abi.compare(first, other_name) == 0


def test_what_is_no_library_is_no_success(tmp_path: Path) -> None:
    nothing = tmp_path / "libliter_llm.so"
    nothing.write_text("", encoding="utf-8")
    assert abi.compare(library(tmp_path / "old", SOURCE), nothing) == 1
