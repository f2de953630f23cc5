"""Builds liter_llm: the core with cargo, then one extension module that holds all of it.

Everything that can be said as data stands in pyproject.toml. LITER_LLM_ARCHIVE names a
libliter_llm.a that exists already; then cargo is not run.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import native_build  # noqa: E402  (a build in isolation does not look beside setup.py)


class BuildNative(build_ext):
    """Makes the archive first, so that the linker finds it."""

    def run(self) -> None:
        native_build.build_archive()
        super().run()


class BuildAnew(build_py):
    """Forgets what an earlier build left behind: files that are gone would be installed."""

    def run(self) -> None:
        for stale in Path(self.build_lib).glob("liter_llm/**/*.py"):
            stale.unlink()
        super().run()


class SourceWithCore(sdist):
    """Adds the core and the header, so that the source archive builds anywhere."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        root, vendor = native_build.find_root(), Path(base_dir, native_build.VENDOR)
        for folder in ("core", "include"):
            ignored = shutil.ignore_patterns("target", ".*")
            shutil.copytree(root / folder, vendor / folder, ignore=ignored, dirs_exist_ok=True)
        # Cargo looks for its settings above where it runs: how jemalloc is configured.
        shutil.copytree(root / ".cargo", Path(base_dir, ".cargo"), dirs_exist_ok=True)
        for text in (*root.glob("LICENSE*"), *HERE.glob("LICENSE*")):
            shutil.copy(text, base_dir)


setup(
    cffi_modules=["native_build.py:builder"],
    cmdclass={"build_ext": BuildNative, "build_py": BuildAnew, "sdist": SourceWithCore},
    options={"bdist_wheel": {"py_limited_api": "cp39"}} if native_build.has_limited_api() else {},
)
