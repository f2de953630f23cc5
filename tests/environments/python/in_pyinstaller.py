"""PyInstaller finds what the native module imports from C."""

from __future__ import annotations

import subprocess
import sys

from frozen import check, write_program
from shared import WORK

places = ["--distpath", str(WORK / "dist"), "--workpath", str(WORK / "build")]
places += ["--specpath", str(WORK)]
command = [sys.executable, "-m", "PyInstaller", "--onedir", "--noconfirm", "--log-level=WARN"]
subprocess.run([*command, *places, str(write_program())], check=True)
check(WORK / "dist/program/program")
