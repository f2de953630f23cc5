"""Everything in dist/ but the artefacts of Python, which wheels.py writes: `packages.py [--all]`.

Takes the libraries of build/dist/native. A platform without is left out; with --all it ends the
build, and so does whatever check.py finds. --no-verify leaves out the build of the packed crates.
"""

from __future__ import annotations

import shutil
import sys

import check
import crates
import deb
import golang
import native_archives
import npm
import sbom
import sums
import third_party
from files import DIST
from release import RELEASE


def clear() -> None:
    """Removes what an earlier run left, and keeps the artefacts of Python."""
    DIST.mkdir(exist_ok=True)
    ours = RELEASE["python_distribution"].replace("-", "_") + "-"
    for path in DIST.iterdir():
        if path.name.startswith(ours):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def main(arguments: list[str]) -> int:
    """All steps, in the order in which one needs another; the exit code."""
    all_of_them = "--all" in arguments
    clear()
    print("-- licences of what is compiled in", flush=True)
    third_party.write()
    for name, step in (
        ("npm", npm.write),
        ("Go", golang.write),
        ("C and C++", native_archives.write),
        ("Debian", deb.write),
    ):
        print(f"-- {name}", flush=True)
        step(all_of_them)
    print("-- crates", flush=True)
    crates.write("--no-verify" not in arguments)
    print("-- bill of materials and sums", flush=True)
    sbom.write()
    sums.write()
    print("-- check", flush=True)
    return check.main(all_of_them)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
