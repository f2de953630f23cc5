"""What cffi compiles: liter_llm.h, read at build time, on top of the static library of the core.

The header is the one source of truth: its declarations are given to cffi without comments and
preprocessor lines, and the C compiler checks every one of them against the header itself.
setup.py runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from cffi import FFI

# What the archive needs of the system.
LIBRARIES = {
    "darwin": [],
    "linux": ["dl", "m", "pthread", "rt", "util"],
    "win32": ["ws2_32", "bcrypt", "crypt32", "secur32", "ncrypt", "userenv", "ntdll", "advapi32"],
}
VENDOR = "vendor"
# What lone_texts.h adds.
LONE_TEXTS = """
#define LONE_BYTES_MAX ...
size_t lone_texts(const LlmEvent *events, size_t count, uint64_t *streams, uint32_t *bytes,
                  uint32_t *characters, char *text);
"""
HERE = Path(__file__).resolve().parent


def find_root() -> Path:
    """The folder of core/ and include/: the repository, or what a source archive carries."""
    vendored = HERE / VENDOR
    return vendored if vendored.is_dir() else HERE.parent.parent


def archive_path() -> Path:
    """Where the static library is, or will be."""
    given = os.environ.get("LITER_LLM_ARCHIVE")
    name = "liter_llm.lib" if sys.platform == "win32" else "libliter_llm.a"
    return Path(given) if given else find_root() / "core/target/release" / name


def build_archive() -> None:
    """Runs cargo, unless LITER_LLM_ARCHIVE says that there is nothing to do."""
    if os.environ.get("LITER_LLM_ARCHIVE"):
        if not archive_path().is_file():
            raise SystemExit(f"LITER_LLM_ARCHIVE: no such file: {archive_path()}")
        return
    core = find_root() / "core"
    command = ["cargo", "build", "--release", "--locked", "-p", "liter-llm-ffi"]
    command += ["--manifest-path", str(core / "Cargo.toml"), "--target-dir", str(core / "target")]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SystemExit("cargo was not found; install Rust, or set LITER_LLM_ARCHIVE") from None


def declarations(header: str) -> str:
    """The header as cffi reads it: constants as `#define NAME ...`, types and functions."""
    constants = re.findall(r"^#define (LLM_\w+) \d+$", header, re.MULTILINE)
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.DOTALL)
    code = re.sub(r"#ifdef __cplusplus.*?#endif", "", code, flags=re.DOTALL)
    code = re.sub(r"^#.*$", "", code, flags=re.MULTILINE)
    return "\n".join(f"#define {name} ..." for name in constants) + "\n" + code


def link_arguments() -> list[str]:
    """Only the module's entry is exported, and its threads keep the module mapped for ever."""
    if sys.platform == "win32":
        return []  # a module exports what it is told to, and the archive pins it
    if sys.platform == "darwin":
        frameworks = ("Security", "CoreFoundation", "SystemConfiguration")
        exported = "-Wl,-exported_symbol,_PyInit__native"
        return [exported, *(word for name in frameworks for word in ("-framework", name))]
    return [
        f"-Wl,--version-script={HERE / 'exports.map'}",
        "-Wl,-z,nodelete",
        "-Wl,-z,relro,-z,now",
        "-Wl,--gc-sections",
        "-Wl,--strip-all",
    ]


def has_limited_api() -> bool:
    """One module serves all versions of Python, but those without the global lock: for them there
    is no limited API, so each gets a module of its own."""
    return not sysconfig.get_config_var("Py_GIL_DISABLED")


def make_builder() -> FFI:
    header = find_root() / "include/liter_llm.h"
    archive = archive_path()
    builder = FFI()
    builder.cdef(declarations(header.read_text(encoding="utf-8")))
    builder.cdef(LONE_TEXTS)
    lone_texts = HERE / "lone_texts.h"
    builder.set_source(
        "liter_llm._native",
        '#include "liter_llm.h"\n' + lone_texts.read_text(encoding="utf-8"),
        include_dirs=[str(header.parent)],
        extra_objects=[str(archive)],
        extra_link_args=link_arguments(),
        libraries=LIBRARIES.get(sys.platform, LIBRARIES["linux"]),
        define_macros=[("Py_LIMITED_API", "0x03090000")] if has_limited_api() else [],
        py_limited_api=has_limited_api(),
        depends=[str(header), str(lone_texts), str(archive)],
    )
    return builder


builder = make_builder()
