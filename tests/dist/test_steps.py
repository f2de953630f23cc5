"""The steps of a release that need no build."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from archives import normalize
from platforms import PLATFORMS, chosen


def write(path: Path, names: tuple[str, ...], owner: int, time: int) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.uid, member.mtime, member.uname = 4, owner, time, f"user{owner}"
            member.mode = 0o600 if owner else 0o664
            tar.addfile(member, io.BytesIO(b"text"))


def test_archives_of_the_same_content_are_the_same(tmp_path: Path) -> None:
    write(tmp_path / "one.tar.gz", ("a/x", "a/y"), owner=0, time=1)
    write(tmp_path / "two.tar.gz", ("a/y", "a/x"), owner=7, time=2)

    for name in ("one", "two"):
        normalize(tmp_path / f"{name}.tar.gz", tmp_path / name, 1_000_000_000)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with tarfile.open(tmp_path / "one") as tar:
        assert [(each.name, each.size, each.mtime) for each in tar] == [
            ("a/x", 4, 1_000_000_000),
            ("a/y", 4, 1_000_000_000),
        ]


def test_all_platforms_or_those_that_are_named() -> None:
    assert chosen([]) == list(PLATFORMS.values())
    assert [each.rust for each in chosen(["aarch64-linux-musl"])] == ["aarch64-unknown-linux-musl"]
    with pytest.raises(SystemExit, match="no such platform: mips; there are x86_64-linux-gnu"):
        chosen(["mips"])
