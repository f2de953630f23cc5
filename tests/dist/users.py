"""Somebody who has nothing but what is in dist/, and the mock provider to ask."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from artefacts import Artefact, artefacts
from platforms import ROOT

from support import Mock

MACHINE = os.uname().machine
HERE = f"{MACHINE}-linux-gnu"
TEXT = "Every value in Rust has one owner."


def of_kind(kind: str) -> list[Artefact]:
    """The artefacts of one kind; without any there is nothing to test."""
    known, _ = artefacts()
    found = [artefact for artefact in known if artefact.kind == kind]
    assert found, f"no {kind} is in dist/; make dist builds them"
    return found


def of_here(kind: str, word: str = HERE) -> Path:
    """The one for this machine."""
    (found,) = (artefact.path for artefact in of_kind(kind) if word in artefact.name)
    return found


def complete(
    command: Sequence[object],
    folder: Path,
    environment: Mapping[str, str],
    seconds_max: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Runs a command, which may fail. When it takes too long it is ended with all its children."""
    words = [str(word) for word in command]
    with subprocess.Popen(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            out, err = started.communicate(timeout=seconds_max)
        except BaseException:
            os.killpg(started.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(words, started.returncode, out, err)


class User:
    """A folder, an environment, and commands that have to succeed in both."""

    def __init__(self, mock: Mock, folder: Path) -> None:
        self.folder = folder
        self.mock = mock
        self.base = dict(os.environ)
        self.environment: dict[str, str] = {}

    def leave(self, *programs: Path | str) -> None:
        """Leaves this machine's environment: what is not in these folders cannot be started by its
        name. Relative ones are below the own folder."""
        self.base = {
            "PATH": os.pathsep.join(str(self.place / each) for each in programs),
            "HOME": str(self.place),
            "LANG": "C.UTF-8",
        }

    @property
    def place(self) -> Path:
        """The own folder, as the programs that are run here call it."""
        return self.folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def copy(self, source: str, name: str) -> Path:
        """A sample of the repository, as a README shows it."""
        return self.write(name, (ROOT / source).read_text(encoding="utf-8"))

    def try_run(self, *command: object, **extra: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.base, **self.environment, **extra}
        return complete(command, self.folder, environment)

    def run(self, *command: object, **extra: str) -> str:
        ended = self.try_run(*command, **extra)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def ask(self, *command: object, **extra: str) -> str:
        """What a sample prints, whose provider is the mock."""
        key = self.mock.plan({"answer": {"text": TEXT}})
        address = self.mock.base_url(key)
        return self.run(*command, OPENAI_API_KEY="k", OPENAI_BASE_URL=address, **extra)
