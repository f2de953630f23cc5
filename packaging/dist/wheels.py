"""The source archive and a wheel for each platform, in dist/: `python wheels.py [PLATFORM ...]`.

A wheel is built from the unpacked source archive, as a user's would be, with the archive of
build/dist/native and zig as compiler. One wheel serves every CPython since 3.9 (abi3); the headers
of Python are Debian's for that processor.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import debian
import tomllib
from archives import normalize
from platforms import BUILD, ROOT, Platform, chosen
from toolchain import TOOLS, epoch, zig

DIST = ROOT / "dist"
WORK = BUILD / "python"
LICENCES = BUILD / "THIRD-PARTY-LICENSES"
HEADERS = "python3.11"
# What pip calls the platforms. Rust's musl is 1.2.
TAGS = {"gnu": "manylinux_2_17_{0}", "musl": "musllinux_1_2_{0}"}


def run(command: list[str], env: dict[str, str]) -> None:
    """A tool of the environment of this program; what it prints is shown when it fails."""
    env = {**env, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    output = subprocess.STDOUT
    done = subprocess.run(
        command, env=env, stdout=subprocess.PIPE, stderr=output, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}")


def build(*words: str, source: Path, env: dict[str, str]) -> None:
    """Runs the standard front end of Python's builds."""
    run([str(TOOLS / "python"), "-m", "build", "--no-isolation", *words, str(source)], env)


def distribution() -> str:
    """Name and version, as the names of the files begin."""
    text = (ROOT / "bindings/python/pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    return f"{project['name'].replace('-', '_')}-{project['version']}"


def source_archive() -> Path:
    """The source archive, with the same bytes for the same commit."""
    fresh = WORK / "sdist"
    shutil.rmtree(WORK, ignore_errors=True)
    env = {**os.environ, "SOURCE_DATE_EPOCH": epoch()}
    build("--sdist", "--outdir", str(fresh), source=ROOT / "bindings/python", env=env)
    (made,) = fresh.glob("*.tar.gz")
    DIST.mkdir(exist_ok=True)
    normalize(made, DIST / made.name, int(epoch()))
    return DIST / made.name


def unpacked(archive: Path) -> Path:
    """The source archive as a folder, with the licences of what is linked in."""
    with tarfile.open(archive) as tar:
        tar.extractall(WORK, filter="data")
    source = WORK / archive.name.removesuffix(".tar.gz")
    if LICENCES.is_file():  # a name that setuptools takes for a licence
        shutil.copyfile(LICENCES, source / "LICENSE-THIRD-PARTY")
    else:
        print(f"no {LICENCES.relative_to(ROOT)}: the wheels are without the licences of crates")
    return source


def python_headers(platform: Platform) -> list[Path]:
    """Where Python.h and the settings of the processor are."""
    root = BUILD / "python-headers" / platform.debian
    debian.unpack([f"lib{HEADERS}-dev:{platform.debian}"], root)
    return [root / "usr/include" / HEADERS, root / "usr/include"]


def environment(platform: Platform) -> dict[str, str]:
    """What setuptools is told of the machine that the wheel is for."""
    headers = " ".join(f"-I{path}" for path in python_headers(platform))
    compiler = " ".join(zig("cc", "-target", platform.zig))
    return {
        **os.environ,
        "CC": compiler,
        "LDSHARED": f"{compiler} -shared",
        "CFLAGS": f"-O2 -g0 {headers}",
        "LITER_LLM_ARCHIVE": str(platform.native / "libliter_llm.a"),
        "SOURCE_DATE_EPOCH": epoch(),
        "ZIG_GLOBAL_CACHE_DIR": str(BUILD / "zig"),
        "_PYTHON_HOST_PLATFORM": f"linux-{platform.machine}",
    }


def wheel(platform: Platform, source: Path) -> Path:
    """Builds the wheel of one platform, with the tag of the oldest systems that it is for."""
    for stale in (source / "build", *source.glob("src/*.egg-info")):
        shutil.rmtree(stale, ignore_errors=True)
    made = WORK / "made" / platform.name
    env = environment(platform)
    build("--wheel", "--outdir", str(made), source=source, env=env)
    (plain,) = made.glob("*.whl")
    tag = TAGS[platform.libc].format(platform.machine)
    tagged = audited(plain, env) if platform.is_glibc else with_tag(plain, tag, env)
    if tag not in tagged.name:
        raise SystemExit(f"{tagged.name}: needs a newer system than {tag} promises")
    run(["advzip", "--recompress", "--shrink-extra", "--quiet", str(tagged)], env)
    return Path(shutil.move(tagged, DIST / tagged.name))


def audited(plain: Path, env: dict[str, str]) -> Path:
    """The wheel with the tag that its symbols allow. Of the names of platforms auditwheel takes
    those of this machine alone, but finds that of any wheel."""
    folder = plain.parent / "audited"
    command = ["auditwheel", "repair", "--plat", "auto", "--only-plat", "--wheel-dir", str(folder)]
    run([*command, str(plain)], env)
    (tagged,) = folder.glob("*.whl")
    return tagged


def with_tag(plain: Path, tag: str, env: dict[str, str]) -> Path:
    """The wheel with a tag that nobody looked at: a test compares its symbols with musl's."""
    run(["wheel", "tags", "--remove", "--platform-tag", tag, str(plain)], env)
    (tagged,) = plain.parent.glob("*.whl")
    return tagged


def main() -> None:
    archive = source_archive()
    print(archive.name)
    source = unpacked(archive)
    for platform in chosen(sys.argv[1:]):
        if not (platform.native / "libliter_llm.a").is_file():
            raise SystemExit(f"{platform.name}: no library; make dist-native builds it")
        made = wheel(platform, source)
        print(f"{made.name}: {made.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
