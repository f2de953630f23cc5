"""Every artefact in dist/ as one thing: its kind, its version, and its files with their bytes."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from files import DIST


@dataclass(frozen=True)
class Artefact:
    """One file that is published."""

    path: Path
    kind: str

    @property
    def name(self) -> str:
        return self.path.relative_to(DIST).as_posix()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of every file in it."""
        if self.path.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(self.path) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir():
                        yield entry.filename, archive.read(entry)
        elif self.kind in ("bill", "sums"):
            yield self.path.name, self.path.read_bytes()
        else:
            yield from files_of_tar(self.path)

    def owners(self) -> set[tuple[int, str]]:
        """Whose files are in it; zip archives name nobody."""
        if self.path.suffix in (".whl", ".zip") or self.kind in ("bill", "sums"):
            return set()
        with open_tar(self.path) as archive:
            return {(member.uid, member.uname) for member in archive}


def open_tar(path: Path) -> tarfile.TarFile:
    """A tar archive, also the one inside a package of Debian."""
    if path.suffix == ".deb":
        command = ["dpkg-deb", "--fsys-tarfile", str(path)]
        content = subprocess.run(command, check=True, capture_output=True).stdout
        return tarfile.open(fileobj=io.BytesIO(content))
    return tarfile.open(path)


def files_of_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file."""
    with open_tar(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content:
                yield member.name, content.read()


KINDS = (
    (r"go/.*/lib/[^/]+/@v/v[^/]*\.zip", "go archive"),
    (r"go/.*\.zip", "go module"),
    (r"npm/.*-linux-[^/]*\.tgz", "npm platform"),
    (r"npm/[^/]*\.tgz", "npm main"),
    (r"liter-llm-go-[^/]*\.tar\.gz", "go tree"),
    (r"liter_llm-[^/]*-linux-[^/]*\.tar\.gz", "c"),
    (r"[^/]*\.deb", "deb"),
    (r"[^/]*\.crate", "crate"),
    (r"[^/]*\.whl", "wheel"),
    (r"[^/]*\.cdx\.json", "bill"),
    (r"SHA256SUMS", "sums"),
    (r"[^/]*\.tar\.gz", "sdist"),  # the last: other archives have names of their own
)
# What a module proxy has beside the archives.
SERVED = re.compile(r"go/.*/@v/(list|v[^/]*\.(info|mod))")


def artefacts() -> tuple[list[Artefact], list[str]]:
    """What is in dist/, and the names of files that no kind knows."""
    known, unknown = [], []
    for path in sorted(DIST.rglob("*")):
        name = path.relative_to(DIST).as_posix()
        if path.is_dir() or SERVED.fullmatch(name):
            continue
        kind = next((kind for pattern, kind in KINDS if re.fullmatch(pattern, name)), None)
        if kind:
            known.append(Artefact(path, kind))
        else:
            unknown.append(name)
    return known, unknown
