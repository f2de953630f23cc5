"""dist/SHA256SUMS, of every file in dist/: `sha256sum --check SHA256SUMS` reads it."""

from __future__ import annotations

import hashlib

from files import DIST


def write() -> None:
    """Writes the sums, by name."""
    file = DIST / "SHA256SUMS"
    paths = sorted(path for path in DIST.rglob("*") if path.is_file() and path != file)
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(DIST).as_posix()}\n"
        for path in paths
    )
    file.write_text("".join(lines), encoding="utf-8")
    print(f"   {file.name}  {len(paths)} files")


if __name__ == "__main__":
    write()
