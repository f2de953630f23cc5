"""wine, in a prefix of its own below build/: Windows 10, with the one DLL that Debian's lacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import toolchain
from results import CheckError, run

PREFIX = toolchain.BUILD / "wine"
SHIM = "bcryptprimitives"
START_SECONDS = 300


def environment() -> dict[str, str]:
    """Of programs that run under wine. Without the .NET of Windows, for which it would ask."""
    quiet = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree="}
    return {**toolchain.environment(), **quiet, "WINEPREFIX": str(PREFIX)}


def command(log: Path) -> list[str]:
    """What comes before the name of a program; makes the prefix if there is none."""
    # Debian has it in no folder of PATH.
    found = shutil.which("wine64") or "/usr/lib/wine/wine64"
    if not Path(found).exists():
        raise CheckError("wine64 is missing; make setup-platforms installs it")
    if not (PREFIX / "ready").exists():
        run([found, "winecfg", "-v", "win10"], environment(), log, seconds=START_SECONDS)
        source = Path(__file__).with_name(f"{SHIM}.c")
        library = PREFIX / f"drive_c/windows/system32/{SHIM}.dll"
        compiler = [f"{toolchain.MINGW}-gcc", "-Wall", "-Wextra", "-Werror", "-shared"]
        run([*compiler, source, "-o", library, "-ladvapi32"], environment(), log)
        (PREFIX / "ready").touch()
    return [found]
