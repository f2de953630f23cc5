"""The packages of npm, installed from their archives into an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from platforms import ROOT
from release import RELEASE
from users import HERE, TEXT, User, of_here, of_kind

TOOLS = ROOT / "bindings/node/node_modules/.bin"
ADDON: str = RELEASE["npm_platform_packages"][HERE]
INSTALL = ("npm", "install", "--offline", "--no-audit", "--no-fund")


def main_package() -> Path:
    (found,) = of_kind("npm main")
    return found.path


def test_the_sample_runs(user: User) -> None:
    user.write("package.json", "{}")
    user.copy("bindings/node/samples/stream.mjs", "stream.mjs")
    user.run(*INSTALL, main_package(), of_here("npm platform", ADDON))
    assert user.ask("node", "stream.mjs").strip() == TEXT


def test_without_the_addon_the_package_is_named(user: User) -> None:
    user.write("package.json", "{}")
    user.run(*INSTALL, "--omit=optional", main_package())
    ended = user.try_run("node", "-e", 'require("liter-llm")')
    assert ended.returncode == 1
    (line,) = (line for line in ended.stderr.splitlines() if line.startswith("Error: "))
    assert f"the package {ADDON} is missing; `npm install --include=optional` adds it" in line


def test_no_script_runs_at_the_installation(user: User) -> None:
    for artefact in of_kind("npm main") + of_kind("npm platform"):
        (text,) = (data for name, data in artefact.files() if name == "package/package.json")
        assert b'"scripts"' not in text


def test_publint_finds_nothing(user: User) -> None:
    for artefact in of_kind("npm main") + of_kind("npm platform"):
        printed = user.run(TOOLS / "publint", "run", "--strict", artefact.path)
        assert "All good!" in printed, printed


@pytest.mark.parametrize(
    "words",
    [("--exclude-entrypoints", "ai-sdk"), ("--entrypoints", "ai-sdk", "--profile", "esm-only")],
)
def test_types_are_found_by_every_resolution(user: User, words: tuple[str, ...]) -> None:
    usual = ("--no-definitely-typed", "--format", "ascii", "--no-emoji", "--no-color")
    user.run(TOOLS / "attw", main_package(), *usual, *words)
