"""What is installed, and what is shipped as source."""

from __future__ import annotations

import ast
import builtins
import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import typing
from pathlib import Path

import pytest

import liter_llm
from liter_llm import _native
from liter_llm._distribution import DISTRIBUTION
from support import PACKAGE


def run(*command: str, cwd: Path = PACKAGE, timeout: float = 60, **extra: str) -> str:
    ended = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **extra},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_version_is_the_cores():
    assert liter_llm.__version__ == importlib.metadata.version(DISTRIBUTION)


def test_nothing_but_cffi_is_needed():
    needed = importlib.metadata.requires(DISTRIBUTION) or []
    assert [each for each in needed if "extra ==" not in each] == ["cffi>=2"]


def test_the_module_is_for_every_version_of_python():
    assert str(_native.__file__).endswith("_native.abi3.so")


def test_everything_replaces_no_builtin():
    scope: dict[str, object] = {}
    exec("from liter_llm import *", scope)
    taken = {name for name in scope if hasattr(builtins, name) and not name.startswith("__")}
    assert taken == set()
    assert {"LiterLlm", "Response", "RateLimitedError"} <= scope.keys()
    assert issubclass(liter_llm.TimeoutError, TimeoutError)
    assert {"Response", "Request", "TimeoutError"} <= set(dir(liter_llm))


def test_what_the_module_imports_from_c_is_imported_here():
    """What freezes programs reads Python and no C."""
    source = (PACKAGE / "src/liter_llm/_library.py").read_text()
    imported = {
        name.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert "_cffi_backend" in imported


@pytest.mark.parametrize(("without_lock", "limited"), [(1, False), (0, True), (None, True)])
def test_python_without_the_lock_gets_a_module_of_its_own(monkeypatch, without_lock, limited):
    asked = sysconfig.get_config_var
    monkeypatch.setattr(
        sysconfig,
        "get_config_var",
        lambda name: without_lock if name == "Py_GIL_DISABLED" else asked(name),
    )
    monkeypatch.syspath_prepend(str(PACKAGE))
    sys.modules.pop("native_build", None)
    builder = __import__("native_build").builder
    sys.modules.pop("native_build")
    _, _, _, settings = builder._assigned_source
    assert settings["py_limited_api"] is limited
    assert settings["define_macros"] == ([("Py_LIMITED_API", "0x03090000")] if limited else [])


def public_types() -> list[type]:
    named = [getattr(liter_llm, name) for name in [*liter_llm.__all__, "TimeoutError"]]
    return [each for each in named if inspect.isclass(each)]


@pytest.mark.parametrize("public", public_types(), ids=lambda public: public.__name__)
def test_hints_resolve_at_run_time(public):
    """Of the type, and of what it can do: pydantic, FastAPI and others ask for them."""
    typing.get_type_hints(public)
    for name, method in inspect.getmembers(public, inspect.isfunction):
        if method.__module__.startswith("liter_llm") and (name[:2] == "__" or name[0] != "_"):
            typing.get_type_hints(method)


SOURCES = sorted((PACKAGE / "src/liter_llm").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_hints_are_those_of_python_3_9(path):
    """It knows no `X | None`, where hints are looked at when the file is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    postponed = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body
    )
    hints = [
        hint
        for node in ast.walk(tree)
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if hint is not None
    ]
    unions = [
        inner.lineno
        for hint in hints
        for inner in ast.walk(hint)
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.BitOr)
    ]
    assert postponed or unions == []


def test_the_module_exports_nothing_of_the_core():
    text = run("readelf", "--dyn-syms", "--wide", str(_native.__file__))
    lines = [line.split() for line in text.splitlines()]
    exported = [
        line[-1]
        for line in lines
        if len(line) == 8 and line[4] in ("GLOBAL", "WEAK") and line[6] not in ("UND", "Ndx")
    ]
    assert exported == ["PyInit__native"]


def test_the_module_stays_mapped():
    text = run("readelf", "--dynamic", "--wide", str(_native.__file__))
    flags = re.findall(r"FLAGS.*", text)
    assert any("NODELETE" in line for line in flags)
    assert any("NOW" in line for line in flags)
    assert "STATIC_TLS" not in text


def test_types_are_what_users_see():
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10"]
    run(*command, "tests/typed_user.py", timeout=120)


def make_source_archive(folder: Path) -> Path:
    pytest.importorskip("build", reason="the package `build` makes source archives")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), timeout=300)
    return next(folder.glob("*.tar.gz"))


def test_the_source_archive_is_complete(tmp_path):
    archive = make_source_archive(tmp_path)

    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}

    for needed in ("core/Cargo.lock", "core/Cargo.toml", "core/ffi/src/lib.rs", "core/src/lib.rs"):
        assert f"vendor/{needed}" in names
    assert {"vendor/include/liter_llm.h", "native_build.py", "setup.py", "LICENSE"} <= names
    assert "src/liter_llm/cli/providers.json" in names
    assert not [name for name in names if "/target/" in name or name.endswith((".so", ".a"))]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_source_archive_builds_anywhere(tmp_path):
    archive = make_source_archive(tmp_path)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path)
    source = next(path for path in tmp_path.iterdir() if path.is_dir())

    pip = [sys.executable, "-m", "pip"]
    run(*pip, "wheel", "--no-deps", "-w", ".", str(source), cwd=tmp_path, timeout=1700)

    (wheel,) = tmp_path.glob("*.whl")
    assert "-cp39-abi3-" in wheel.name
    run(*pip, "install", "--no-deps", "--target", "installed", str(wheel), cwd=tmp_path)
    run(
        sys.executable,
        "-c",
        "import liter_llm; print(liter_llm.__version__)",
        cwd=tmp_path,
        PYTHONPATH=str(tmp_path / "installed"),
    )
