"""Small systems to install into: folders that programs see as the whole file system.

mmdebstrap makes them of Debian's packages, once, below build/. The machine's own sources say where
Debian is. To enter one, a user needs to be root; without that, or without the packages, a test is
skipped with a word.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from platforms import BUILD
from users import User, complete

from support import Mock

FOLDER = BUILD / "users"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SECONDS_MAX = 900
# Links from /lib to /usr/lib and the like, which a package makes that has more in it.
LINKS = "/usr/share/mmdebstrap/hooks/merged-usr"


@dataclass(frozen=True)
class System:
    """What a root is made of."""

    name: str
    suite: str
    packages: tuple[str, ...]
    # "extract" unpacks packages and nothing else: no shell, no dpkg. "essential" is a whole Debian.
    variant: str = "extract"
    # What is taken away: Debian's glibc brings the unwinder of gcc, and others do not.
    without: str = ""


def python(version: str, suite: str) -> System:
    """As small as an image can be that runs Python: glibc, what Python links, certificates."""
    packages = (f"python{version}-venv", "ca-certificates")
    return System(f"python{version}", suite, packages, without="usr/lib/*/libgcc_s.so.*")


DEBIAN = System(
    "debian", "bookworm", ("gcc", "libc6-dev", "make", "pkg-config", "cmake"), variant="essential"
)


def mirror() -> str:
    """Where this machine has Debian from."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = [line.split()[0] for line in listed.splitlines() if line.endswith(" Debian Debian")]
    if not found:
        pytest.skip("apt knows no mirror of Debian")
    return found[0]


def bootstrap(system: System, root: Path) -> None:
    """Runs mmdebstrap. A mirror that stands still is as good as one that is of today."""
    words = ["mmdebstrap", "--mode=root", "--quiet", f"--variant={system.variant}"]
    words += ["--aptopt=Acquire::Check-Valid-Until false", f"--include={','.join(system.packages)}"]
    if system.variant == "extract":
        words.append(f"--hook-dir={LINKS}")
    source = f"deb [signed-by={KEYS}] {mirror()} {system.suite} main"
    command = (*words, system.suite, root, source)
    ended = complete(command, FOLDER, os.environ, SECONDS_MAX)
    if ended.returncode:
        shutil.rmtree(root, ignore_errors=True)
        lines = (ended.stderr or ended.stdout).strip().splitlines()
        errors = [line for line in lines if line.startswith("E: ")] or lines[-1:]
        pytest.skip(f"mmdebstrap of {system.suite}: {errors[0]}")


def trust(root: Path) -> None:
    """The one file of all certificates, which their package makes when it is installed."""
    file = root / "etc/ssl/certs/ca-certificates.crt"
    found = sorted(root.glob("usr/share/ca-certificates/*/*.crt"))
    if found and not file.exists():
        file.write_bytes(b"".join(path.read_bytes() for path in found))


def made(system: System) -> Path:
    """The root, made now or earlier."""
    if os.geteuid() or not shutil.which("mmdebstrap"):
        pytest.skip("needs root and mmdebstrap, which make setup-dist installs")
    root, record = FOLDER / system.name, FOLDER / f"{system.name}.json"
    wanted = json.dumps(asdict(system))
    if record.is_file() and record.read_text(encoding="utf-8") == wanted:
        return root
    record.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"-- {system.name} of Debian {system.suite} (some minutes)", file=sys.stderr)
    bootstrap(system, root)
    for path in root.glob(system.without) if system.without else ():
        path.unlink()
    trust(root)
    record.write_text(wanted, encoding="utf-8")
    return root


class Inside(User):
    """Somebody whose whole file system is a root."""

    def __init__(self, mock: Mock, root: Path, folder: Path) -> None:
        super().__init__(mock, folder)
        self.root = root
        self.leave("/usr/bin", "/usr/sbin", "/bin", "/sbin")

    @property
    def place(self) -> Path:
        return Path("/") / self.folder.relative_to(self.root)

    def try_run(self, *command: object, **extra: str) -> subprocess.CompletedProcess[str]:
        enter = (shutil.which("unshare"), f"--root={self.root}", f"--wd={self.place}")
        return super().try_run(*enter, *command, **extra)


@contextmanager
def entered(mock: Mock, root: Path) -> Iterator[Inside]:
    """Somebody in a folder of the root, which is removed in the end."""
    if os.geteuid():
        pytest.skip("only root can change the root of the file system")
    root.joinpath("tmp").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root / "tmp", prefix="user-"))
    try:
        yield Inside(mock, root, folder)
    finally:
        shutil.rmtree(folder)
