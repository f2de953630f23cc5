"""Builds and tries the library on this system: `run.py [PART ...]`, on Linux, macOS and Windows.

    rust     unit tests of the core
    c        the shared library, called through ctypes
    python   the package, installed by pip into a new environment
    node     the addon, built in place

Each part makes a call to the provider `script`, which answers without a network, a key or a server.
Needs Rust, Python and, for node, Node.js and a C compiler; no make. Ends with a line that counts.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/system"
CORE = ["--locked", "--manifest-path", "core/Cargo.toml", "--target-dir", "core/target"]
LIBRARIES = {"Linux": "libliter_llm.so", "Darwin": "libliter_llm.dylib", "Windows": "liter_llm.dll"}
SECONDS_MAX = 2400


def run(*words: object, cwd: Path = ROOT, **environment: str) -> None:
    """A step, which ends its part when it fails."""
    command = [str(word) for word in words]
    print("--", " ".join(command), flush=True)
    # The shell of Windows knows npm as npm.cmd.
    command[0] = shutil.which(command[0]) or command[0]
    env = {**os.environ, **environment}
    subprocess.run(command, check=True, cwd=cwd, env=env, timeout=SECONDS_MAX)


def rust() -> None:
    """The unit tests, which need no server."""
    run("cargo", "test", *CORE, "-p", "liter-llm", "--lib")


def c() -> None:
    """The C boundary, by way of the shared library."""
    run("cargo", "build", "--release", *CORE, "-p", "liter-llm-ffi")
    library = ROOT / "core/target/release" / LIBRARIES[platform.system()]
    boundary = str(ROOT / "tests/boundary")
    run(sys.executable, HERE / "smoke_c.py", library, PYTHONPATH=boundary)


def python() -> None:
    """The Python package, outside the repository's folder."""
    folder = BUILD / "python"
    venv.create(folder, clear=True, with_pip=True)
    scripts = folder / ("Scripts" if platform.system() == "Windows" else "bin")
    interpreter = scripts / ("python.exe" if platform.system() == "Windows" else "python")
    run(interpreter, "-m", "pip", "install", "--quiet", ROOT / "bindings/python")
    run(interpreter, HERE / "smoke_python.py", cwd=folder)


def node() -> None:
    """The Node package, with the addon that its own script builds."""
    package = ROOT / "bindings/node"
    run("npm", "ci", "--no-audit", "--no-fund", cwd=package)
    run("node", "build.mjs", cwd=package)
    run("node", HERE / "smoke.mjs")


PARTS = {part.__name__: part for part in (rust, c, python, node)}


def main(names: list[str]) -> int:
    """Runs the parts; the exit code."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"no part {' '.join(unknown)}; there are {' '.join(PARTS)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names or PARTS:
        try:
            PARTS[name]()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name} failed: {error}")
            failed.append(name)
    print(f"on {platform.system()} {platform.machine()}")
    print(f"{len(names or PARTS) - len(failed)} passed, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
