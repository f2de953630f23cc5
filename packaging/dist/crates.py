"""The crates: dist/*.crate, made and built once more by `cargo package`.

The registry has crates of another project under the names that ours have in this repository, so a
copy is packed under the names of release.json; the library stays `liter_llm`. What a clone needs
beside the sources (benchmarks, tests over the network) is not in the copy.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from files import DIST, copy, copy_licenses, new_folder, run, tracked
from platforms import BUILD, ROOT
from release import RELEASE, VERSION

NAMES: dict[str, str] = RELEASE["crates"]
STAGE = BUILD / "crates"
LEFT_OUT = {"fuzz", "proptest-regressions", "schema", "tests"}
FFI_README = """\
# {name}

{description}: a shared and a static library behind `include/liter_llm.h`.
[The repository]({repository}) has releases with both built, and the packages of other languages.
"""


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each pattern replaced; one that is not there ends the build."""
    for pattern, value in pairs:
        text, count = re.subn(pattern, value, text, flags=re.MULTILINE)
        if not count:
            raise SystemExit(f"crates: no {pattern!r} in a Cargo.toml")
    return text


def core_manifest(text: str) -> str:
    """Cargo.toml of the core and of the workspace, for the copy."""
    return replaced(
        text,
        (r'^name = "liter-llm"$', f'name = "{NAMES["liter-llm"]}"\nreadme = "README.md"'),
        (r"^# What decoding costs.*\n\[\[bench\]\]\n(?:.+\n)+", '[lib]\nname = "liter_llm"\n'),
    )


def ffi_manifest(text: str) -> str:
    """Cargo.toml of the C boundary, for the copy."""
    return replaced(
        text,
        (r'^name = "liter-llm-ffi"$', f'name = "{NAMES["liter-llm-ffi"]}"\nreadme = "README.md"'),
        (r"^publish = false\n", ""),
        (r'package = "liter-llm"', f'package = "{NAMES["liter-llm"]}"'),
    )


def readme_of(library: Path) -> str:
    """The documentation of the crate, without what only rustdoc understands."""
    lines = re.findall(r"^//! ?(.*)$", library.read_text(encoding="utf-8"), re.MULTILINE)
    shown = [line for line in lines if line != "#" and not line.startswith("# ")]
    text = "\n".join(shown).replace("```no_run", "```rust")
    # Links to items lead somewhere only in the documentation.
    text = re.sub(r"\[(`[\w:]+`)\](?!\()", r"\1", text)
    return f"# {NAMES['liter-llm']}\n\n{text}\n"


def stage() -> None:
    """The copy of the workspace."""
    new_folder(STAGE)
    for path in tracked("core"):
        below = path.parts[1:] if path.parts[0] == "ffi" else path.parts
        if below[0] not in LEFT_OUT and path.name != "cbindgen.toml":
            copy(ROOT / "core" / path, STAGE / path)
    for manifest, change in (("Cargo.toml", core_manifest), ("ffi/Cargo.toml", ffi_manifest)):
        file = STAGE / manifest
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    lock = STAGE / "Cargo.lock"
    text = lock.read_text(encoding="utf-8")
    for name, published in NAMES.items():
        text = re.sub(rf'^(name = | )"{name}"', rf'\1"{published}"', text, flags=re.MULTILINE)
    lock.write_text(text, encoding="utf-8")
    (STAGE / "README.md").write_text(readme_of(STAGE / "src/lib.rs"), encoding="utf-8")
    found = re.search(r'^description = "(.*)"', (STAGE / "ffi/Cargo.toml").read_text(), re.M)
    ffi_readme = FFI_README.format(
        name=NAMES["liter-llm-ffi"],
        description=found[1] if found else "",
        repository=RELEASE["repository"],
    )
    (STAGE / "ffi/README.md").write_text(ffi_readme, encoding="utf-8")
    copy(ROOT / "include/liter_llm.h", STAGE / "ffi/include/liter_llm.h")
    for folder in (STAGE, STAGE / "ffi"):
        copy_licenses(folder, third_party=False)


def write(verify: bool) -> None:
    """Writes both crates; verified ones were compiled from their archives."""
    stage()
    target = BUILD / "crates-target"
    words = ["--workspace", "--allow-dirty", "--target-dir", target]
    run("cargo", "package", *words, *([] if verify else ["--no-verify"]), cwd=STAGE)
    for name in NAMES.values():
        file = target / "package" / f"{name}-{VERSION}.crate"
        shutil.copyfile(file, DIST / file.name)
        print(f"   dist/{file.name}  {file.stat().st_size / 1e6:.2f} MB")
    shutil.rmtree(STAGE)
    shutil.rmtree(target)


if __name__ == "__main__":
    write("--no-verify" not in sys.argv)
