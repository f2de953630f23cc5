"""Written: what a run leaves, and what the next one need not ask again. Owns the files of a folder,
lines as `liter-llm map` writes them, one whole file for each block of rows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy
import pyarrow
from pyarrow.fs import FileSelector, FileSystem

from ..bulk.rows import id_digest

if TYPE_CHECKING:
    import ray.data

LINES_SUFFIX = ".jsonl"
_DIGEST = "S16"
"""16 bytes are kept of each written row, on the driver and once on each machine."""
NEVER_ANSWERED = ("config", "authentication", "quota_exceeded", "LimitsLostError")
"""Errors that say nothing about the row: it is asked again without being told to."""
Written = Union[str, Path, "ray.data.Dataset"]
"""What tells which rows are answered."""


def write(rows: ray.data.Dataset, folder: str | Path) -> None:
    """Writes answered rows into a folder, also of S3 and the like, as lines of `liter-llm map`:
    a `.jsonl` for each block of rows, which appears when it is whole. What is there stays."""
    from .sink import LinesDatasink

    rows.write_datasink(LinesDatasink(_uri(folder), uuid.uuid4().hex[:12], LINES_SUFFIX))


def unanswered(
    rows: ray.data.Dataset,
    written: Written,
    *,
    id: str = "custom_id",  # noqa: A002  (as Complete has it)
    retry_failed: bool = False,
) -> ray.data.Dataset:
    """The rows that have no answer in `written`: a folder of write(), which need not exist, or a
    dataset with the columns `custom_id` and `error`. A failed row counts as answered, unless it
    failed for want of a key or credit, or with retry_failed."""
    import ray.data

    if isinstance(written, (str, Path)):
        filesystem, path = FileSystem.from_uri(_uri(written))
        paths = _files(filesystem, path)
        if not paths:
            return rows
        lines = ray.data.read_binary_files(paths, filesystem=filesystem)
        made = lines.map_batches(LineDigests(retry_failed), batch_format="pyarrow", batch_size=1)
    else:
        made = written.map_batches(RowDigests(retry_failed), batch_format="pyarrow")
    found = [batch["digest"].astype(_DIGEST) for batch in made.iter_batches(batch_format="numpy")]
    if not found:
        return rows
    # Each machine has one copy, which its workers read where it is.
    answered = ray.put(numpy.unique(numpy.concatenate(found)))
    return rows.map_batches(Unanswered(answered, id), batch_format="pyarrow")


class LineDigests:
    """For files of lines: which rows they answer. A last line that was cut is none."""

    def __init__(self, retry_failed: bool) -> None:
        self._retry_failed = retry_failed

    def __call__(self, files: pyarrow.Table) -> pyarrow.Table:
        ids = []
        for data in files.column("bytes").to_pylist():
            for text in data.splitlines():
                try:
                    line = json.loads(text)
                    counts = is_answered(line.get("error"), self._retry_failed)
                    if counts:
                        ids.append(line["custom_id"])
                except (ValueError, KeyError, AttributeError):
                    continue
        return _digest_table(ids)


class RowDigests:
    """For answered rows, as Complete gives them: which rows they answer."""

    def __init__(self, retry_failed: bool) -> None:
        self._retry_failed = retry_failed

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        pairs = zip(table.column("custom_id").to_pylist(), table.column("error").to_pylist())
        errors = ((name, None if text is None else json.loads(text)) for name, text in pairs)
        return _digest_table([it for it, error in errors if is_answered(error, self._retry_failed)])


class Unanswered:
    """For rows to be asked: leaves out those that are answered."""

    def __init__(self, answered: Any, id_column: str) -> None:
        """answered: a reference to their digests, in order."""
        self._answered = answered
        self._id_column = id_column

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        import ray

        answered = ray.get(self._answered)
        names = ("" if name is None else str(name) for name in _ids(table, self._id_column))
        wanted = numpy.array([id_digest(name) for name in names], _DIGEST)
        places = numpy.searchsorted(answered, wanted)
        places[places == len(answered)] = 0
        return table.filter(pyarrow.array(answered[places] != wanted))


def is_answered(error: Any, retry_failed: bool) -> bool:
    """Whether a row with this error, or none, need not be asked again."""
    if error is None:
        return True
    return not retry_failed and error.get("code") not in NEVER_ANSWERED


def _ids(table: pyarrow.Table, name: str) -> list[Any]:
    ids: list[Any] = table.column(name).to_pylist()
    return ids


def _digest_table(ids: Iterable[str]) -> pyarrow.Table:
    digests = pyarrow.array([id_digest(it) for it in ids], pyarrow.binary())
    return pyarrow.table({"digest": digests})


def _uri(folder: str | Path) -> str:
    text = str(folder)
    return text if "://" in text else Path(text).absolute().as_uri()


def _files(filesystem: Any, path: str) -> list[str]:
    found = filesystem.get_file_info(FileSelector(path, allow_not_found=True))
    return sorted(it.path for it in found if it.is_file and it.path.endswith(LINES_SUFFIX))
