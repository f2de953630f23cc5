"""Every step of the workflows works on any machine too: `workflows.py [ROOT]`.

What a step runs is one line: verbs of the Makefile, or a script of this repository. The verbs and
scripts exist. Actions of others are pinned by a version, and each workflow says what it may do.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"^\s*(?:- )?run: *(.*)$", re.MULTILINE)
ACTION = re.compile(r"^\s*(?:- )?uses: *(\S+)", re.MULTILINE)
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@(v\d[\w.]*|release/v\d+|[0-9a-f]{40})")
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
INTERPRETERS = ("bash", "python", "python3")


def verbs(root: Path) -> set[str]:
    """Every target of the Makefile, also those of a loop."""
    command = ["make", "-C", str(root), "-pnRrs", "help"]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return set(re.findall(r"^([a-z][a-z0-9-]*):", out, re.MULTILINE))


def faults_of_step(line: str, known: set[str], root: Path) -> Iterator[str]:
    """What one step runs."""
    if line in ("|", ">", "|-", ">-"):
        yield "a step of several lines: make a script or a verb of it"
        return
    words = shlex.split(EXPRESSION.sub("VALUE", line))
    words = words[1:] if words[:1] == ["sudo"] else words
    if words[:1] == ["make"]:
        asked = (word for word in words[1:] if "=" not in word and not word.startswith("-"))
        yield from (f"no verb {verb} in the Makefile" for verb in asked if verb not in known)
        return
    words = words[1:] if words[:1] and words[0] in INTERPRETERS else words
    if not words or not (root / words[0]).is_file():
        yield f"neither make nor a script of the repository: {line}"


def faults_of(text: str, known: set[str], root: Path) -> Iterator[str]:
    """What is wrong with one workflow."""
    if not re.search(r"^permissions:", text, re.MULTILINE):
        yield "it does not say its permissions"
    for action in ACTION.findall(text):
        if not PINNED.fullmatch(action):
            yield f"{action} is not pinned by a version"
    for line in STEP.findall(text):
        yield from faults_of_step(line.strip(), known, root)


def main(arguments: list[str]) -> int:
    """Prints every fault; the exit code."""
    root = Path(arguments[0]) if arguments else ROOT
    files = sorted((root / ".github/workflows").glob("*.yml"))
    known = verbs(root)
    faults = [
        f"{file.name}: {fault}"
        for file in files
        for fault in faults_of(file.read_text("utf-8"), known, root)
    ]
    print("\n".join(faults) if faults else f"workflows: {len(files)} run verbs and scripts only")
    return bool(faults) or not files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
