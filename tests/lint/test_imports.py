"""The check of imports sees a circle in every language and form, and only circles."""

from __future__ import annotations

from pathlib import Path

import imports
import pytest

# By language: the files of a circle; what is taken out of the first to open it.
CIRCLES = {
    "rust": ({"core/src/a.rs": "use crate::b::B;\n", "core/src/b.rs": "use crate::a::A;\n"}, "b::"),
    "rust by super": (
        {"core/src/x/a.rs": "use super::b::B;\n", "core/src/x/b.rs": "fn f() { super::a::f() }\n"},
        "b::",
    ),
    "rust in a group": (
        {
            "core/src/x/a.rs": "use crate::{\n    error::E,\n    x::{b::{B, C as D}, E},\n};\n",
            "core/src/x/b.rs": "use crate::x::c::C;\n",
            "core/src/x/c.rs": "impl C { fn f() -> crate::x::a::A {} }\n",
        },
        "b::",
    ),
    "rust down and up": (
        {"core/ffi/src/a.rs": "use self::b::B;\n", "core/ffi/src/a/b.rs": "use super::A;\n"},
        "self::b::",
    ),
    "python": (
        {
            "bindings/python/src/liter_llm/_a.py": "from ._b import B\n",
            "bindings/python/src/liter_llm/_b.py": "from . import _a\n",
        },
        "._b",
    ),
    "python for types": (
        {
            "bindings/python/src/liter_llm/_a.py": "if TYPE_CHECKING:\n    import liter_llm._b\n",
            "bindings/python/src/liter_llm/_b.py": "def f():\n    from liter_llm._a import A\n",
        },
        "._b",
    ),
    "python between folders": (
        {
            "tests/faults/rows.py": "from support import Mock\n",
            "bindings/python/tests/support.py": "import rows\n",
        },
        "support",
    ),
    "javascript": (
        {
            "bindings/node/lib/a.cjs": 'const b = require("./b.cjs");\n',
            "bindings/node/lib/b.cjs": 'export { c } from "./c.mjs";\n',
            "bindings/node/lib/c.mjs": 'import "./a.cjs";\n',
        },
        "./b.cjs",
    ),
    "c": (
        {"tests/c/a.h": '#include "b.h"\n', "tests/c/b.h": '# include "a.h"\n'},
        "b.h",
    ),
}
# An import of each language, without which the check calls itself blind.
SEEING = {
    "core/src/seen.rs": "",
    "core/src/sees.rs": "use crate::seen::X;\n",
    "tests/lint/seen.py": "",
    "tests/lint/sees.py": "import seen\n",
    "bindings/node/seen.mjs": "",
    "bindings/node/sees.mjs": 'import { x } from "./seen.mjs";\n',
    "tests/c/seen.h": "",
    "tests/c/sees.c": '#include "seen.h"\n',
}


def outcome(root: Path, files: dict[str, str]) -> int:
    for name, text in {**SEEING, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return imports.main(root)


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_found(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, link = CIRCLES[name]
    assert outcome(tmp_path, files) == 1
    printed = capsys.readouterr().out
    assert " 1 circles" in printed
    assert all(f"  {file} -> " in printed for file in files)
    # The same files without the first import are no circle.
    first = next(iter(files))
    assert link in files[first]
    assert outcome(tmp_path, {**files, first: files[first].replace(link, "elsewhere")}) == 0


@pytest.mark.parametrize(
    "files",
    [
        {"core/src/lib.rs": "use crate::a::A;\n", "core/src/a.rs": "use crate::Lib;\n"},
        {"core/src/x/mod.rs": "use self::a::A;\n", "core/src/x/a.rs": "use super::X;\n"},
        {
            "core/src/a.rs": "use crate::b::B;\n",
            "core/src/b.rs": "// crate::a\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
        },
        {"core/src/a.rs": "use crate::b::B;\n", "core/src/b/tests/c.rs": "use crate::a::A;\n"},
        {"tests/lint/a.py": "import json\n", "tests/lint/b.py": "import a\n"},
        {"bindings/node/index.mjs": 'import "./a.mjs";\n', "bindings/node/a.mjs": 'import "fs";\n'},
    ],
    ids=["crate root", "module root", "unit tests", "tests apart", "one way", "package root"],
)
def test_what_is_no_circle_is_not_found(files: dict[str, str], tmp_path: Path) -> None:
    assert outcome(tmp_path, files) == 0


@pytest.mark.parametrize("suffix", [".rs", ".py", ".mjs", ".c"])
def test_a_check_that_sees_nothing_fails(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = {name: "" for name in SEEING if name.endswith(f"sees{suffix}")}
    assert outcome(tmp_path, blind) == 1
    assert " 0 imports" in capsys.readouterr().out
