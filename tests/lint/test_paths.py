"""What the check of paths finds in a document, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import paths


def missing(tmp_path: Path, text: str) -> list[str]:
    """What the check finds in a document of this text."""
    document = tmp_path / "page.md"
    document.write_text(text, encoding="utf-8")
    text = paths.FENCE.sub("", text)
    return [*paths.missing_paths(text), *paths.missing_targets(document, text)]


def test_files_that_do_not_exist_are_named(tmp_path: Path) -> None:
    assert missing(tmp_path, "`core/src/no_such.rs` and `tests/*/no_such.py`") == [
        "core/src/no_such.rs",
        "tests/*/no_such.py",
    ]
    assert missing(tmp_path, "[guide](guide.md)") == ["guide.md"]
    assert missing(tmp_path, "# One\n[there](#two)") == ["#two"]


def test_files_and_headings_that_exist_are_not(tmp_path: Path) -> None:
    text = """# One: `two`, three
`core/src/lib.rs`, `core/`, `tests/*/README.md`, `application/json`, `build/lib/any.so`, `a/b`
[here](#one-two-three) and [there](https://example.com/none)

```sh
cat `core/none.txt` [x](none.md)
```
"""
    assert missing(tmp_path, text) == []
