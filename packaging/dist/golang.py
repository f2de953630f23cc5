"""The Go modules: dist/go is a module proxy, and a .tar.gz beside it the tree that is tagged.

The archive of each platform is a module of its own, nested in the main one, so that a build
downloads only the one that it links; the main module requires all, so `go get` takes all of them.
Programs on musl use the build tag literllm_musl: nothing else tells Go which C library there is.
"""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path

from files import (
    DIST,
    built,
    copy,
    copy_licenses,
    epoch,
    new_folder,
    output_of,
    pack,
    run,
    tracked,
)
from platforms import BUILD, ROOT, Platform
from release import RELEASE, VERSION

MODULE: str = RELEASE["go_module"]
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}
STAGE = BUILD / "go"
BESIDE = ("typed", "otelliterllm")

LINK = """\
//go:build {constraint}

package literllm

// The archive of this platform.
import _ "{module}/lib/{folder}"
"""
NO_ARCHIVE = """\
//go:build cgo && !literllm_shared && !({constraint})

package literllm

// No archive is made for this platform: this name, which nobody declares, is all that is said.
var _ = literllm_has_no_archive_for_this_platform__build_liter_llm_and_use_the_tag_literllm_shared
"""
ARCHIVE = """\
// Package lib carries the archive of Liter-LLM's core for {platform}, and links it.
package lib

// #cgo LDFLAGS: ${{SRCDIR}}/libliter_llm.a -lpthread -ldl -lm
import "C"
"""
STATIC = """\
//go:build !literllm_shared

package literllm

// A program needs nothing at run time but libc.

// #cgo CFLAGS: -I${{SRCDIR}}/lib
import "C"

// Where the header is.
import _ "{module}/lib"
"""
LIB = """\
// Package lib has the header of the core. It holds nothing else, and is a package so that
// `go mod vendor` takes the header along. The archives are in the modules below it.
package lib
"""


def folder_of(platform: Platform) -> str:
    """The last word of the module of a platform."""
    suffix = "" if platform.is_glibc else f"_{platform.libc}"
    return f"linux_{ARCH[platform.machine]}{suffix}"


def constraint_of(platform: Platform) -> str:
    """When the archive of a platform is linked."""
    musl = "!literllm_musl" if platform.is_glibc else "literllm_musl"
    return f"linux && {ARCH[platform.machine]} && {musl}"


def is_released(path: Path) -> bool:
    """Whether a file of the sources belongs into a module: no tests, and nothing for a clone."""
    parts = path.parts
    return not (
        path.name.endswith("_test.go")
        or path.name in (".gitignore", "link_static.go", "go.sum")
        or "testdata" in parts
        or parts[:2] in (("internal", "generate"), ("otelliterllm", "test"))
        or parts[0] == "lib"
    )


def stage_sources(tree: Path, platforms: list[Platform]) -> None:
    """The tree as it is tagged: the sources, and a file for each platform that links it."""
    for path in tracked("bindings/go"):
        if is_released(path):
            copy(ROOT / "bindings/go" / path, tree / path)
    for folder in (tree, *(tree / name for name in BESIDE)):
        copy_licenses(folder, third_party=False)
    copy(ROOT / "include/liter_llm.h", tree / "lib/liter_llm.h")
    (tree / "lib/lib.go").write_text(LIB, encoding="utf-8")
    (tree / "link_static.go").write_text(STATIC.format(module=MODULE), encoding="utf-8")
    for platform in platforms:
        name, constraint = folder_of(platform), constraint_of(platform)
        text = LINK.format(
            constraint=f"cgo && !literllm_shared && {constraint}", module=MODULE, folder=name
        )
        file = f"link_{name.removeprefix('linux_')}_archive.go"
        (tree / file).write_text(text, encoding="utf-8")
    anywhere = " || ".join(f"({constraint_of(platform)})" for platform in platforms)
    text = NO_ARCHIVE.format(constraint=anywhere)
    (tree / "link_no_archive.go").write_text(text, encoding="utf-8")


def stage_archive(tree: Path, platform: Platform) -> Path:
    """The module of one platform."""
    name = folder_of(platform)
    folder = tree / "lib" / name
    copy(platform.native / "libliter_llm.a", folder / "libliter_llm.a")
    copy_licenses(folder, third_party=True)
    text = ARCHIVE.format(platform=platform.name)
    (folder / "lib.go").write_text(text, encoding="utf-8")
    (folder / "go.mod").write_text(f"module {MODULE}/lib/{name}\n\ngo 1.23\n", encoding="utf-8")
    return folder


class Proxy:
    """The folder that serves modules, and how the go command is told to use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = new_folder(folder)
        cached = Path(output_of("go", "env", "GOMODCACHE").strip(), "cache/download")
        others = output_of("go", "env", "GOPROXY").strip()
        self.environment = {
            # What was downloaded before serves as well; our own version must not get in there.
            "GOPROXY": f"file://{self.folder},file://{cached},{others}",
            "GOMODCACHE": str(STAGE / "cache"),
            "GONOSUMDB": MODULE,
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOWORK": "off",
        }

    def add(self, module: str, folder: Path) -> None:
        """A module, of which all that it requires is there."""
        moment = datetime.fromtimestamp(epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = (module, f"v{VERSION}", moment, folder, self.folder)
        run(STAGE / "gozip", *words)

    def require(self, folder: Path, modules: list[str]) -> None:
        """Writes go.mod and go.sum of a module that requires others of this release."""
        edits = [f"-dropreplace={MODULE}"]
        edits += [f"-require={module}@v{VERSION}" for module in modules]
        run("go", "mod", "edit", *edits, cwd=folder, env=self.environment)
        run("go", "mod", "tidy", cwd=folder, env=self.environment)


def write(all_of_them: bool) -> None:
    """Writes the proxy and the tree."""
    platforms = built(all_of_them)
    new_folder(STAGE)
    tree = STAGE / f"liter-llm-go-{VERSION}"
    run("go", "build", "-o", STAGE / "gozip", ".", cwd=Path(__file__).parent / "gozip")
    proxy = Proxy(DIST / "go")
    stage_sources(tree, platforms)
    archives = [f"{MODULE}/lib/{folder_of(platform)}" for platform in platforms]
    for module, platform in zip(archives, platforms):
        proxy.add(module, stage_archive(tree, platform))
    proxy.require(tree, archives)
    proxy.add(MODULE, tree)
    for name in BESIDE:
        proxy.require(tree / name, [MODULE])
        proxy.add(f"{MODULE}/{name}", tree / name)
    for file in sorted(proxy.folder.rglob("*.zip")):
        print(f"   {file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.2f} MB")
    pack(tree, DIST / f"{tree.name}.tar.gz")
    shutil.rmtree(STAGE)


if __name__ == "__main__":
    write("--all" in sys.argv)
