"""The shared library beside the last release's: `abi.py [ROOT]`, by Debian's abidiff.

Both are built here, unoptimized and with debugging information of the C boundary alone, and with
the same options: abidiff then sees the functions and their types as callers do. A function that is
gone or has other parameters fails, unless the library has got another name (SONAME).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from last_release import ROOT, last_release, unpack

FOLDER = "build/abi"
# The bits of abidiff's exit code: its own mistakes; changes, and those that it knows to break.
# A parameter of another type is only a change to it, and what is new is not asked for.
MISTAKE, CHANGED = 1 | 2, 4 | 8


def build(tree: Path, folder: Path, name: str) -> Path:
    """The shared library of a tree. What both trees use of others is built once."""
    options = ["--config", 'profile.dev.package."liter-llm-ffi".debug=2']
    options += ["--config", "profile.dev.debug=0", "--target-dir", str(folder / "target")]
    command = ["cargo", "build", "--quiet", "--locked", "-p", "liter-llm-ffi", *options]
    subprocess.run(command, check=True, cwd=tree / "core")
    return Path(shutil.copy(folder / "target/debug/libliter_llm.so", folder / name))


def soname(library: Path) -> str:
    """The name that programs record."""
    command = ["readelf", "-dW", str(library)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"\(SONAME\).*\[(.*)\]", out)
    return found[1] if found else ""


def compare(old: Path, new: Path) -> int:
    """Prints abidiff's report; 1 when programs that are out there break."""
    command = ["abidiff", "--no-show-locs", "--no-added-syms", str(old), str(new)]
    result = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    print(result.stdout, end="")
    if result.returncode & MISTAKE:
        print("abi: abidiff could not compare")
        return 1
    other_name = soname(old) != soname(new)
    if result.returncode & CHANGED and not other_name:
        print(f"abi: programs that were linked to {soname(old)} break")
        return 1
    print(f"abi: {'another name' if other_name else 'nothing breaks'}")
    return 0


def main(arguments: list[str]) -> int:
    """Builds and compares; the exit code."""
    root = Path(arguments[0]).resolve() if arguments else ROOT
    tag = last_release(root)
    if tag is None:
        print("abi: no release yet, so there is nothing to compare with")
        return 0
    print(f"abi: compared with {tag}", flush=True)
    folder = root / FOLDER
    old = build(unpack(root, tag, folder / "tree"), folder, "released.so")
    return compare(old, build(root, folder, "now.so"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
