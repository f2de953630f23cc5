"""A Python of another processor, run by qemu.

Debian's packages for arm64 are unpacked below a folder, and an environment is made there whose
`python` is a script that starts qemu. qemu maps only the guest's libraries (-L): its programs see
the files and the network of this machine, so the mock provider runs beside them at full speed.
Programs for the guest cannot be started by name here (the kernel would need binfmt_misc), which is
why the script stands where sys.executable points. Wheels, with what they need, are downloaded for
the guest's processor, and installed by the guest's own pip.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import debian
from platforms import ROOT

VERSION = "3.11"
EMULATOR = "qemu-aarch64-static"
# Debian's Python and the libraries that its modules open.
PACKAGES = [
    "python3.11",
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libc6",
    "libgcc-s1",
    "libbz2-1.0",
    "libcrypt1",
    "libexpat1",
    "libffi8",
    "liblzma5",
    "libsqlite3-0",
    "libssl3",
    "libuuid1",
    "zlib1g",
]
# What the tests of the Python package import.
TOOLS = ("cffi", "pytest", "pytest-timeout", "uvloop")
LAUNCHER = """#!/bin/sh
exec {emulator} -L {root} -0 "$0" {root}/usr/bin/python{version} "$@"
"""


def pinned() -> list[str]:
    """The tools of the tests, at the versions that they have on this machine."""
    text = (ROOT / "bindings/python/requirements-dev.txt").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))
    return [f"{name}=={versions[name]}" for name in TOOLS]


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


def download(folder: Path) -> None:
    """The tools as wheels for the guest."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d", folder]
    machine = [f"--python-version={VERSION}", "--implementation=cp"]
    for glibc in (17, 28, 34):  # Debian 12 has 2.36
        machine.append(f"--platform=manylinux_2_{glibc}_aarch64")
    machine.append("--platform=manylinux2014_aarch64")
    run(*pip, *machine, *pinned(), "pip")


def make(folder: Path) -> Path:
    """The guest's Python, in an environment of its own without our package."""
    emulator = shutil.which(EMULATOR)
    if not emulator:
        raise SystemExit(f"needs {EMULATOR}; make setup-dist installs it")
    root, environment, wheels = folder / "root", folder / "environment", folder / "wheels"
    debian.unpack([f"{name}:arm64" for name in PACKAGES], root)
    python = environment / "bin/python"
    if python.is_file():
        return python
    download(wheels)
    python.parent.mkdir(parents=True, exist_ok=True)
    home = f"home = {root}/usr/bin\ninclude-system-site-packages = false\n"
    (environment / "pyvenv.cfg").write_text(home, encoding="utf-8")
    launcher = LAUNCHER.format(emulator=emulator, root=root, version=VERSION)
    python.write_text(launcher, encoding="utf-8")
    python.chmod(0o755)
    (pip,) = wheels.glob("pip-*.whl")
    install(python, wheels, str(pip), *pinned())
    return python


def install(python: Path, wheels: Path, *names: str) -> None:
    """Installs from files, by the guest's own judgement of which wheels fit it."""
    (pip,) = wheels.glob("pip-*.whl")
    words = ["-q", "install", "--no-index", "--find-links", wheels, "--disable-pip-version-check"]
    run(python, f"{pip}/pip", *words, "--force-reinstall", *names)
