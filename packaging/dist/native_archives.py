"""For C and C++: dist/liter_llm-<version>-<platform>.tar.gz, one for each platform.

Headers, both libraries, pkg-config and CMake files as `make install` places them. They name no
place, so the folder may be unpacked anywhere.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from files import DIST, built, copy, copy_licenses, new_folder, pack, run
from platforms import BUILD, ROOT, Platform
from release import VERSION


def strip_tool(platform: Platform) -> str:
    """GNU strip for the platform's processor."""
    prefixed = f"{platform.machine}-linux-gnu-strip"
    tool = shutil.which(prefixed)
    if not tool:
        raise SystemExit(f"needs {prefixed}; make setup-dist installs it")
    return tool


def install(platform: Platform, prefix: Path, libdir: str = "lib") -> None:
    """`make install` of a platform's libraries below a prefix."""
    env = {"LIBRARIES": str(platform.native), "LIBDIR": libdir, "STRIP": strip_tool(platform)}
    run("packaging/install.sh", prefix, env=env)


def write(all_of_them: bool) -> None:
    """Writes the archives."""
    for platform in built(all_of_them):
        folder = new_folder(BUILD / "c" / f"liter_llm-{VERSION}-{platform.name}")
        install(platform, folder)
        copy_licenses(folder / "share/doc/liter_llm", third_party=True)
        copy(ROOT / "CHANGELOG.md", folder / "share/doc/liter_llm/CHANGELOG.md")
        pack(folder, DIST / f"{folder.name}.tar.gz")
    shutil.rmtree(BUILD / "c")


if __name__ == "__main__":
    write("--all" in sys.argv)
