"""`npm install`, from a registry that has what is in dist/ and nothing else, and the first sample
in every line of Node.js, in Bun and in Deno; where no compiler can be started."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import roots
from indexes import Index, of_npm, serving
from platforms import ROOT
from release import RELEASE, VERSION
from users import HERE, MACHINE, TEXT, User, complete, of_kind

NAME: str = RELEASE["npm_package"]
ADDON: str = RELEASE["npm_platform_packages"][HERE]
TOOLS, SOURCES = roots.FOLDER / "node", ROOT / "tests/dist/node"
MODULES = TOOLS / "node_modules"
SECONDS_MAX = 600
LINES = ("18", "20", "22", "24")
Says = Callable[[str], None]


@pytest.fixture(scope="module")
def modules() -> Path:
    """Every program, from npm: pinned, installed once below build/, without their scripts."""
    if MACHINE != "x86_64":
        pytest.skip("the pinned programs are for x86_64")
    lock = (SOURCES / "package-lock.json").read_bytes()
    mark = TOOLS / "installed"
    if mark.is_file() and mark.read_bytes() == lock:
        return MODULES
    TOOLS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SOURCES / name, TOOLS / name)
    words = ("npm", "ci", "--fetch-retries=0", "--ignore-scripts", "--no-audit", "--no-fund")
    ended = complete(words, TOOLS, os.environ, SECONDS_MAX)
    if ended.returncode:
        pytest.skip(f"npm ci of {SOURCES.relative_to(ROOT)}: {ended.stderr.splitlines()[0]}")
    mark.write_bytes(lock)
    return MODULES


@pytest.fixture
def registry(modules: Path) -> Iterator[Index]:
    archives = [
        artefact.path for kind in ("npm main", "npm platform") for artefact in of_kind(kind)
    ]
    with serving(of_npm(archives)) as index:
        yield index


@pytest.fixture
def alone(user: User, registry: Index) -> User:
    """Somebody with the sample and the registry, to whom no program is known by its name."""
    user.leave("bin")
    user.environment["NPM_CONFIG_REGISTRY"] = registry.url
    user.copy("bindings/node/samples/stream.mjs", "stream.mjs")
    return user


def downloaded(registry: Index) -> list[str]:
    """The archives that an installer fetched."""
    return sorted(path.removeprefix("/-/") for path in registry.asked if path.startswith("/-/"))


ONLY_OURS = [f"{name}-{VERSION}.tgz" for name in (NAME, ADDON)]


@pytest.mark.timeout(700)
@pytest.mark.parametrize("line", LINES)
def test_the_first_sample_runs(line: str, alone: User, registry: Index, ran: Says) -> None:
    node = MODULES / f"node-{line}/bin/node"
    (alone.folder / "bin").mkdir()
    (alone.folder / "bin/node").symlink_to(node)

    said = alone.run("bin/node", MODULES / "npm/bin/npm-cli.js", "install", NAME)

    ran(f"Node.js {alone.run('bin/node', '--version').strip()}: {said.strip().splitlines()[0]}")
    assert downloaded(registry) == ONLY_OURS
    assert alone.ask("bin/node", "stream.mjs").strip() == TEXT


@pytest.mark.timeout(700)
def test_bun_runs_it(alone: User, registry: Index, ran: Says) -> None:
    bun = MODULES / "@oven/bun-linux-x64/bin/bun"
    alone.run(bun, "add", NAME)

    ran(f"Bun {alone.run(bun, '--version').strip()}")
    assert downloaded(registry) == ONLY_OURS
    assert alone.ask(bun, "stream.mjs").strip() == TEXT


@pytest.mark.timeout(700)
def test_deno_runs_it_with_one_right(alone: User, registry: Index, ran: Says) -> None:
    """The core reads the environment and opens sockets by itself, which Deno does not see: what it
    asks for is the right to load native code."""
    deno = MODULES / "@deno/linux-x64-glibc/deno"
    alone.environment["NO_COLOR"] = "1"
    alone.run(deno, "add", f"npm:{NAME}")

    version = alone.run(deno, "--version").split()[1]
    ran(f"Deno {version}, with --allow-ffi")
    # It does not know the field `libc`, and takes the addon for musl too where a release has one.
    musl = RELEASE["npm_platform_packages"][f"{MACHINE}-linux-musl"]
    assert set(downloaded(registry)) - {f"{musl}-{VERSION}.tgz"} == set(ONLY_OURS)
    refused = alone.try_run(deno, "run", "--no-prompt", "stream.mjs")
    assert "--allow-ffi" in refused.stderr
    assert alone.ask(deno, "run", "--no-prompt", "--allow-ffi", "stream.mjs").strip() == TEXT
