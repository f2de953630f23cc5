"""The facts of every artefact in dist/: `python check.py [--all]`.

One version; licences; the licences of what is compiled in; sizes; nothing that does not belong
there; no path of the machine that built; owner 0; sums that fit. A line for each fault; exits 1
when there is one. With --all a kind that is missing is a fault too.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from artefacts import KINDS, Artefact, artefacts
from files import DIST, THIRD_PARTY, built
from platforms import PLATFORMS, ROOT
from release import RELEASE, VERSION

MB_MAX = {"wheel": 3.5, "npm platform": 4.0, "go archive": 16.0}
MEMBER_MB_MAX = {"go archive": 16.0}  # what a vendored copy has
COMPILED = {"wheel", "npm platform", "go archive", "c", "deb", "go tree"}
# setuptools takes what begins like this for a licence.
THIRD_PARTY_NAMES = {"wheel": "LICENSE-THIRD-PARTY"}
BINARY = re.compile(r"\.(so(\.[\d.]+)?|a|node)$")
SURPLUS = re.compile(
    r"(^|/)(tests?|testdata|__pycache__|node_modules|target|\.git[^/]*|\.pytest_cache|\.mypy_cache"
    r"|\.ruff_cache|\.DS_Store)(/|$)|\.py[co]$|_test\.go$|\.test\.mjs$|~$|\.orig$|\.rej$"
)
# Cargo adds the manifest as it was written; tests of crates are modules beside what they test.
USUAL = {"crate": re.compile(r"/Cargo\.toml\.orig$|/src/|/\.cargo_vcs_info\.json$")}
# A source archive for Python brings the core with its tests, as it is in the repository.
USUAL["sdist"] = re.compile(r"/vendor/core/|/samples/")


def machine_paths() -> re.Pattern[bytes]:
    """Folders that only the machine that builds has."""
    homes = {str(Path.home()), str(ROOT), os.environ.get("CARGO_HOME", ""), "/root", "/home/"}
    words = (re.escape(home.encode()) + rb"/[\w.-]+" for home in sorted(homes) if len(home) > 1)
    return re.compile(b"|".join(words) + rb"|/\.cargo/registry/|/\.rustup/|/rustc-[\d.]+-src/")


MACHINE_PATHS = machine_paths()


def version_faults(artefact: Artefact, files: dict[str, bytes]) -> Iterator[str]:
    """The version, in the name and in what tells it to a package manager."""
    if artefact.kind != "sums" and VERSION not in artefact.name:
        yield f"its name has no {VERSION}"
    metadata = {
        "wheel": (r"\.dist-info/METADATA$", rf"^Name: {RELEASE['python_distribution']}$"),
        "sdist": (r"^[^/]+/PKG-INFO$", rf"^Name: {RELEASE['python_distribution']}$"),
        "npm main": (r"^package/package\.json$", rf'^  "name": "{RELEASE["npm_package"]}"'),
        "npm platform": (r"^package/package\.json$", r'^  "name": "'),
        "crate": (r"^[^/]+/Cargo\.toml$", r'^name = "'),
        "c": (r"/pkgconfig/liter_llm\.pc$", r"^Name: liter_llm$"),
    }
    if artefact.kind not in metadata:
        return
    file, name = metadata[artefact.kind]
    texts = [content.decode() for path, content in files.items() if re.search(file, path)]
    if len(texts) != 1:
        yield f"{len(texts)} files are {file}"
        return
    if not re.search(name, texts[0], re.MULTILINE):
        yield f"its metadata has no {name}"
    found = re.findall(r'^(?:Version: |version = "|  "version": ")([^"\s]+)', texts[0], re.M)
    if found[:1] != [VERSION]:
        yield f"its metadata says {found[:1]}, not {VERSION}"


def license_faults(artefact: Artefact, files: dict[str, bytes]) -> Iterator[str]:
    """Our licences, and those of what is compiled in."""
    if artefact.kind in ("bill", "sums"):
        return
    wanted = {"copyright"} if artefact.kind == "deb" else {"LICENSE-APACHE", "LICENSE-MIT"}
    names = {path.rpartition("/")[2] for path in files}
    for name in sorted(wanted - names):
        yield f"{name} is missing"
    if artefact.kind in COMPILED:
        name = THIRD_PARTY_NAMES.get(artefact.kind, THIRD_PARTY.name)
        texts = [text for path, text in files.items() if path.endswith(f"/{name}")]
        if not texts:
            yield f"{name} is missing"
        if any(text != THIRD_PARTY.read_bytes() for text in texts):
            yield f"{name} is another one than {THIRD_PARTY}"


def content_faults(artefact: Artefact, files: dict[str, bytes]) -> Iterator[str]:
    """Nothing surplus, and no trace of a machine."""
    if artefact.kind in COMPILED and not any(BINARY.search(path) for path in files):
        yield "nothing compiled is in it"
    usual = USUAL.get(artefact.kind)
    for path, content in files.items():
        inner = path.partition("@v")[2] or path
        if SURPLUS.search(inner) and not (usual and usual.search(path)):
            yield f"{path} does not belong there"
        found = MACHINE_PATHS.search(content)
        if found and not path.endswith(".md"):
            yield f"{path} has a path of the machine that built it: {found[0].decode()}"


def size_faults(artefact: Artefact, files: dict[str, bytes]) -> Iterator[str]:
    """The size that a user downloads, and for Go the one that is vendored."""
    size = artefact.path.stat().st_size / 1e6
    if size > MB_MAX.get(artefact.kind, size):
        yield f"{size:.2f} MB, at most {MB_MAX[artefact.kind]}"
    largest = max((len(content) for content in files.values()), default=0) / 1e6
    if largest > MEMBER_MB_MAX.get(artefact.kind, largest):
        yield f"a file of {largest:.2f} MB, at most {MEMBER_MB_MAX[artefact.kind]}"


def faults_of(artefact: Artefact) -> list[str]:
    """What is wrong with one artefact."""
    files = dict(artefact.files())
    foreign = {owner for owner in artefact.owners() if owner[0] != 0}
    return [
        *version_faults(artefact, files),
        *license_faults(artefact, files),
        *content_faults(artefact, files),
        *size_faults(artefact, files),
        *(f"files of owner {owner}" for owner in sorted(foreign)),
    ]


def sums_faults() -> Iterator[str]:
    """SHA256SUMS names every file, with its sum."""
    file = DIST / "SHA256SUMS"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    paths = {path.relative_to(DIST).as_posix(): path for path in DIST.rglob("*") if path.is_file()}
    del paths[file.name]
    for name in sorted(paths.keys() ^ sums.keys()):
        yield f"SHA256SUMS: {name} is only {'there' if name in sums else 'in dist/'}"
    for name in sorted(paths.keys() & sums.keys()):
        if hashlib.sha256(paths[name].read_bytes()).hexdigest() != sums[name]:
            yield f"SHA256SUMS: {name} has another sum"


def missing_faults(known: list[Artefact]) -> Iterator[str]:
    """Every kind, and for each platform all that it should have."""
    for _, kind in KINDS:
        if not any(artefact.kind == kind for artefact in known):
            yield f"no artefact is a {kind}"
    for kind, number in {"npm platform": 4, "go archive": 4, "c": 4, "deb": 4, "crate": 2}.items():
        found = sum(artefact.kind == kind for artefact in known)
        if found != number:
            yield f"{found} artefacts are {kind}, not {number}"


def main(all_of_them: bool) -> int:
    """Prints facts and faults; the exit code."""
    known, unknown = artefacts()
    faults = [f"{name}: nothing knows what it is" for name in unknown]
    for artefact in known:
        found = faults_of(artefact)
        faults += [f"{artefact.name}: {fault}" for fault in found]
        size = artefact.path.stat().st_size / 1e6
        print(f"{'WRONG' if found else 'ok   '}  {size:7.2f} MB  {artefact.kind}: {artefact.name}")
    faults += sums_faults()
    if all_of_them:
        faults += missing_faults(known)
    else:
        print(f"       of {len(built(False))} platforms of {len(PLATFORMS)}")
    print("\n".join(faults) if faults else f"dist: {len(known)} artefacts of version {VERSION}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main("--all" in sys.argv))
