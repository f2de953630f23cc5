"""The limits on size of our own code: lines of a file, lines of a function, columns of a line.

Also refuses marks of unfinished work. Reads what git knows or would add; generated files and data
are exempt. Prints one line per fault; exits 1 when there is one.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES, TEST_LINES, FUNCTION_LINES, COLUMNS = 400, 500, 70, 100
HEADER, HEADER_LINES, HEADER_FUNCTIONS = "include/liter_llm.h", 450, 20
SUFFIXES = (".rs", ".py", ".pyi", ".c", ".h", ".cpp", ".hpp", ".go", ".js", ".mjs", ".cjs", ".ts")
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b|\b(to" r"do|unimplem" r"ented)!\(")
# Where a function begins, by language, at the indentation that its closing brace will have.
BEGINS = {
    ".rs": re.compile(r"^( *)(pub(\([a-z]+\))? )?(const |async |unsafe |extern \"C\" )*fn \w+"),
    ".go": re.compile(r"^()func "),
    ".c": re.compile(r"^()(static |inline )*[\w ]+[ *]\w+\(.*[^;]$"),
    ".js": re.compile(r"^( *)(export |default |async |static )*(function\*? ?\w*|\*?\w+)\(.*\{$"),
}
BEGINS |= {".h": BEGINS[".c"], ".cpp": BEGINS[".c"], ".hpp": BEGINS[".c"]}
BEGINS |= {".mjs": BEGINS[".js"], ".cjs": BEGINS[".js"], ".ts": BEGINS[".js"]}


def our_files() -> list[Path]:
    """Every source file that git tracks, or would if it were added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted({ROOT / name for name in listed.splitlines() if name.endswith(SUFFIXES)})
    return [path for path in paths if path.is_file()]


def braced_functions(lines: list[str], begins: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """First line and length of each function that ends with a brace at its own indentation."""
    start, closing = 0, ""
    for number, line in enumerate(lines, 1):
        if start and line.rstrip(";,)") == closing:
            yield start, number - start + 1
            start = 0
        match = begins.match(line)
        if match and not start and not line.endswith((";", "}")):
            start, closing = number, match[1] + "}"


def python_functions(text: str) -> Iterator[tuple[int, int]]:
    """First line and length of each function of a Python file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def faults_of_header(text: str) -> Iterator[str]:
    """The header has limits of its own."""
    if len(text.splitlines()) > HEADER_LINES:
        yield f"{HEADER}: over {HEADER_LINES} lines"
    functions = len(re.findall(r"^[\w ]+\**\s?\**llm_\w+\(", text, re.MULTILINE))
    if functions > HEADER_FUNCTIONS:
        yield f"{HEADER}: {functions} functions, at most {HEADER_FUNCTIONS}"


def faults_of(path: Path) -> Iterator[str]:
    """The violations of one file, as lines of text."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    if name == HEADER:
        yield from faults_of_header(text)
        return
    lines = text.splitlines()
    lines_max = TEST_LINES if "tests/" in name else FILE_LINES
    if len(lines) > lines_max:
        yield f"{name}: {len(lines)} lines, at most {lines_max}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield f"{name}:{number}: {len(line)} columns, at most {COLUMNS}"
        if MARKS.search(line):
            yield f"{name}:{number}: a mark of unfinished work"
    is_python = path.suffix in (".py", ".pyi")
    functions = (
        python_functions(text) if is_python else braced_functions(lines, BEGINS[path.suffix])
    )
    for number, length in functions:
        if length > FUNCTION_LINES:
            yield f"{name}:{number}: a function of {length} lines, at most {FUNCTION_LINES}"


if __name__ == "__main__":
    files = our_files()
    faults = [fault for path in files for fault in faults_of(path)]
    print("\n".join(faults) if faults else f"sizes: {len(files)} files within the limits")
    sys.exit(bool(faults))
