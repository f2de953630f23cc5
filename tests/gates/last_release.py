"""The last release: the newest tag vX.Y.Z that the commit at hand comes after.

The tag of the commit itself is the release that is being made, and is compared with the one before.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


def git(root: Path, *words: str) -> str:
    """What git prints; its failure ends the check."""
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def last_release(root: Path = ROOT) -> str | None:
    """The tag of the release before this commit, if there is one."""
    own = set(git(root, "tag", "--points-at", "HEAD").split())
    tags = [TAG.fullmatch(tag) for tag in git(root, "tag", "--merged", "HEAD").split()]
    numbered = [tag for tag in tags if tag and tag[0] not in own]
    newest = max(numbered, key=lambda tag: tuple(map(int, tag.groups())), default=None)
    return newest[0] if newest else None


def file_of(root: Path, tag: str, file: str) -> str:
    """A file, as it was released."""
    return git(root, "show", f"{tag}:{file}")


def unpack(root: Path, tag: str, folder: Path) -> Path:
    """The folder, with the tree of the release and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["git", "-C", str(root), "archive", tag]
    packed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder
