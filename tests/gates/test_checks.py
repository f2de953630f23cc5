"""What the checks of tags, workflows and builds notice, on repositories that are made here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import reproducible
import tag
import workflows
from repositories import Repository

CHANGELOG = "# Changelog\n\n## [1.2.3] - 2030-01-31\n\n### Added\n\n- A thing.\n\n[1.2.3]: link\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """One whose tag v1.2.3 may be released."""
    repository = Repository(tmp_path / "repository")
    release = json.dumps({"version": "1.2.3"})
    repository.commit({"packaging/release.json": release, "CHANGELOG.md": CHANGELOG}, "v1.2.3")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return repository


def test_a_tag_that_may_be_released(repository: Repository) -> None:
    assert list(tag.faults_of("v1.2.3", repository.folder)) == []
    assert tag.section_of(CHANGELOG, "1.2.3")[1] == "### Added\n\n- A thing."


@pytest.mark.parametrize(
    ("name", "changelog", "fault"),
    [
        ("v1.2.4", CHANGELOG, "the tag is v1.2.4"),
        ("v1.2.3", CHANGELOG.replace("2030-01-31", "unreleased"), "has no day"),
        ("v1.2.3", CHANGELOG.replace("### Added\n\n- A thing.\n", ""), "says nothing"),
        ("v1.2.3", CHANGELOG.replace("[1.2.3]", "[1.2.2]"), "has no day"),
    ],
)
def test_tags_that_may_not(repository: Repository, name: str, changelog: str, fault: str) -> None:
    repository.write({"CHANGELOG.md": changelog})
    assert any(fault in found for found in tag.faults_of(name, repository.folder))


def test_a_tag_of_another_branch(repository: Repository) -> None:
    repository.commit({"a": "change"})
    assert list(tag.faults_of("v1.2.3", repository.folder)) == [
        "the commit is not one of origin/main"
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("run: make lint", None),
        ("run: sudo make setup", None),
        ("run: make soak SECONDS=${{ inputs.seconds }}", None),
        ("run: bash .ci/run", None),
        ("run: make lnit", "no verb lnit"),
        ("run: cargo test", "neither make nor a script"),
        ("run: bash nowhere.sh", "neither make nor a script"),
        ("run: |", "several lines"),
        ("uses: actions/checkout@v4", None),
        ("uses: actions/checkout@main", "not pinned"),
        ("uses: actions/checkout", "not pinned"),
    ],
)
def test_steps_of_workflows(line: str, fault: str | None) -> None:
    text = f"permissions: {{}}\njobs:\n  a:\n    steps:\n      - {line}\n"
    known = {"lint", "setup", "soak"}
    found = list(workflows.faults_of(text, known, workflows.ROOT))
    assert [fault in each for each in found] == [True] if fault else found == []


def test_verbs_of_the_makefile_are_found() -> None:
    assert {"test", "lint", "test-python", "lint-rust", "dist"} <= workflows.verbs(workflows.ROOT)


MAKE = """\
import datetime, os, pathlib, sys, tarfile
pathlib.Path("dist").mkdir()
pathlib.Path("dist/text").write_text(eval(sys.argv[1]))
with tarfile.open("dist/archive.tar", "w") as archive:
    archive.add("dist/text", "text", filter=eval(sys.argv[2]))
"""
SAME = "lambda member: member.replace(mtime=0, mode=0o644, deep=False)"


@pytest.mark.parametrize(
    ("content", "filter_of", "differs"),
    [
        ("'the same'", SAME, ""),
        ("os.getcwd()", SAME, "text: other bytes"),
        ("datetime.datetime.fromtimestamp(0).isoformat()", SAME, "text: other bytes"),
        ("'the same'", "lambda member: member.replace(mtime=0, deep=False)", "archive.tar: text"),
    ],
)
def test_builds_that_differ_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, filter_of: str, differs: str
) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit({"make.py": MAKE})
    command = f'{sys.executable} make.py "{content}" "{filter_of}"'
    words = [str(tmp_path / "builds"), "--command", command, "--root", str(repository.folder)]
    assert reproducible.main(words) == bool(differs)
    assert differs in capsys.readouterr().out
    assert (tmp_path / "builds").exists() == bool(differs)
