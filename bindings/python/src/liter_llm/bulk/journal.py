"""Journal: the output file. It is both the result and the record of what is done: it only grows, by
one whole line for each finished row, and a resumed run reads it.

Each line is written by one write() past all buffers, so a killed process loses none. A disk is told
to keep them about once a second (Runner), so a crash of the machine loses the last second.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .. import _platform
from .faults import BulkError
from .rows import id_digest

_FLAGS = os.O_RDWR | os.O_APPEND | _platform.OPEN_FLAGS

Look = Callable[[dict[str, Any]], None]


class Done(NamedTuple):
    """What is kept of a row that has a line."""

    digest: bytes
    failed: bool
    line: int


class Journal:
    """Locked while it is open: two runs cannot write one output."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[bytes, Done] = {}
        """By the digest of the custom_id."""
        self.is_dirty = False
        """Whether something was written that the disk was not told to keep."""
        self._is_damaged = False
        self._lost: set[int] = set()
        """Lines that are none."""
        self._size = 0
        self._existed = path.exists()
        if not _platform.CAN_LOCK_FILES:
            raise BulkError(f"{path}: this system cannot lock the output of a run; use another")
        try:
            self._file = os.open(path, _FLAGS | os.O_CREAT, 0o666)
        except OSError as error:
            raise BulkError(f"{path}: {error.strerror}") from None
        try:
            self._claim()
        except BaseException:
            self.close()
            raise

    def _claim(self) -> None:
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise BulkError(f"{self.path}: not a file; a run is resumed by reading its output")
        _lock(self._file, self.path)

    def read(self, look: Look) -> None:
        """Reads what is done, and shows each line. Changes nothing."""
        for number, line in self._lines():
            parsed = self._parse(number, line)
            if parsed is None:
                self._lost.add(number)
                continue
            about = parsed["liter_llm"]
            key = id_digest(parsed["custom_id"])
            failed = parsed.get("error") is not None
            self.done[key] = Done(bytes.fromhex(about["digest"]), failed, number)
            look(parsed)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines, and a last one that lacks nothing but its end."""
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.endswith(b"\n") or _is_json(line):
                    self._size += len(line)
                    yield number, line

    def _parse(self, number: int, line: bytes) -> dict[str, Any] | None:
        """A crash of the machine may leave zeros before a line, or in the place of one: None."""
        self._is_damaged |= b"\0" in line
        try:
            parsed = json.loads(line.lstrip(b"\0"))
            if isinstance(parsed["custom_id"], str) and len(parsed["liter_llm"]["digest"]) == 32:
                made: dict[str, Any] = parsed
                return made
        except (ValueError, KeyError, TypeError):
            if b"\0" in line:
                return None
        raise BulkError(
            f"{self.path}: line {number} was not written by this program; name another output"
        )

    def prepare(self, retry_failed: bool) -> None:
        """Makes it ready to grow: cuts a half-written line off, and takes out failed rows that are
        to be asked again."""
        if self._is_damaged or (retry_failed and any(row.failed for row in self.done.values())):
            self._rewrite(retry_failed)
        with self._reporting():
            os.ftruncate(self._file, self._size)
            if self._size and self._last_byte() != b"\n":
                self._write(b"\n")

    def _rewrite(self, without_failed: bool) -> None:
        """Writes the lines that stay into a new file, which takes the place of the old one at
        once."""
        left_out = set(self._lost)
        if without_failed:
            left_out |= {row.line for row in self.done.values() if row.failed}
            self.done = {key: row for key, row in self.done.items() if not row.failed}
        fresh = self.path.with_name(self.path.name + ".new")
        try:
            self._size, lines = 0, self._lines()
            with fresh.open("wb") as file:
                kept = 0
                for number, line in lines:
                    if number not in left_out:
                        kept += file.write(line.strip(b"\0\n") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            opened = os.open(fresh, _FLAGS)
            _lock(opened, self.path)
            fresh.replace(self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise BulkError(f"{fresh}: {error.strerror}; {self.path} is as it was") from None
        os.close(self._file)
        self._file, self._size = opened, kept
        _platform.sync_folder(self.path.parent)

    def _last_byte(self) -> bytes:
        os.lseek(self._file, -1, os.SEEK_END)
        return os.read(self._file, 1)

    def append(self, data: bytes) -> None:
        """Adds one line, or nothing of it."""
        with self._reporting():
            self._write(data)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)
        self.is_dirty = True

    def sync(self) -> None:
        """Returns when the disk has everything that was written."""
        self.is_dirty = False
        with self._reporting():
            os.fsync(self._file)

    def close(self) -> None:
        """Leaves no empty file behind that was not there."""
        file, self._file = self._file, -1
        if file < 0:
            return
        if not self._existed and os.fstat(file).st_size == 0:
            self.path.unlink(missing_ok=True)
        os.close(file)

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BulkError(
                f"{self.path}: {error.strerror}; every row that is in it is whole and safe; make"
                " room and type the same command again, which asks the others"
            ) from None


def _lock(file: int, path: Path) -> None:
    try:
        _platform.lock_file(file)
    except OSError:
        raise BulkError(f"{path}: another run is writing it") from None


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
