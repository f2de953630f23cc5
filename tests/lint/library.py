"""The facts of the built libraries that users rely on: `python library.py SHARED ARCHIVE`.

Exports (exactly the functions of the header), size, SONAME, hardening, what is needed at run time,
and the number of crates in it. Prints one line per fact; exits 1 when one is wrong.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SONAME, SIZE_MIB, CRATES = "libliter_llm.so.0", 7, 180
# glibc sets 512 bytes aside for shared libraries that are loaded late and need theirs at once.
TLS_BYTES, ARCHIVE_MIB = 512, 15


def output_of(*command: str) -> str:
    """What a tool printed; a tool that fails ends the check."""
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def declared() -> set[str]:
    """The functions of the header."""
    header = (ROOT / "include/liter_llm.h").read_text(encoding="utf-8")
    return set(re.findall(r"^[\w ]+[ *](llm_\w+)\(", header, re.MULTILINE))


def exported(library: str) -> set[str]:
    """The symbols that the library defines for others."""
    lines = output_of("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines}


def members(archive: str) -> list[str]:
    """The objects of the archive."""
    return output_of("ar", "t", archive).split()


def globals_of(archive: str) -> set[str]:
    """The symbols of the archive that another archive may clash with."""
    lines = output_of("nm", "-g", "--defined-only", archive).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) > 1}


def tls_bytes(segments: str) -> int:
    """How much each thread holds for the library, as the loader sees it."""
    sizes = re.findall(r"^ *TLS(?: +0x[0-9a-f]+){4} +(0x[0-9a-f]+)", segments, re.MULTILINE)
    return sum(int(size, 16) for size in sizes)


def stripped_mib(library: str) -> float:
    """The size without debug information, which is not shipped."""
    if ".symtab" not in output_of("readelf", "-SW", library):  # it has none already
        return Path(library).stat().st_size / 2**20
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "stripped.so")
        output_of("strip", "--strip-unneeded", "-o", str(copy), library)
        return copy.stat().st_size / 2**20


def crates() -> int:
    """How many packages are compiled into the library, by what cargo would build here."""
    tree = output_of(
        "cargo", "tree", "--locked", "--manifest-path", "core/Cargo.toml", "-p", "liter-llm-ffi",
        "-e", "normal,build", "--prefix", "none", "--format", "{p}",
    )  # fmt: skip
    return len({line.removesuffix(" (*)") for line in tree.splitlines() if line})


def glibc_floor(library: str) -> tuple[int, int]:
    """The newest version of glibc's symbols that the library needs; (0, 0) where it needs none."""
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", output_of("objdump", "-T", library))
    return max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))


def check_archive(archive: str) -> list[tuple[bool, str]]:
    """The facts that allow the static library beside another one of Rust."""
    other = globals_of(archive) ^ declared()
    mib = Path(archive).stat().st_size / 2**20
    return [
        (len(members(archive)) == 1, f"the archive is {len(members(archive))} object, of 1"),
        (not other, f"global in it are the functions of the header; else {sorted(other)[:9]}"),
        (mib <= ARCHIVE_MIB, f"it has {mib:.2f} MiB, at most {ARCHIVE_MIB}"),
    ]


def check(library: str) -> list[tuple[bool, str]]:
    """Every fact: whether it is as promised, and its text."""
    dynamic = output_of("readelf", "-dW", library)
    segments = output_of("readelf", "-lW", library)
    stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
    missing, surplus = declared() - exported(library), exported(library) - declared()
    size, count, tls = stripped_mib(library), crates(), tls_bytes(segments)
    major, minor = glibc_floor(library)
    return [
        (not missing, f"exports {len(declared())} functions; missing {sorted(missing)}"),
        (not surplus, f"exports nothing else; surplus {sorted(surplus)}"),
        (f"[{SONAME}]" in dynamic, f"SONAME is {SONAME}"),
        ("NODELETE" in dynamic, "is never unloaded (NODELETE)"),
        ("BIND_NOW" in dynamic and "GNU_RELRO" in segments, "full RELRO (BIND_NOW, GNU_RELRO)"),
        ("STATIC_TLS" not in dynamic, "loads late (no STATIC_TLS)"),
        (0 < tls <= TLS_BYTES, f"{tls} bytes of thread-local storage, at most {TLS_BYTES}"),
        ("libgcc_s" not in dynamic, "needs no libgcc_s"),
        ("RWE" not in stack, "no executable stack"),
        (size <= SIZE_MIB, f"{size:.2f} MiB stripped, at most {SIZE_MIB}"),
        (count <= CRATES, f"{count} crates, at most {CRATES}"),
        (True, f"needs glibc {major}.{minor} or newer"),
    ]


if __name__ == "__main__":
    facts = check(sys.argv[1]) + check_archive(sys.argv[2])
    for holds, fact in facts:
        print(("ok     " if holds else "WRONG  ") + fact)
    sys.exit(not all(holds for holds, _ in facts))
