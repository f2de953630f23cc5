"""Python without the global lock has no limited API: the module is built for that version alone.

With such an interpreter (python3.13t and later) on the path it is built and used there; else it is
built here as it would be there, and used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from shared import HELLO, WORK, running_mock

PACKAGE = Path(__file__).resolve().parents[3] / "bindings/python"
AS_THERE = """
import runpy, sys, sysconfig
original = sysconfig.get_config_var
sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else original(name)
sys.argv = ["setup.py", "build_ext", "--build-lib", sys.argv[1], "build_py", "--build-lib",
    sys.argv[1]]
runpy.run_path("setup.py", run_name="__main__")
"""
USE = """
import sys, threading
import liter_llm
from liter_llm import _native
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
texts = []
def read():
    for _ in range(20):
        texts.append("".join(llm.invoke(request)))
threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert texts == ["Hello world"] * 160, len(texts)
print(_native.__file__)
print(getattr(sys, "_is_gil_enabled", lambda: None)())
"""


def find_interpreter() -> str | None:
    """One whose build has no global lock."""
    for minor in (16, 15, 14, 13):
        found = shutil.which(f"python3.{minor}t")
        if found:
            return found
    return None


def build_there(interpreter: str) -> tuple[str, Path]:
    """In an environment of that interpreter; it needs cffi for it."""
    folder = WORK / "venv"
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", str(PACKAGE)], check=True)
    return python, WORK


def build_here() -> tuple[str, Path]:
    """From a copy of the sources, so that nothing that was built for all versions is in the way."""
    source, built = WORK / "source", WORK / "built"
    for folder in (source, built):
        shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("build", "*.egg-info", "*.so", "tests")
    shutil.copytree(PACKAGE, source / "bindings/python", ignore=ignored)
    shutil.copytree(PACKAGE.parents[1] / "include", source / "include")
    command = [sys.executable, "-c", AS_THERE, str(built)]
    log = WORK / "build.log"
    with log.open("w") as out:
        subprocess.run(command, cwd=source / "bindings/python", check=True, stdout=out, stderr=out)
    return sys.executable, built


interpreter = find_interpreter()
python, path = build_there(interpreter) if interpreter else build_here()
with running_mock() as mock:
    ended = subprocess.run(
        [python, "-c", USE, mock.base_url(mock.plan(HELLO))],
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
module, gil = ended.stdout.splitlines()
assert "abi3" not in module, module
assert str(WORK) in module, module
assert gil == ("False" if interpreter else gil), "loading the module turns the global lock on"
