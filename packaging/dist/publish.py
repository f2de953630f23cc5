"""Publishes what is in dist/: `publish.py npm|crates|go|github [--dry-run]`.

The checked release is taken as it is; crates are packed once more from the same commit, since cargo
publishes folders. What a registry has already is left out, so that a step which failed half way can
be started again. The artefacts of Python are published by an action of PyPI's. Who asks has to be
known already: to npm and Rust's registry by the identity of the workflow, to GitHub by a token.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import crates
from files import DIST, epoch, output_of, run
from golang import MODULE
from platforms import BUILD, ROOT
from release import RELEASE, VERSION

TAG = f"v{VERSION}"
FOLDER = MODULE.partition("/")[2].partition("/")[2].partition("/")[2]  # of the module, in the tree


def has(*command: str) -> bool:
    """Whether a registry knows what the command asks for."""
    with tempfile.TemporaryDirectory() as elsewhere:  # npm and cargo look around where they run
        result = subprocess.run(command, check=False, capture_output=True, cwd=elsewhere)
    # npm prints nothing of a version that a known package does not have, and is content.
    return result.returncode == 0 and bool(result.stdout.strip())


def npm(dry_run: bool) -> None:
    """The packages of the platforms, then the main one, which names them."""
    platforms = [f"{name}-{VERSION}.tgz" for name in RELEASE["npm_platform_packages"].values()]
    main = f"{RELEASE['npm_package']}-{VERSION}.tgz"
    for file in [*platforms, main]:
        name = file.removesuffix(f"-{VERSION}.tgz")
        if has("npm", "view", f"{name}@{VERSION}", "version"):
            print(f"npm has {name} {VERSION}")
            continue
        # Only a workflow has an identity that can be proved.
        words = ["--provenance"] if "GITHUB_ACTIONS" in os.environ else []
        words += ["--dry-run"] if dry_run else []
        run("npm", "publish", "--access", "public", *words, DIST / "npm" / file)


def publish_crates(dry_run: bool) -> None:
    """The core, then the C boundary, which needs it."""
    crates.stage()
    for name in RELEASE["crates"].values():
        if has("cargo", "info", "--registry", "crates-io", f"{name}@{VERSION}"):
            print(f"the registry has {name} {VERSION}")
            continue
        if dry_run and name != RELEASE["crates"]["liter-llm"]:
            print(f"{name}: tried only when the registry has {RELEASE['crates']['liter-llm']}")
            continue
        # They were compiled when they were packed.
        words = ["--no-verify", "--allow-dirty", *(["--dry-run"] if dry_run else [])]
        target = BUILD / "crates-target"
        run("cargo", "publish", *words, "--target-dir", target, "-p", name, cwd=crates.STAGE)
    shutil.rmtree(crates.STAGE)
    shutil.rmtree(BUILD / "crates-target", ignore_errors=True)


def go_tags(tree: Path) -> Iterator[str]:
    """A tag for each module: its folder and the version."""
    for file in sorted(tree.rglob("go.mod")):
        inner = file.parent.relative_to(tree).as_posix()
        yield f"{FOLDER}/{TAG}" if inner == "." else f"{FOLDER}/{inner}/{TAG}"


def go_commit(tree: Path) -> str:
    """A commit of the tree alone, in the folder that its module names; no branch has it. It is the
    same one each time."""
    name, _, address = RELEASE["maintainer"].rstrip(">").partition(" <")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "GIT_DIR": output_of("git", "rev-parse", "--absolute-git-dir").strip(),
            "GIT_INDEX_FILE": str(Path(folder, "index")),
            "GIT_WORK_TREE": str(tree),
            **{f"GIT_{role}_NAME": name for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": address for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_DATE": f"{epoch()} +0000" for role in ("AUTHOR", "COMMITTER")},
        }

        def git(*words: str) -> str:
            return subprocess.run(
                ["git", *words], check=True, cwd=tree, env=environment,
                stdout=subprocess.PIPE, text=True,
            ).stdout.strip()  # fmt: skip

        git("add", "--all", "--force", ".")
        inner = git("write-tree")
        git("read-tree", "--empty")
        git("read-tree", f"--prefix={FOLDER}/", inner)
        message = f"go: the modules of {TAG}, as they are released"
        return git("commit-tree", git("write-tree"), "-m", message)


def go(dry_run: bool, remote: str = "origin") -> None:
    """The release tree as a commit of its own, with a tag for each module."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(DIST / f"liter-llm-go-{VERSION}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        tree = Path(folder, f"liter-llm-go-{VERSION}")
        tags, commit = list(go_tags(tree)), go_commit(tree)
    there = output_of("git", "ls-remote", "--tags", remote)
    refs = [f"{commit}:refs/tags/{tag}" for tag in tags if f"refs/tags/{tag}\n" not in there]
    words = ["--dry-run"] if dry_run else []
    if refs:
        run("git", "push", "--atomic", *words, remote, *refs)
    print(f"{len(refs)} of {len(tags)} tags pushed")


def notes() -> str:
    """The changelog's section of this version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = text.partition(f"## [{VERSION}]")[2].partition("\n")[2]
    return section.partition("\n## [")[0].partition("\n[")[0].strip() + "\n"


def github(dry_run: bool) -> None:
    """The release's page, with archives, packages of Debian, sums and the bill of materials."""
    files = [path for path in sorted(DIST.iterdir()) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "notes.md")
        file.write_text(notes(), encoding="utf-8")
        words = ["gh", "release", "create", TAG, "--verify-tag", "--title", TAG]
        words += ["--notes-file", str(file), *map(str, files)]
        if dry_run:
            print(*words[:6], *(path.name for path in files), "\n" + notes())
        elif has("gh", "release", "view", TAG, "--repo", RELEASE["repository"]):
            run("gh", "release", "upload", TAG, "--clobber", *files)
        else:
            run(*words)


REGISTRIES = {"npm": npm, "crates": publish_crates, "go": go, "github": github}


def main() -> None:
    """Publishes to one registry."""
    parser = argparse.ArgumentParser(description="Publishes what is in dist/.")
    parser.add_argument("registry", choices=REGISTRIES)
    parser.add_argument("--dry-run", action="store_true", help="all but the last step")
    given = parser.parse_args()
    REGISTRIES[given.registry](given.dry_run)


if __name__ == "__main__":
    main()
