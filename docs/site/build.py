"""Builds the site of the docs: `python build.py FOLDER`.

Writes the repository's pages to FOLDER/source, with links that fit the site, and has the generator
make FOLDER/html of them; it fails for a page or an anchor that is not there. Links to files that
are no page lead to the repository; one to a file that is not there is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPOSITORY = "https://github.com/liter-llm/liter-llm/blob/main"
PAGES = {
    "README.md": "index.md",
    "docs/install.md": "install.md",
    "docs/guide.md": "guide.md",
    "docs/c.md": "c.md",
    "docs/recipes.md": "recipes.md",
    "docs/frameworks.md": "frameworks.md",
    "docs/telemetry.md": "telemetry.md",
    "docs/testing.md": "testing.md",
    "docs/deployment.md": "deployment.md",
    "docs/platforms.md": "platforms.md",
    "docs/coming-from.md": "coming-from.md",
    "docs/cli.md": "cli.md",
    "docs/bulk.md": "bulk.md",
    "docs/scale.md": "scale.md",
    "docs/architecture.md": "architecture.md",
    "docs/versions.md": "versions.md",
    "docs/release.md": "release.md",
    "docs/bench/README.md": "bench.md",
    "bindings/python/README.md": "python.md",
    "bindings/go/README.md": "go.md",
    "bindings/node/README.md": "node.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "include/liter_llm.h": "header.md",
}
LINK = re.compile(r"(?P<before>!?\[[^\]]*\]\()(?P<target>[^)\s]+)\)")
BLOCK = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def rewrite(text: str, page: str) -> str:
    """The page with links for the site; blocks of code stay as they are."""
    pieces = BLOCK.split(text)  # the odd ones are blocks
    for index in range(0, len(pieces), 2):
        pieces[index] = LINK.sub(lambda link: retarget(link, page), pieces[index])
    return "".join(pieces)


def retarget(link: re.Match[str], page: str) -> str:
    """One link: a page, a picture, or a file of the repository."""
    target, _, anchor = link["target"].partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return link[0]
    path = ((ROOT / page).parent / target).resolve()
    if not path.exists():
        raise SystemExit(f"{page}: {target} is not there")
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir() and f"{name}/README.md" in PAGES:
        name += "/README.md"
    found = PAGES.get(name)
    if found is None and path.suffix == ".svg":
        found = path.name
    place = found or f"{REPOSITORY}/{name}"
    return f"{link['before']}{place}{'#' + anchor if anchor else ''})"


def write_sources(source: Path) -> None:
    """All pages and pictures."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for page, name in PAGES.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        if page.endswith(".h"):
            text = f"# C header\n\n```c\n{text}```\n"
        (source / name).write_text(rewrite(text, page), encoding="utf-8")
    for picture in (ROOT / "docs").rglob("*.svg"):
        shutil.copy(picture, source)


def main(folder: Path) -> int:
    """The exit code."""
    write_sources(folder / "source")
    shutil.rmtree(folder / "html", ignore_errors=True)
    shutil.copy(HERE / "zensical.toml", folder)
    zensical = Path(sys.executable).parent / "zensical"
    build = [str(zensical), "build", "--clean", "--strict"]
    return subprocess.run(build, cwd=folder, check=False, timeout=300).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
