"""What `make lint-release` and the checks of dist/ see, on files that are made here."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RELEASE = json.loads((ROOT / "packaging/release.json").read_text(encoding="utf-8"))


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """packaging/release.py; a step of dist/ has the same name."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    sys.modules.pop("release", None)
    import release

    yield release
    del sys.modules["release"]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """packaging/dist/check.py, which looks at a folder that is made here."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging/dist"))
    import artefacts
    import check

    for module in (artefacts, check):
        monkeypatch.setattr(module, "DIST", tmp_path)
    yield check
    sys.modules.pop("release", None)


def test_every_place_is_as_release_json_says(
    release: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main([]) == 0, capsys.readouterr().out


def test_another_value_is_told_and_written(
    release: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "a.toml"
    file.write_text('name = "old"\nversion = "0.1.0"\n')
    place = release.Place("a.toml", r'^name = "(.*)"', "new")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "places", lambda _: [place])
    monkeypatch.setattr(release, "read_release", dict)
    monkeypatch.setattr(release, "unknown_extras", lambda: iter(()))

    assert release.main([]) == 1
    assert "a.toml: old; release.json has new" in capsys.readouterr().out
    assert release.main(["--write"]) == 0
    assert file.read_text() == 'name = "new"\nversion = "0.1.0"\n'
    assert release.main([]) == 0


def test_a_place_that_has_moved_is_told(
    release: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.toml").write_text("")
    place = release.Place("a.toml", r'^name = "(.*)"', "new")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "places", lambda _: [place])
    monkeypatch.setattr(release, "read_release", dict)
    monkeypatch.setattr(release, "unknown_extras", lambda: iter(()))

    assert release.main(["--write"]) == 1
    assert "a.toml: nothing there is" in capsys.readouterr().out


def crate(folder: Path, files: dict[str, bytes], owner: int = 0) -> Path:
    """A crate with these files beside its manifest and licences."""
    name, version = RELEASE["crates"]["liter-llm"], RELEASE["version"]
    manifest = f'[package]\nname = "{name}"\nversion = "{version}"\n'.encode()
    usual = {"Cargo.toml": manifest, "LICENSE-APACHE": b"A", "LICENSE-MIT": b"M"}
    path = folder / f"{name}-{version}.crate"
    with tarfile.open(path, "w:gz") as archive:
        for file, content in {**usual, **files}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size, member.uid = len(content), owner
            archive.addfile(member, io.BytesIO(content))
    return path


def faults(check: ModuleType, path: Path) -> list[str]:
    found: list[str] = check.faults_of(check.Artefact(path, "crate"))
    return found


def test_a_whole_artefact_has_no_fault(check: ModuleType, tmp_path: Path) -> None:
    assert faults(check, crate(tmp_path, {"src/lib.rs": b"//! text"})) == []


@pytest.mark.parametrize(
    ("files", "owner", "fault"),
    [
        ({"tests/faults.rs": b""}, 0, "tests/faults.rs does not belong there"),
        ({"a.pyc": b""}, 0, "a.pyc does not belong there"),
        ({"src/x.rs": b"/root/.cargo/registry/src"}, 0, "a path of the machine that built it"),
        ({"src/x.rs": f"at {ROOT}/core".encode()}, 0, "a path of the machine that built it"),
        ({"Cargo.toml": b'name = "x"\nversion = "9.9.9"\n'}, 0, "its metadata says ['9.9.9']"),
        ({"a": b""}, 1000, "files of owner (1000, '')"),
    ],
)
def test_each_fault_is_seen(
    check: ModuleType, tmp_path: Path, files: dict[str, bytes], owner: int, fault: str
) -> None:
    found = faults(check, crate(tmp_path, files, owner))
    assert len(found) == 1, found
    assert fault in found[0]


def test_missing_licences_are_seen(check: ModuleType, tmp_path: Path) -> None:
    path = crate(tmp_path, {})
    with tarfile.open(path) as archive:
        members = [(each, archive.extractfile(each)) for each in archive]
        kept = [(each, file.read()) for each, file in members if "MIT" not in each.name and file]
    with tarfile.open(path, "w:gz") as archive:
        for member, content in kept:
            archive.addfile(member, io.BytesIO(content))
    assert faults(check, path) == ["LICENSE-MIT is missing"]


def test_sums_are_compared(check: ModuleType, tmp_path: Path) -> None:
    path = crate(tmp_path, {})
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  {path.name}\n{'0' * 64}  gone\n")
    (tmp_path / "new").write_text("")
    assert sorted(check.sums_faults()) == [
        "SHA256SUMS: gone is only there",
        f"SHA256SUMS: {path.name} has another sum",
        "SHA256SUMS: new is only in dist/",
    ]


def test_a_file_that_nothing_knows_is_told(check: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    _, unknown = check.artefacts()
    assert unknown == ["notes.txt"]
