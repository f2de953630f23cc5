"""Everything in dist/ as a whole: what check.py finds, and lists that have to agree."""

from __future__ import annotations

import json

import check
import pytest
from files import DIST, THIRD_PARTY
from linked import linked
from release import VERSION
from users import User, of_kind


def test_every_artefact_is_as_it_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    code = check.main(False)
    assert code == 0, capsys.readouterr().out


def test_the_bill_of_materials_and_the_licences_agree() -> None:
    (bill,) = of_kind("bill")
    components = json.loads(bill.path.read_text(encoding="utf-8"))["components"]
    listed = {(each["name"], each.get("version")) for each in components}
    text = THIRD_PARTY.read_text(encoding="utf-8")
    crates = linked()
    assert len(crates) > 50
    for crate in crates:
        assert (crate.name, crate.version) in listed
        assert crate.is_ours or f"\n{crate.name} {crate.version}: {crate.license}\n" in text
    for inside in ("jemalloc", "boringssl", "fiat-crypto", "rust-std"):
        assert inside in {name for name, _ in listed}


def test_what_only_builds_is_not_listed() -> None:
    """Build scripts and procedural macros leave nothing in a library."""
    assert not {"cc", "cbindgen", "proptest", "serde_derive", "syn"} & {
        crate.name for crate in linked()
    }


def test_licences_of_c_code_are_given() -> None:
    text = THIRD_PARTY.read_text(encoding="utf-8")
    for words in ("Jason Evans", "BoringSSL", "fiat-crypto authors", "Rust Project"):
        assert words in text, words


def test_sha256sum_reads_the_sums(user: User) -> None:
    user.run("sh", "-c", f"cd '{DIST}' && sha256sum --check --strict --quiet SHA256SUMS")


def test_the_crates_have_the_names_that_are_free() -> None:
    for artefact in of_kind("crate"):
        manifest = next(data for name, data in artefact.files() if name.endswith("/Cargo.toml"))
        assert b'name = "liter_llm"' in manifest  # the library is called as it is in the sources
        assert f'version = "{VERSION}"'.encode() in manifest
