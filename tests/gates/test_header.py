"""What the comparison of headers and tags notices, on histories that are made here."""

from __future__ import annotations

import re
from pathlib import Path

import header
import pytest
from last_release import last_release
from repositories import Repository

BUILD = {header.BUILD: '"-soname,libliter_llm.so.0",\n'}
TEXT = (Path(__file__).resolve().parents[2] / header.HEADER).read_text(encoding="utf-8")
ABI = header.number(r"#define LLM_ABI_VERSION (\d+)", TEXT)
RAISED = TEXT.replace(f"LLM_ABI_VERSION {ABI}", f"LLM_ABI_VERSION {ABI + 1}")


@pytest.fixture
def released(tmp_path: Path) -> Repository:
    """A history whose last release has the header of this repository."""
    repository = Repository(tmp_path / "repository")
    repository.commit({**BUILD, header.HEADER: TEXT}, "v0.1.0")
    repository.commit({})
    return repository


def judge(repository: Repository, text: str) -> int:
    repository.write({header.HEADER: text})
    return header.main([str(repository.folder)])


def test_every_declaration_of_the_header_is_found() -> None:
    found = header.declarations(TEXT)
    exported = {name for name in found if re.match(r"(?!typedef).*\)$", found[name])}
    assert "llm_client_poll" in exported
    assert len(exported) == TEXT.count(");\n") - TEXT.count("typedef void (*")
    assert found["LlmEvent"].count(";") == 7
    assert found["LLM_EVENT_KEY"] == "11"
    assert found["llm_callback"] == "typedef llm_token_callback llm_callback"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("uint32_t llm_abi_version(void);", "", "llm_abi_version is gone"),
        ("size_t length,", "uint32_t length,", "llm_token_callback was"),
        ("  uint64_t stream;\n", "  uint32_t stream;\n", "LlmEvent was"),
        ("#define LLM_ERROR_TLS 12", "#define LLM_ERROR_TLS 13", "LLM_ERROR_TLS was"),
    ],
)
def test_what_breaks_needs_another_library_name(
    released: Repository, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    assert old in TEXT
    assert judge(released, RAISED.replace(old, new)) == 1
    assert said in capsys.readouterr().out
    released.write({header.BUILD: BUILD[header.BUILD].replace(".so.0", ".so.1")})
    assert judge(released, RAISED.replace(old, new)) == 0


def test_what_is_new_needs_a_higher_number(released: Repository) -> None:
    new = "void llm_new(void);\n\nuint32_t llm_abi_version(void);"
    assert judge(released, TEXT.replace("uint32_t llm_abi_version(void);", new)) == 1
    assert judge(released, RAISED.replace("uint32_t llm_abi_version(void);", new)) == 0


def test_comments_and_the_version_change_freely(released: Repository) -> None:
    other = TEXT.replace('VERSION "0.1.0"', 'VERSION "0.1.1"').replace("/// Bytes in", "/// All of")
    assert other != TEXT
    assert judge(released, other) == 0


def test_without_a_release_there_is_nothing_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit({**BUILD, header.HEADER: TEXT})
    assert judge(repository, "") == 0
    assert "no release yet" in capsys.readouterr().out


def test_the_last_release_is_the_one_before_this_commit(released: Repository) -> None:
    for tag in ("v0.9.0", "v0.10.0", "nightly", "v1"):
        released.commit({}, tag)
    released.commit({}, "v0.11.0")
    assert last_release(released.folder) == "v0.10.0"
    released.commit({})
    assert last_release(released.folder) == "v0.11.0"
