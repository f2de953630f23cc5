"""Debian's packages of any architecture, unpacked below build/ and installed nowhere.

apt has a state of its own here, so that neither the machine's list of architectures nor its list
of installed packages is touched, and no right is needed. The sources and their keys are those of
the machine, which has to be Debian 12 or what is like it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from platforms import BUILD

STATE = BUILD / "apt"
ARCHITECTURES = ("amd64", "arm64")


def options() -> list[str]:
    """What makes apt work in a folder of ours."""
    settings = [
        f"Dir::State={STATE / 'state'}",
        f"Dir::State::status={STATE / 'status'}",
        f"Dir::Cache={STATE / 'cache'}",
        "APT::Sandbox::User=root",
        *(f"APT::Architectures::={name}" for name in ARCHITECTURES),
    ]
    return [word for setting in settings for word in ("-o", setting)]


def run(*command: str, cwd: Path = STATE) -> str:
    """What apt printed; what goes wrong ends the build with apt's own words."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:1])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def update() -> None:
    """Reads the lists of packages anew."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (STATE / folder).mkdir(parents=True, exist_ok=True)
    (STATE / "status").touch()
    run("apt-get", *options(), "-q", "update")


def unpack(names: list[str], root: Path) -> dict[str, str]:
    """Unpacks packages (`name:architecture`) into a folder; returns their versions.

    The folder remembers what is in it: asked again for the same packages, nothing is done.
    """
    record = root / "packages.json"
    if record.is_file():
        known: dict[str, str] = json.loads(record.read_text(encoding="utf-8"))
        if list(known) == names:
            return known
    update()
    packages = STATE / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir()
    root.mkdir(parents=True, exist_ok=True)
    run("apt-get", *options(), "-q", "download", *names, cwd=packages)
    fields = ("--showformat", "${Package}:${Architecture}\t${Version}", "--show")
    versions = {}
    for package in sorted(packages.glob("*.deb")):
        run("dpkg-deb", "--extract", str(package), str(root))
        name, _, version = run("dpkg-deb", *fields, str(package)).partition("\t")
        versions[name] = version
    shutil.rmtree(packages)
    versions = {name: versions[name] for name in names}
    record.write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")
    return versions
