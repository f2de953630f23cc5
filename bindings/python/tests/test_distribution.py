"""Another package has the same import name: what is said where both were installed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import liter_llm
from liter_llm import _distribution

OURS = _distribution.DISTRIBUTION
REMEDY = f"pip uninstall -y liter-llm && pip install --force-reinstall --no-deps {OURS}"
OTHERS_INIT = "from ._internal_bindings import DefaultClient"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with this one in it, as links to its files."""
    installed = Path(str(liter_llm.__file__)).parent
    for path in installed.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            link = tmp_path / "liter_llm" / path.relative_to(installed)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return tmp_path


def add_other(site: Path) -> None:
    """What the other package leaves in the folder, in whichever order they were installed."""
    (site / "liter_llm/_internal_bindings.pyi").write_text("class DefaultClient: ...\n")
    (site / "liter_llm/_internal_bindings.py").write_text("class DefaultClient: pass\n")


def replace_init(site: Path, text: str) -> None:
    """The other package was installed later."""
    (site / "liter_llm/__init__.py").unlink()
    (site / "liter_llm/__init__.py").write_text(text + "\n")


def run(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_alone_nothing_is_said(site: Path):
    ended = run(site, "-c", "import liter_llm; print(liter_llm.__file__)")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.strip() == str(site / "liter_llm/__init__.py")


def test_ours_over_the_other_is_warned_of(site: Path):
    add_other(site)
    ended = run(site, "-c", "import liter_llm; liter_llm.LiterLlm(provider='openai')")
    assert ended.returncode == 0, ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if "liter_llm: " in line]
    assert line.endswith(f"keep one: {REMEDY}")
    assert f"{OURS} and liter-llm, which is another project, are both installed" in line


@pytest.mark.parametrize("module", ["liter_llm.testing", "liter_llm"])
def test_the_other_over_ours_is_named(site: Path, module: str):
    add_other(site)
    replace_init(site, OTHERS_INIT)
    words = ["-m", module] if module == "liter_llm" else ["-c", f"import {module}"]
    ended = run(site, *words)
    assert ended.returncode == 1
    line = ended.stderr.splitlines()[-1]
    assert f"liter-llm, which is another project, has replaced files of {OURS}" in line
    assert line.endswith(REMEDY)


def test_what_the_removal_of_the_other_takes_along_is_named(site: Path):
    (site / "liter_llm/__init__.py").unlink()
    ended = run(site, "-S", "-m", "liter_llm", "--version")
    assert ended.returncode == 1
    assert f"files of {OURS} are gone, as after the removal of liter-llm" in ended.stderr
    assert ended.stderr.rstrip().endswith(REMEDY)


def test_the_import_looks_for_the_same_file():
    """The name stands twice: no import of a module is spent on it."""
    tree = ast.parse(Path(str(liter_llm.__file__)).read_text())
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert f"/{_distribution.FILE_OF_OTHER}" in texts
