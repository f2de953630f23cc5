"""Records: what a file of rows holds, as dicts with their line numbers. Reads JSONL, CSV and
Parquet one row at a time; a row that cannot be read is a fault with its line number."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .faults import BulkError

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BATCH_ROWS = 1024
_FIELD_BYTES_MAX = 64 * 1024 * 1024


class Record(NamedTuple):
    """One row as it stands in the file."""

    number: int
    """Of the rows, from 1."""
    line: int
    """Of the file, from 1; of Parquet the row."""
    fields: dict[str, Any]
    fault: str | None
    """Why it could not be read."""


def format_of(path: Path, named: str | None) -> str:
    """jsonl, csv, tsv or parquet: as named, else by the file's suffix."""
    return named or FORMATS.get(path.suffix.lower(), "jsonl")


def read_records(path: Path, kind: str) -> Iterator[Record]:
    """The rows of a file, from its beginning."""
    with readable(path):
        if kind == "parquet":
            yield from _read_parquet(path)
        elif kind == "jsonl":
            yield from _read_jsonl(path)
        else:
            yield from _read_csv(path, "\t" if kind == "tsv" else ",")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Says which file could not be read."""
    try:
        yield
    except OSError as error:
        raise BulkError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BulkError(f"{path}: not UTF-8 ({error.reason} near byte {error.start})") from None


def _read_jsonl(path: Path) -> Iterator[Record]:
    number = 0
    with path.open("rb") as lines:
        for line, data in enumerate(lines, 1):
            if line == 1 and data.startswith(b"\xef\xbb\xbf"):
                data = data[3:]
            if not data.strip():
                continue
            number += 1
            yield _parse(number, line, data)


def _parse(number: int, line: int, data: bytes) -> Record:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:  # not UTF-8 is a ValueError, too
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        return Record(number, line, {}, f"line {line} is not JSON: {reason}")
    if not isinstance(fields, dict):
        name = "an array" if isinstance(fields, list) else type(fields).__name__
        return Record(number, line, {}, f"line {line} is {name} and not an object")
    return Record(number, line, fields, None)


def _read_csv(path: Path, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(_FIELD_BYTES_MAX)
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            header = next(reader, None)
            if not header:
                raise BulkError(f"{path}: empty; the first line names the columns")
            twice = {name for name in header if header.count(name) > 1}
            if twice:
                raise BulkError(f"{path}: column {min(twice)!r} stands twice in the first line")
            number, first = 0, reader.line_num + 1
            for values in reader:
                if values:
                    number += 1
                    fault = None
                    if len(values) != len(header):
                        fault = f"line {first} has {len(values)} fields and not {len(header)}"
                    yield Record(number, first, dict(zip(header, values)), fault)
                first = reader.line_num + 1
        except csv.Error as error:
            raise BulkError(f"{path}: line {reader.line_num}: {error}") from None


def _read_parquet(path: Path) -> Iterator[Record]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BulkError(
            f"{path}: Parquet needs pyarrow; pip install 'liter-llm-native[parquet]'"
        ) from None
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for fields in batch.to_pylist():
                    number += 1
                    yield Record(number, number, fields, None)
    except pyarrow.ArrowInvalid as error:
        raise BulkError(f"{path}: row {number + 1}: {str(error).splitlines()[0]}") from None
