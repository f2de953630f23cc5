"""BatchState: the file beside the output that knows which rows are in a batch at the provider, and
by which handle. It only grows, by one whole line that the disk has before anything depends on it:

an intent with a mark and its rows, before a batch is submitted; its handle, as soon as there is
one; and that its results are in the output. An intent without a handle may have been submitted.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import _platform
from .faults import BulkError

_DIGEST_BYTES = 16


class OpenBatch:
    """Rows whose results are not in the output."""

    def __init__(self, mark: str, began: int, provider: str | None, rows: list[bytes]) -> None:
        self.mark = mark
        """What `metadata.liter_batch` is."""
        self.began = began
        """When it was about to be submitted, in seconds since 1970."""
        self.provider = provider
        self.rows = rows
        """Their digests, which are also their ids at the provider."""
        self.handle: str | None = None
        """None: it is not known whether it was submitted."""
        self.id = ""


def state_path(output: Path) -> Path:
    """Beside the output."""
    return output.with_name(output.name + ".batch")


class BatchState:
    """The file is made with its first line, and taken away when no batch is open any more. Whoever
    has it open holds the lock of the output."""

    def __init__(self, output: Path) -> None:
        self.path = state_path(output)
        self.batches: dict[str, OpenBatch] = {}
        """Those that are open, by mark."""
        self._file = -1
        self._size = 0
        self._before = 0
        """Where the last line begins."""
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise BulkError(f"{self.path}: {error.strerror}") from None
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                return  # Nothing depends on it: a run ended while it wrote.
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise BulkError(
                    f"{self.path}: line {number} was not written by this program; name another"
                    " output, or see at the provider what runs and remove the file"
                ) from None
            self._size += len(line)

    def _take(self, line: dict[str, Any]) -> None:
        mark = line["mark"]
        if line["what"] == "intent":
            data = base64.b64decode(line["rows"])
            starts = range(0, len(data), _DIGEST_BYTES)
            rows = [data[start : start + _DIGEST_BYTES] for start in starts]
            self.batches[mark] = OpenBatch(mark, line["began"], line["provider"], rows)
        elif line["what"] == "submitted":
            self.batches[mark].handle, self.batches[mark].id = line["batch"], line["id"]
        else:
            del self.batches[mark]

    # ---- what is written

    def intend(self, provider: str | None, rows: Sequence[bytes]) -> OpenBatch:
        """Before a submission."""
        batch = OpenBatch(uuid.uuid4().hex, int(time.time()), provider, list(rows))
        packed = base64.b64encode(b"".join(rows)).decode()
        self._write("intent", batch, began=batch.began, provider=provider, rows=packed)
        self.batches[batch.mark] = batch
        return batch

    def submitted(self, batch: OpenBatch, handle: str, name: str) -> None:
        """As soon as there is a handle."""
        batch.handle, batch.id = handle, name
        self._write("submitted", batch, batch=handle, id=name)

    def take_back(self, batch: OpenBatch) -> None:
        """The last intent, of which the provider got nothing."""
        del self.batches[batch.mark]
        with self._reporting():
            os.ftruncate(self._file, self._before)
            os.fsync(self._file)
        self._size = self._before

    def lost(self, batch: OpenBatch) -> None:
        """An intent of an earlier run that the provider has no batch of."""
        self._write("lost", batch)
        del self.batches[batch.mark]

    def collected(self, batch: OpenBatch) -> None:
        """The disk has all its results."""
        self._write("collected", batch)
        del self.batches[batch.mark]

    def _write(self, what: str, of: OpenBatch, **more: Any) -> None:
        line = {"what": what, "mark": of.mark, **more}
        left = memoryview(json.dumps(line).encode() + b"\n")
        size = len(left)
        with self._reporting():
            if self._file < 0:
                self._open()
            try:
                while left:
                    left = left[os.write(self._file, left) :]
                os.fsync(self._file)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._size)
                raise
        self._before, self._size = self._size, self._size + size

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _platform.OPEN_FLAGS
        self._file = os.open(self.path, flags, 0o666)
        os.ftruncate(self._file, self._size)
        _platform.sync_folder(self.path.parent)

    def close(self) -> None:
        """Leaves no file behind when nothing is open."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
        if not self.batches:
            self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BulkError(
                f"{self.path}: {error.strerror}; make room and type the same command again, which"
                " looks for a batch that was submitted meanwhile"
            ) from None
