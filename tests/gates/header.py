"""What changed in include/liter_llm.h since the last release: `header.py [ROOT]`.

A declaration that is gone or reads otherwise breaks programs, and needs another number in the name
of the shared library (core/ffi/build.rs). One that is new needs a higher LLM_ABI_VERSION, by which
programs tell that it is there. Comments and the version of the library may change freely.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from last_release import ROOT, file_of, last_release

HEADER, BUILD = "include/liter_llm.h", "core/ffi/build.rs"
FOR_CPP = re.compile(r"^#ifdef __cplusplus\n.*?^#endif", re.MULTILINE | re.DOTALL)
COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
DEFINE = re.compile(r"^#define[ \t]+(LLM_\w+)[ \t]+(.*)$", re.MULTILINE)
NAMES = (
    re.compile(r"\(\*(\w+)\)\s*\("),  # the type of a function
    re.compile(r"(\w+)\s*\([^()]*\)\s*$"),  # a function
    re.compile(r"(\w+)\s*$"),  # a type
)


def declarations(header: str) -> dict[str, str]:
    """Every constant, type and function with its text, without comments and line breaks."""
    text = COMMENTS.sub("", header)
    found = {match[1]: match[2].strip() for match in DEFINE.finditer(text)}
    found.pop("LLM_ABI_VERSION", None)
    code = re.sub(r"^#.*$", "", FOR_CPP.sub("", text), flags=re.MULTILINE)
    for statement in re.split(r";(?![^{}]*\})", code):
        words = " ".join(statement.split())
        names = (match for pattern in NAMES if (match := pattern.search(words)))
        name = next(names, None)
        if name:
            found[name[1]] = words
    return found


def number(pattern: str, text: str) -> int:
    """The number in the pattern's group; a file without it is no header of ours."""
    match = re.search(pattern, text)
    if not match:
        raise SystemExit(f"header: nothing is {pattern}")
    return int(match[1])


def faults_of(old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[bool, str]]:
    """Each difference, and whether programs that are out there break."""
    for name in old:
        if name not in new:
            yield True, f"{name} is gone"
        elif old[name] != new[name]:
            yield True, f"{name} was `{old[name]}` and is `{new[name]}`"
    for name in new.keys() - old.keys():
        yield False, f"{name} is new"


def main(arguments: list[str]) -> int:
    """Prints every difference that the numbers do not allow; the exit code."""
    root = Path(arguments[0]) if arguments else ROOT
    tag = last_release(root)
    if tag is None:
        print("header: no release yet, so there is nothing to compare with")
        return 0
    header, build = (root / HEADER).read_text("utf-8"), (root / BUILD).read_text("utf-8")
    released = file_of(root, tag, HEADER)
    soname, abi = r"libliter_llm\.so\.(\d+)", r"#define LLM_ABI_VERSION (\d+)"
    other_name = number(soname, build) > number(soname, file_of(root, tag, BUILD))
    higher = number(abi, header) > number(abi, released)
    differences = list(faults_of(declarations(released), declarations(header)))
    faults = [text for breaks, text in differences if not (other_name if breaks else higher)]
    for text in faults:
        print(f"{HEADER}: {text}")
    if faults:
        print(
            f"header: since {tag}. What is gone or changed needs another number in the name of the"
            f" shared library ({BUILD}), what is new a higher LLM_ABI_VERSION"
        )
        return 1
    print(f"header: {len(differences)} differences from {tag}, and the numbers say so")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
