"""What publish.py sends, to a repository that is made here."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import publish
import pytest
from files import DIST, output_of
from release import RELEASE, VERSION

MODULE: str = RELEASE["go_module"]
SERVED = DIST / "go"


def modules() -> list[str]:
    """Every Go module of the release."""
    versions = SERVED.rglob(f"v{VERSION}.zip")
    return sorted(path.parents[1].relative_to(SERVED).as_posix() for path in versions)


def sums(folder: Path, **environment: str) -> dict[str, str]:
    """What the go command computes of every module that it is given."""
    settings = folder / "gitconfig"
    given = {
        "GOMODCACHE": str(folder / "cache"),
        "GOFLAGS": "-modcacherw",
        "GONOSUMDB": MODULE,
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_ALLOW_PROTOCOL": "file",
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
    }
    found = {}
    for module in modules():
        out = subprocess.run(
            ["go", "mod", "download", "-json", f"{module}@v{VERSION}"],
            check=False, capture_output=True, text=True, timeout=300, cwd=folder,
            env={**given, **environment},
        )  # fmt: skip
        described = json.loads(out.stdout)
        assert "Error" not in described, described["Error"]
        found[module] = described["Sum"] + described["GoModSum"]
    return found


@pytest.mark.timeout(600)
def test_tagged_modules_have_the_sums_of_those_in_dist(tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True, timeout=60)
    publish.go(dry_run=True, remote=str(remote))
    publish.go(dry_run=False, remote=str(remote))
    publish.go(dry_run=False, remote=str(remote))  # once more, as after a failure
    tags = output_of("git", "-C", remote, "tag").split()
    assert len(tags) == len(modules()) >= 4
    for folder in ("tagged", "served"):
        (tmp_path / folder).mkdir()
    settings = f'[url "file://{remote}"]\n\tinsteadOf = {RELEASE["repository"]}\n'
    (tmp_path / "tagged/gitconfig").write_text(settings, encoding="utf-8")
    tagged = sums(tmp_path / "tagged", GOPROXY="direct", GOVCS="*:git")
    assert tagged == sums(tmp_path / "served", GOPROXY=f"file://{SERVED}")


def test_notes_are_those_of_the_version() -> None:
    notes = publish.notes()
    assert notes.startswith("The first release.") or "### " in notes
    assert "## [" not in notes
    assert "\n[" not in notes
