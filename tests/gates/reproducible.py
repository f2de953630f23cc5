"""The same commit gives the same bytes: `reproducible.py FOLDER [--command WORDS] [--made FOLDER]`.

The commit is checked out into two folders of FOLDER whose names differ in length, and built in each
with another time zone, locale and umask. Every file of the made folder must have the same sum; the
members of archives that differ are named, and both builds are kept. Files that are not committed
take no part.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from last_release import ROOT, git

BUILDS = (
    ("a", {"TZ": "UTC", "LC_ALL": "C.UTF-8"}, 0o022),
    ("another-folder", {"TZ": "Asia/Tokyo", "LC_ALL": "C"}, 0o027),
)


def build(root: Path, folder: Path, words: list[str], env: dict[str, str], umask: int) -> None:
    """A clone of the commit, and the command in it; what it prints stays in a file."""
    shutil.rmtree(folder, ignore_errors=True)
    head = git(root, "rev-parse", "HEAD").strip()
    git(root, "clone", "--quiet", "--no-hardlinks", str(root), str(folder))
    git(folder, "checkout", "--quiet", "--detach", head)
    log = folder.with_suffix(".log")
    with log.open("w", encoding="utf-8") as out:
        code = subprocess.run(
            words, check=False, cwd=folder, env={**os.environ, **env}, stdout=out, stderr=out,
            preexec_fn=lambda: os.umask(umask) and None,
        ).returncode  # fmt: skip
    if code:
        raise SystemExit(f"reproducible: the build failed; its log is {log}")


def sums(made: Path) -> dict[str, str]:
    """The sum of every file."""
    files = sorted(path for path in made.rglob("*") if path.is_file())
    return {
        path.relative_to(made).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def members(archive: Path) -> dict[str, str]:
    """The members of an archive with all that is recorded of them; nothing for another file."""
    found = {}
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                digest = hashlib.sha256(zipped.read(entry)).hexdigest()
                found[entry.filename] = f"{entry.date_time} {entry.external_attr} {digest}"
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                digest = hashlib.sha256(content.read() if content else b"").hexdigest()
                owner = f"{member.uid} {member.uname}"
                found[member.name] = f"{member.mtime} {member.mode:o} {owner} {digest}"
    return found


def differing_members(first: Path, second: Path) -> list[str]:
    """The names of members that are not the same in both."""
    one, other = members(first), members(second)
    names = one.keys() | other.keys()
    return sorted(name for name in names if one.get(name) != other.get(name))


def main(arguments: list[str]) -> int:
    """Builds twice and compares; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--command", default="make dist", help="what is run in both")
    parser.add_argument("--made", default="dist", help="the folder that is compared")
    parser.add_argument("--root", type=Path, default=ROOT)
    given = parser.parse_args(arguments)
    made = []
    for name, env, umask in BUILDS:
        print(f"-- {given.command}, in {name}", flush=True)
        folder = given.folder.resolve() / name
        build(given.root.resolve(), folder, shlex.split(given.command), env, umask)
        made.append(folder / given.made)
    one, other = sums(made[0]), sums(made[1])
    differing = sorted(
        name for name in one.keys() | other.keys() if one.get(name) != other.get(name)
    )
    for name in differing:
        both = name in one and name in other
        inner = differing_members(made[0] / name, made[1] / name) if both else ["only in one"]
        print(f"{name}: {', '.join(inner[:5]) or 'other bytes'}")
    print(f"reproducible: {len(one)} files, {len(differing)} differ")
    if one and not differing:
        shutil.rmtree(given.folder)
        return 0
    print(f"reproducible: both builds are in {given.folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
