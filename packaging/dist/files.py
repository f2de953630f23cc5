"""What the steps of a release share: tools that are run, folders that are staged, archives whose
bytes depend on nothing but their content and the time of the commit."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

from platforms import BUILD, PLATFORMS, ROOT, Platform

DIST = ROOT / "dist"
THIRD_PARTY = BUILD / "THIRD-PARTY-LICENSES"
LICENSES = ("LICENSE", "LICENSE-APACHE", "LICENSE-MIT")


def epoch() -> int:
    """When the release was made, for everything that records a time: SOURCE_DATE_EPOCH, else the
    commit's own time."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or output_of("git", "log", "-1", "--format=%ct"))


def run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """A tool, which ends the build when it fails."""
    words = [str(word) for word in command]
    subprocess.run(words, check=True, cwd=cwd, env={**os.environ, **(env or {})})


def output_of(*command: object, cwd: Path = ROOT) -> str:
    """What a tool printed; one that fails ends the build."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, cwd=cwd, stdout=subprocess.PIPE, text=True).stdout


def is_built(platform: Platform) -> bool:
    """Whether both libraries of the platform are there."""
    names = ("libliter_llm.a", "libliter_llm.so.0")
    return all((platform.native / name).is_file() for name in names)


def built(all_of_them: bool) -> list[Platform]:
    """The platforms that have libraries. One that has none is left out with a word, or ends the
    build where all are wanted."""
    missing = [platform for platform in PLATFORMS.values() if not is_built(platform)]
    if missing and (all_of_them or len(missing) == len(PLATFORMS)):
        names = " ".join(platform.name for platform in missing)
        raise SystemExit(f"no libraries for {names}; make dist-native builds them")
    for platform in missing:
        print(f"   left out: {platform.name}, which has no libraries in {platform.native}")
    return [platform for platform in PLATFORMS.values() if platform not in missing]


def new_folder(path: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def copy(source: Path, target: Path) -> None:
    """One file, with the folders above it; without its time and owner."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def copy_licenses(folder: Path, third_party: bool) -> None:
    """Our own licences and, where compiled code is inside, those of what is in it."""
    for name in LICENSES:
        copy(ROOT / name, folder / name)
    if third_party:
        if not THIRD_PARTY.is_file():
            raise SystemExit(f"no {THIRD_PARTY}; third_party.py writes it")
        copy(THIRD_PARTY, folder / THIRD_PARTY.name)


def tracked(folder: str) -> list[Path]:
    """The files below a folder of the repository that git knows, relative to it."""
    listed = output_of("git", "ls-files", "-z", folder).split("\0")
    return [Path(name).relative_to(folder) for name in listed if name and (ROOT / name).is_file()]


def pack(source: Path, archive: Path, members: Iterable[Path] | None = None) -> None:
    """A .tar.gz of the folder under its own name: sorted, of owner 0 and the time of the commit."""

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = epoch()
        executable = member.isdir() or member.mode & 0o100
        member.mode = 0o755 if executable else 0o644
        return member

    archive.parent.mkdir(parents=True, exist_ok=True)
    paths = sorted(source.rglob("*")) if members is None else sorted(members)
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in (source, *paths):
            name = path.relative_to(source.parent).as_posix()
            tar.add(path, name, recursive=False, filter=anonymous)
    print(f"   {archive.relative_to(ROOT)}  {archive.stat().st_size / 1e6:.2f} MB")
