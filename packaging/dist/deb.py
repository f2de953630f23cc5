"""Debian's packages: dist/*.deb, the library and what compiles against it, for each glibc platform.

dpkg-deb makes the archives. Debian's own helpers would build the library from its source package,
with the crates as packages of Debian; what is packed here is what every other artefact has.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import sys
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

from files import DIST, THIRD_PARTY, built, copy, epoch, new_folder, output_of, run
from native_archives import install
from platforms import BUILD, ROOT, Platform
from release import RELEASE, VERSION

NAMES = RELEASE["deb_packages"]
REVISION = f"{VERSION}-1"
STAGE = BUILD / "deb"
DESCRIPTION = """\
 One request, one stream of events and one list of errors for the providers of
 large language models, behind a short C header: retries, timeouts,
 cancellation, and thousands of streams in one process."""
CONTROL = """\
Package: {name}
Source: liter-llm
Version: {revision}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {depends}
Section: {section}
Priority: optional
Multi-Arch: same
Homepage: {homepage}
Description: {summary}
{description}
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: liter-llm
Source: {homepage}
Comment:
 The compiled library contains other people's software too; THIRD-PARTY-LICENSES beside
 this file lists it, with all licences.

Files: *
Copyright: {copyright}
License: Expat or Apache-2.0

License: Expat
{expat}

License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
"""
CHANGELOG = """\
liter-llm ({revision}) unstable; urgency=medium

  * Release {version}; changelog.gz has what is new.

 -- {maintainer}  {date}
"""


def glibc_floor(library: Path) -> str:
    """The newest version of glibc's symbols that the library needs."""
    printed = output_of("readelf", "--version-info", "--wide", library)
    found = [tuple(map(int, each)) for each in re.findall(r"GLIBC_(\d+)\.(\d+)", printed)]
    return ".".join(map(str, max(found)))


def write_zipped(file: Path, text: str) -> None:
    """A compressed text, without time and name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def write_documents(folder: Path, name: str) -> None:
    """Licences and changelogs, where Debian's policy wants them."""
    documents = folder / "usr/share/doc" / name
    text = (ROOT / "LICENSE-MIT").read_text(encoding="utf-8")
    holders = re.search(r"^Copyright \(c\) (.*)$", text, re.MULTILINE)
    if not holders:
        raise SystemExit("LICENSE-MIT names no holder of the copyright")
    terms = text[text.index("Permission is hereby") :].strip()
    notice = COPYRIGHT.format(
        homepage=RELEASE["repository"],
        copyright=holders[1],
        expat="\n".join(f" {line}".rstrip() or " ." for line in terms.splitlines()),
    )
    documents.mkdir(parents=True)
    (documents / "copyright").write_text(notice, encoding="utf-8")
    copy(THIRD_PARTY, documents / THIRD_PARTY.name)
    write_zipped(documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    moment = datetime.fromtimestamp(epoch(), timezone.utc)
    changes = CHANGELOG.format(
        revision=REVISION,
        version=VERSION,
        maintainer=RELEASE["maintainer"],
        date=format_datetime(moment),
    )
    write_zipped(documents / "changelog.Debian.gz", changes)


def write_control(folder: Path, platform: Platform, name: str, **fields: str) -> None:
    """DEBIAN/control and the sums of all files."""
    files = sorted(path for path in (folder / "usr").rglob("*") if path.is_file())
    sums = (
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"
        f"  {path.relative_to(folder)}"
        for path in files
        if not path.is_symlink()
    )
    control = CONTROL.format(
        name=name,
        revision=REVISION,
        architecture=platform.debian,
        maintainer=RELEASE["maintainer"],
        size=sum(path.lstat().st_size + 1023 for path in files) // 1024,
        homepage=RELEASE["repository"],
        description=DESCRIPTION,
        **fields,
    )
    (folder / "DEBIAN").mkdir(exist_ok=True)
    (folder / "DEBIAN/control").write_text(control, encoding="utf-8")
    (folder / "DEBIAN/md5sums").write_text("".join(f"{line}\n" for line in sums), encoding="utf-8")


def stage_library(development: Path, platform: Platform) -> Path:
    """The package of the shared library, taken out of what was installed."""
    name, triplet = NAMES["library"], f"usr/lib/{platform.name}"
    folder = new_folder(STAGE / platform.name / name)
    (folder / triplet).mkdir(parents=True)
    for file in ("libliter_llm.so.0", f"libliter_llm.so.{VERSION}"):
        (development / triplet / file).rename(folder / triplet / file)
    library = folder / triplet / f"libliter_llm.so.{VERSION}"
    library.chmod(0o644)  # Debian's policy: only programs are executable
    write_documents(folder, name)
    write_control(
        folder, platform, name, section="libs",
        depends=f"libc6 (>= {glibc_floor(library)})",
        summary="client for every provider of large language models",
    )  # fmt: skip
    (folder / "DEBIAN/shlibs").write_text(f"libliter_llm 0 {name} (>= {VERSION})\n")
    (folder / "DEBIAN/triggers").write_text("activate-noawait ldconfig\n")
    return folder


def stage(platform: Platform) -> list[Path]:
    """The folders of both packages."""
    name = NAMES["development"]
    folder = new_folder(STAGE / platform.name / name)
    install(platform, folder / "usr", f"lib/{platform.name}")
    shutil.rmtree(folder / "usr/share/doc")
    library = stage_library(folder, platform)
    write_documents(folder, name)
    write_control(
        folder, platform, name, section="libdevel",
        depends=f"{NAMES['library']} (= {REVISION})",
        summary="client for every provider of large language models: headers",
    )  # fmt: skip
    return [library, folder]


def write(all_of_them: bool) -> None:
    """Writes the packages."""
    for platform in built(all_of_them):
        if not platform.is_glibc:
            continue
        for folder in stage(platform):
            file = DIST / f"{folder.name}_{REVISION}_{platform.debian}.deb"
            run(
                "dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "--build", folder,
                file, env={"SOURCE_DATE_EPOCH": str(epoch())},
            )  # fmt: skip
            print(f"   {file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.2f} MB")
    shutil.rmtree(STAGE)


if __name__ == "__main__":
    write("--all" in sys.argv)
