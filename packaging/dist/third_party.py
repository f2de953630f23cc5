"""The licences of everything that is compiled into the libraries: build/dist/THIRD-PARTY-LICENSES.

Each crate's own files are what counts, among them those of C code inside a crate: jemalloc's, and
BoringSSL's and fiat's in ring. A crate without any ends the build. Rust's standard library tells
its own in a page that comes with the compiler (`rustup component add rust-docs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from files import THIRD_PARTY, output_of
from linked import Crate, linked
from release import VERSION

NAMED = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)
RULE = "=" * 78
INTRODUCTION = f"""\
Third-party software in the compiled libraries of Liter-LLM {VERSION}
{RULE}

Liter-LLM itself is under the licences in LICENSE, LICENSE-APACHE and LICENSE-MIT. Its
compiled libraries contain the crates in this table, Rust's standard library, and the
unwinder: that of GCC, whose runtime library exception allows this, or that of LLVM, under
the Apache License 2.0 with LLVM's exception. Each text below names who it is of; equal
texts stand once. Of several licences that a crate offers all are given.
"""


class PlainText(HTMLParser):
    """The text of a page, a line for each block."""

    BLOCKS = frozenset({"div", "h1", "h2", "h3", "li", "p", "pre", "summary", "tr"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("style", "title")
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "title")
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)

    def text(self) -> str:
        lines = [line.rstrip() for line in "".join(self.parts).splitlines()]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def license_files(crate: Crate) -> list[Path]:
    """The files of licences that a crate carries, also deep inside; not those of its tests."""
    found = [
        path
        for path in sorted(crate.folder.rglob("*"))
        if NAMED.match(path.name)
        and path.is_file()
        and path.suffix not in (".rs", ".c", ".h", ".json", ".toml")
        and not {"tests", "test", "testdata", "benches"} & set(path.relative_to(crate.folder).parts)
    ]
    if not found:
        raise SystemExit(f"{crate.name} {crate.version} carries no file of its licence")
    return found


def standard_library() -> str:
    """What Rust's standard library says of itself and of what it contains."""
    sysroot = Path(output_of("rustc", "--print", "sysroot").strip())
    page = sysroot / "share/doc/rust/COPYRIGHT-library.html"
    if not page.is_file():
        raise SystemExit(f"no {page}; `rustup component add rust-docs` brings it")
    parser = PlainText()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.text()


def texts(crates: list[Crate]) -> Iterator[tuple[str, list[str]]]:
    """Each text once, with whom it is of; texts that differ in white space are equal."""
    found: dict[str, tuple[str, list[str]]] = {}
    for crate in crates:
        for path in license_files(crate):
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            inside = path.relative_to(crate.folder)
            place = f" ({inside.parent})" if inside.parent != Path() else ""
            owner = f"{crate.name} {crate.version}{place}"
            owners = found.setdefault(" ".join(text.split()), (text, []))[1]
            if owner not in owners:
                owners.append(owner)
    yield from found.values()


def wrapped(owners: list[str]) -> str:
    """The names, in lines of at most 78 columns."""
    lines = [""]
    for owner in owners:
        word = owner + ("," if owner != owners[-1] else "")
        if lines[-1] and len(lines[-1]) + len(word) >= 78:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


def write() -> None:
    """Writes the file."""
    crates = [crate for crate in linked() if not crate.is_ours]
    table = "\n".join(f"{crate.name} {crate.version}: {crate.license}" for crate in crates)
    parts = [INTRODUCTION, table + "\n"]
    for text, owners in texts(crates):
        parts.append(f"{RULE}\n{wrapped(owners)}\n{RULE}\n\n{text}\n")
    parts.append(f"{RULE}\nRust's standard library\n{RULE}\n\n{standard_library()}\n")
    THIRD_PARTY.parent.mkdir(parents=True, exist_ok=True)
    THIRD_PARTY.write_text("\n".join(parts), encoding="utf-8")
    print(f"   {len(crates)} crates, {THIRD_PARTY.stat().st_size / 1e3:.0f} kB of licences")


if __name__ == "__main__":
    write()
