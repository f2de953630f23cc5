"""Code blocks of a README are cut from files that tests run.

    python readme.py [--write] README.md

A block is bound to its file by a comment on the line before it, `<!-- from: path -->`. The check
fails when the two differ; --write puts the file's text into the README.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(<!-- from: (\S+) -->\n```\w+\n)(.*?)(```\n)", re.DOTALL)


def renewed(readme: Path) -> str:
    """The README with every bound block as its file has it."""

    def block(match: re.Match[str]) -> str:
        sample = (readme.parent / match[2]).read_text(encoding="utf-8")
        return match[1] + sample + match[4]

    return BLOCK.sub(block, readme.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Checks or writes; the exit code."""
    stale = 0
    for name in arguments:
        if name == "--write":
            continue
        readme = Path(name)
        text = renewed(readme)
        blocks = len(BLOCK.findall(text))
        if text == readme.read_text(encoding="utf-8"):
            print(f"{name}: {blocks} blocks as in their files")
        elif "--write" in arguments:
            readme.write_text(text, encoding="utf-8")
            print(f"{name}: written")
        else:
            print(f"{name}: a block differs from its file; `make fmt` writes it")
            stale += 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
