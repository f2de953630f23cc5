"""cx_Freeze finds what the native module imports from C."""

from __future__ import annotations

import shutil
import subprocess
import sys

from frozen import check, write_program
from shared import WORK

target = WORK / "frozen"
shutil.rmtree(target, ignore_errors=True)
command = [sys.executable, "-m", "cx_Freeze", "--script", str(write_program()), "build_exe"]
subprocess.run([*command, f"--build-exe={target}", "--silent"], check=True)
check(target / "program")
