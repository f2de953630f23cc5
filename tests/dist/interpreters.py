"""The versions of Python that this machine has, and how to get another one from Debian."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
import roots
from users import MACHINE, complete

# "t" has no global lock; Debian has none of these.
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.13t", "3.14t")
SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "sid"}
WHEELS = roots.FOLDER / "wheels"


def on_this_machine(version: str) -> Path | None:
    """An interpreter that pyenv or the path has. pyenv's own scripts on the path are none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = sorted(pyenv.glob(f"versions/{version.rstrip('t')}.*/bin"))
    places = [place for place in places if place.parent.name.endswith("t") == ("t" in version)]
    path = [Path(place) for place in os.environ["PATH"].split(os.pathsep) if place]
    for place in (*places, *(place for place in path if place != pyenv / "shims")):
        found = place / f"python{version}"
        if os.access(found, os.X_OK):
            return found
    return None


def in_debian(version: str) -> roots.System:
    """A root with Debian's interpreter of this version."""
    if version not in SUITES:
        pytest.skip(f"no CPython {version} on this machine, nor in Debian")
    return roots.python(version, SUITES[version])


def needed_wheels(version: str) -> list[Path]:
    """cffi and what it needs, for this version, from the package index; kept below build/."""
    tag = f"cp{version.replace('.', '')}"
    mark = WHEELS / tag
    if not mark.is_dir():
        words = [
            "-q",
            "download",
            "--retries=1",
            "--only-binary=:all:",
            "--implementation=cp",
            f"--abi={tag}",
        ]
        words += [f"--python-version={version.rstrip('t')}", "-d", str(WHEELS / f"{tag}.new")]
        for glibc in ("2014", "_2_17", "_2_26", "_2_27", "_2_28"):
            words.append(f"--platform=manylinux{glibc}_{MACHINE}")
        command = (sys.executable, "-m", "pip", *words, "cffi")
        ended = complete(command, roots.FOLDER.parent, os.environ)
        if ended.returncode:
            shutil.rmtree(WHEELS / f"{tag}.new", ignore_errors=True)
            pytest.skip(f"cffi for {tag}: {ended.stderr.strip().splitlines()[-1]}")
        (WHEELS / f"{tag}.new").rename(mark)
    return sorted(mark.glob("*.whl"))
