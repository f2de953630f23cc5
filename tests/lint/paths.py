"""The files and headings that the documentation names exist.

    python paths.py README.md docs/architecture.md ...

A path in backquotes that begins with a folder of the repository (`core/src/lib.rs`) must be a file
or a folder, and so must the target of a link, seen from the document; a link's fragment must be a
heading of that document. Paths below `build/` and `target/` are made; a path with `*` must match.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The fragments of a document's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_paths(text: str) -> Iterator[str]:
    """Paths of the repository that are not there."""
    tops = {path.name for path in ROOT.iterdir()} - {"build"}
    for path in CODE.findall(text):
        is_path = "/" in path and re.fullmatch(r"[\w./*-]+", path)
        parts = path.split("/")
        if not is_path or parts[0] not in tops or "target" in parts:
            continue
        if not any(ROOT.glob(path.rstrip("/"))):
            yield path


def missing_targets(document: Path, text: str) -> Iterator[str]:
    """Links into the repository that lead nowhere."""
    for link in LINK.findall(text):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, fragment = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (fragment and fragment not in anchors(target)):
            yield link


def main(names: list[str]) -> int:
    """Names what is missing; the exit code."""
    failed = 0
    for name in names:
        document = Path(name).resolve()
        text = FENCE.sub("", document.read_text(encoding="utf-8"))
        missing = [*missing_paths(text), *missing_targets(document, text)]
        for each in missing:
            print(f"{name}: {each} does not exist")
        failed += len(missing)
    print(f"{len(names)} documents, {failed} missing files or headings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
