"""The targets that are checked, and how far each can be checked on x86-64 Linux."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A target by Rust's name."""

    rust: str
    zig: str
    """zig's name of it."""
    python: str
    """sys.platform there."""
    go: tuple[str, str]
    """GOOS and GOARCH."""
    runs: bool
    """Programs of it run on this machine: as they are, or under wine."""

    @property
    def is_windows(self) -> bool:
        return self.python == "win32"

    @property
    def is_macos(self) -> bool:
        return self.python == "darwin"

    def program(self, name: str) -> str:
        """The name of its file."""
        return f"{name}.exe" if self.is_windows else name

    @property
    def variable(self) -> str:
        """Its name as a part of the name of a variable."""
        return self.rust.replace("-", "_")


TARGETS = (
    Target("x86_64-unknown-linux-musl", "x86_64-linux-musl", "linux", ("linux", "amd64"), True),
    Target("aarch64-unknown-linux-musl", "aarch64-linux-musl", "linux", ("linux", "arm64"), False),
    Target("x86_64-pc-windows-gnu", "x86_64-windows-gnu", "win32", ("windows", "amd64"), True),
    Target("aarch64-apple-darwin", "aarch64-macos", "darwin", ("darwin", "arm64"), False),
    Target("x86_64-apple-darwin", "x86_64-macos", "darwin", ("darwin", "amd64"), False),
)
