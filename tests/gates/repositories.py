"""Repositories that tests make: a folder with commits and tags."""

from __future__ import annotations

import subprocess
from pathlib import Path

IDENTITY = ["-c", "user.name=A test", "-c", "user.email=test@liter-llm.invalid"]


class Repository:
    """A folder with a history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> None:
        """Runs git in it, deaf to the settings of the machine."""
        command = ["git", "-C", str(self.folder), *IDENTITY, "-c", "commit.gpgsign=false", *words]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def write(self, files: dict[str, str]) -> None:
        """Puts these files there."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: dict[str, str], tag: str | None = None) -> None:
        """A commit of these files, and its tag."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        if tag:
            self.git("tag", tag)
