"""What a tag promises before anything is published: `tag.py TAG`.

It is `v` and the version of packaging/release.json, CHANGELOG.md has a section of that version with
a day, the section is not empty, and the commit is one of the main branch.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from last_release import ROOT

DAY = r"\d{4}-\d{2}-\d{2}"


def section_of(changelog: str, version: str) -> tuple[str, str]:
    """What stands behind the heading of a version, and below it."""
    pattern = rf"^## \[{re.escape(version)}\](.*)\n((?:(?!## |\[[\d.]+\]: ).*\n)*)"
    found = re.search(pattern, changelog, re.MULTILINE)
    return (found[1].strip(" -"), found[2].strip()) if found else ("", "")


def is_on_main(root: Path) -> bool:
    """Whether the main branch of the origin has this commit."""
    command = ["git", "-C", str(root), "merge-base", "--is-ancestor", "HEAD", "origin/main"]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


def faults_of(tag: str, root: Path) -> Iterator[str]:
    """What is not as it should be."""
    version = json.loads((root / "packaging/release.json").read_text("utf-8"))["version"]
    if tag != f"v{version}":
        yield f"the tag is {tag}, and packaging/release.json has {version}"
    day, notes = section_of((root / "CHANGELOG.md").read_text("utf-8"), version)
    if not re.fullmatch(DAY, day):
        yield f"CHANGELOG.md: the section of {version} has no day but {day or 'nothing'!r}"
    if not notes:
        yield f"CHANGELOG.md: the section of {version} says nothing"
    if not is_on_main(root):
        yield "the commit is not one of origin/main"


def main(arguments: list[str]) -> int:
    """Checks; the exit code."""
    if len(arguments) not in (1, 2):
        sys.exit("tag.py TAG [ROOT]")
    root = Path(arguments[1]) if len(arguments) == 2 else ROOT
    faults = list(faults_of(arguments[0], root))
    print("\n".join(faults) if faults else f"tag: {arguments[0]} may be released")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
