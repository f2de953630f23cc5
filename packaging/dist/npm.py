"""The packages of npm: dist/npm/*.tgz, one with the JavaScript and one for each platform.

The main package names the others as optional dependencies of its own version; npm installs the one
whose os, cpu and libc fit. Their names have no scope: a scope belongs to an organisation of npm of
that name, and nothing tells before it is made whether it can be had. zig is the C compiler of all
addons, so that they run where the oldest glibc of its target is.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from files import DIST, built, copy, copy_licenses, new_folder, run, tracked
from platforms import BUILD, ROOT, Platform
from release import RELEASE, VERSION

SOURCES = ROOT / "bindings/node"
CPU = {"x86_64": "x64", "aarch64": "arm64"}
LIBC = {"gnu": "glibc", "musl": "musl"}
LICENSE_FILES = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES"]


def read_package() -> dict[str, Any]:
    """package.json of the sources."""
    package: dict[str, Any] = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    return package


def write_package(folder: Path, package: dict[str, Any]) -> None:
    """package.json of a staged package."""
    text = json.dumps(package, indent=2) + "\n"
    (folder / "package.json").write_text(text, encoding="utf-8")


def compile_addon(platform: Platform, addon: Path) -> None:
    """The addon of a platform, by the script that builds it everywhere."""
    env = {
        "CC": f"{sys.executable} -m ziglang cc -target {platform.zig}",
        "LITER_LLM_ADDON": str(addon),
        "LITER_LLM_ARCHIVE": str(platform.native / "libliter_llm.a"),
        "ZIG_GLOBAL_CACHE_DIR": str(BUILD / "zig"),
    }
    run("node", "build.mjs", cwd=SOURCES, env=env)


def stage_platform(platform: Platform, folder: Path) -> None:
    """The package of one platform: the addon, and what it is for."""
    name, cpu = RELEASE["npm_platform_packages"][platform.name], CPU[platform.machine]
    main = read_package()
    compile_addon(platform, folder / "liter_llm.node")
    copy_licenses(folder, third_party=True)
    readme = (
        f"# {name}\n\nThe native addon of [{RELEASE['npm_package']}]({RELEASE['repository']}) for"
        f" Linux on {cpu} with {LIBC[platform.libc]}.\n`npm install {RELEASE['npm_package']}`"
        " installs it where it fits.\n"
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    package = {
        "name": name,
        "version": VERSION,
        "description": f"The native addon of {RELEASE['npm_package']} for {platform.name}",
        "license": main["license"],
        "repository": repository(),
        "engines": main["engines"],
        "os": ["linux"],
        "cpu": [cpu],
        "libc": [LIBC[platform.libc]],
        "type": "commonjs",
        "main": "liter_llm.node",
        "files": ["liter_llm.node", *LICENSE_FILES],
        # Yarn keeps packages zipped, and nobody can load an addon from there.
        "preferUnplugged": True,
    }
    write_package(folder, package)


def repository() -> dict[str, str]:
    """Where the sources are, as npm writes it."""
    url = f"git+{RELEASE['repository']}.git"
    return {"type": "git", "url": url, "directory": "bindings/node"}


def stage_main(platforms: list[Platform], folder: Path) -> None:
    """The main package: the sources that are packed, without what only a clone needs."""
    package = read_package()
    files = [name for name in package["files"] if name != "prebuilds"]
    for path in tracked("bindings/node"):
        if any(path.match(f"{name}") or path.parts[0] == name for name in files):
            copy(SOURCES / path, folder / path)
    copy(SOURCES / "README.md", folder / "README.md")
    copy_licenses(folder, third_party=False)
    for key in ("scripts", "devDependencies"):
        del package[key]
    package |= {"version": VERSION, "repository": repository(), "files": [*files, "LICENSE*"]}
    names = (RELEASE["npm_platform_packages"][platform.name] for platform in platforms)
    package["optionalDependencies"] = dict.fromkeys(names, VERSION)
    write_package(folder, package)


def pack(folder: Path, target: Path) -> None:
    """`npm pack`, whose archives have no time and no owner."""
    run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", target, cwd=folder)


def write(all_of_them: bool) -> None:
    """Writes all packages."""
    platforms = built(all_of_them)
    target, stage = new_folder(DIST / "npm"), new_folder(BUILD / "npm")
    for platform in platforms:
        folder = stage / RELEASE["npm_platform_packages"][platform.name].replace("/", "-")
        stage_platform(platform, folder)
        pack(folder, target)
    stage_main(platforms, stage / "main")
    pack(stage / "main", target)
    for file in sorted(target.iterdir()):
        print(f"   {file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.2f} MB")
    shutil.rmtree(stage)


if __name__ == "__main__":
    write("--all" in sys.argv)
