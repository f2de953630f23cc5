"""No two files import each other: `imports.py [ROOT]` reads the sources of every language.

A circle is a chain of imports that comes back to the file where it began. Rust files import with
paths that begin with `crate`, `super` or `self`, Python files with `import` (imports for type
checkers count), JavaScript and TypeScript with `import`, `export` and `require`, C with
`#include "..."`. Left out are module roots (mod.rs, lib.rs, __init__.py, index.*), which list what
is below them, and unit tests in Rust, which may look into everything. Files of one Go package share
a scope, and Go's compiler refuses circles of packages. Prints every circle; exits 1 when there is
one, or when a language has no imports at all, since then this check is blind.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Graph = dict[Path, set[Path]]

ROOTS = {"mod.rs", "lib.rs", "main.rs", "__init__.py", "index.cjs", "index.mjs"}
ROOTS |= {"index.d.ts", "index.d.mts"}
SKIPPED = {"target", "node_modules", "build", "prebuilds", ".next"}
RUST = ("core/src", "core/ffi/src", "tests/mock/src", "tests/bench/drivers/src")
PYTHON = ("bindings/python", "packaging", "tests", "core/fuzz")
JAVASCRIPT = ("bindings/node", "tests")
C = ("bindings/node/native", "tests", "include")
# Where tests in Python also look for modules.
SHARED = ("bindings/python/tests", "packaging/dist", "tests/faults")


def sources(root: Path, folders: tuple[str, ...], suffixes: str) -> Iterator[Path]:
    """The files of one language."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes.split() and not SKIPPED & set(path.relative_to(root).parts):
                yield path


# ---- Rust

PATH = re.compile(r"\b(crate|super|self)((?:::\w+)*)(::\{|\b)")
TESTS = re.compile(r"^#\[cfg\((?:all\()?test\b[^\n]*\n(?:#\[[^\n]*\n)*mod tests\b", re.MULTILINE)


def is_apart(path: Path) -> bool:
    """Module roots, and unit tests in files of their own."""
    return path.name in ROOTS or "tests" in path.parts or path.stem == "tests"


def rust(root: Path) -> Graph:
    """Which file names which, crate by crate."""
    graph: Graph = {}
    for folder in RUST:
        modules = rust_modules(root, root / folder)
        for name, path in modules.items():
            if not is_apart(path.relative_to(root / folder)):
                code = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
                code = TESTS.split(code)[0]  # unit tests stand last in a file
                named = {rust_target(modules, name, *one) for one in rust_paths(code)}
                others = {other for other in named if other and other != path}
                graph[path] = {
                    other for other in others if not is_apart(other.relative_to(root / folder))
                }
    return graph


def rust_modules(root: Path, folder: Path) -> dict[str, Path]:
    """The file of each module of a crate, by a path such as `http::pool::origin`."""
    modules = {}
    for path in sources(root, (str(folder.relative_to(root)),), ".rs"):
        parts = path.relative_to(folder).with_suffix("").parts
        modules["::".join(parts[:-1] if path.name in ROOTS else parts)] = path
    return modules


def rust_paths(code: str) -> Iterator[tuple[str, str]]:
    """Every path in the code: `crate`, `super` or `self`, and what follows."""
    for found in PATH.finditer(code):
        origin, rest, group = found[1], found[2].removeprefix("::"), found[3]
        for inner in expanded(code[found.end() :]) if group == "::{" else [""]:
            yield origin, "::".join(filter(None, [rest, inner]))


def expanded(text: str) -> Iterator[str]:
    """The paths of `a::{b, c::{d, e as f}}`, one by one; `text` begins behind the first brace."""
    word, prefixes = "", [""]
    for letter in text:
        if letter == "{":
            prefixes.append(prefixes[-1] + word)
            word = ""
        elif letter in ",}":
            if word.strip():
                yield prefixes[-1] + word.split(" as ")[0].strip()
            word = ""
            if letter == "}" and prefixes.pop() == "":
                return
        else:
            word += letter if not letter.isspace() or word.strip() else ""


def rust_target(modules: dict[str, Path], name: str, origin: str, rest: str) -> Path | None:
    """The file that a path leads to from the module `name`: that of its longest known beginning."""
    words = [word for word in rest.split("::") if word]
    base = [] if origin == "crate" else name.split("::") if name else []
    if origin == "super":
        words.insert(0, "super")
    while words and words[0] == "super":
        base, words = base[:-1], words[1:]
    whole = base + words
    places = ("::".join(whole[:size]) for size in range(len(whole), -1, -1))
    return next((modules[place] for place in places if place in modules), None)


# ---- Python, JavaScript, C

IMPORT = re.compile(r"""(?:require\(|\bfrom\s+|\bimport\(|\bimport\s+)["'](\.[^"']+)["']""")
INCLUDE = re.compile(r'^#\s*include\s+"([^"]+)"', re.MULTILINE)


def python(root: Path) -> Graph:
    """Which file imports which of its own folder, or of the package that the folder is."""
    return graph_of(root, PYTHON, ".py .pyi", python_names)


def python_names(text: str, path: Path, root: Path) -> Iterator[Path]:
    """Every file that an import could mean; of the packages only our own are there."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            modules += [f"{node.module}.{alias.name}" for alias in node.names if node.module]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        package = (path.parent / "__init__.py").exists() and not getattr(node, "level", 0)
        for module in modules:
            # In a package, a name without dots in front of it is another package's.
            if package and not module.startswith(f"{path.parent.name}."):
                continue
            place = module.removeprefix(f"{path.parent.name}.").replace(".", "/")
            for folder in (path.parent, *(root / shared for shared in SHARED)):
                yield from (folder / f"{place}.py", folder / f"{place}.pyi")


def javascript(root: Path) -> Graph:
    """Which file imports which by a relative path."""

    def names(text: str, path: Path, _: Path) -> Iterator[Path]:
        for name in IMPORT.findall(text):
            yield from (path.parent / f"{name}{ending}" for ending in ("", ".js", ".ts", ".d.ts"))

    return graph_of(root, JAVASCRIPT, ".js .cjs .mjs .ts .mts", names)


def c(root: Path) -> Graph:
    """Which file includes which that stands beside it."""

    def names(text: str, path: Path, _: Path) -> Iterator[Path]:
        yield from (path.parent / name for name in INCLUDE.findall(text))

    return graph_of(root, C, ".c .h .hpp .cpp", names)


def graph_of(
    root: Path,
    folders: tuple[str, ...],
    suffixes: str,
    names: Callable[[str, Path, Path], Iterator[Path]],
) -> Graph:
    """The files, and the files that their imports lead to."""
    graph: Graph = {}
    for path in sources(root, folders, suffixes):
        if path.name not in ROOTS:
            named = names(path.read_text(encoding="utf-8"), path, root)
            found = {place.resolve() for place in named if place.is_file()} - {path}
            graph[path] = {other for other in found if other.name not in ROOTS}
    return graph


# ---- Circles


def circles(graph: Graph) -> list[list[Path]]:
    """Every set of files that reach each other."""
    reached = {path: reachable(graph, path) for path in graph}
    found: list[list[Path]] = []
    for path in sorted(graph):
        circle = sorted(other for other in reached[path] if path in reached.get(other, set()))
        if path in circle and circle not in found:
            found.append(circle)
    return found


def reachable(graph: Graph, start: Path) -> set[Path]:
    """What a file imports, and what that imports, and so on."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        for other in graph.get(waiting.pop(), set()) - found:
            found.add(other)
            waiting.append(other)
    return found


def main(root: Path) -> int:
    """Prints the circles of each language; the exit code."""
    count = 0
    for language in (rust, python, javascript, c):
        graph = language(root)
        found = circles(graph)
        edges = sum(len(named) for named in graph.values())
        count += len(found) + (edges == 0)
        print(f"{language.__name__}: {len(graph)} files, {edges} imports, {len(found)} circles")
        for circle in found:
            print("these files import each other in a circle:")
            for path in circle:
                inside = sorted(str(other.relative_to(root)) for other in graph[path] & set(circle))
                print(f"  {path.relative_to(root)} -> {', '.join(inside)}")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
