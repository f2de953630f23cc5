"""LinesDatasink: how Ray Data writes lines, a file for each task. Owns that a file is whole when it
has its name, and that a task that runs again replaces its own file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyarrow.fs import FileSystem, LocalFileSystem
from ray.data import Datasink
from ray.data.block import BlockAccessor

from ..bulk.lines import encode
from .columns import make_line


class LinesDatasink(Datasink[None]):
    """Into one folder. Every run has its own name in the names of its files."""

    def __init__(self, uri: str, run: str, suffix: str) -> None:
        self._uri = uri
        self._run = run
        self._suffix = suffix

    def on_write_start(self, schema: Any = None) -> None:
        filesystem, folder = FileSystem.from_uri(self._uri)
        filesystem.create_dir(folder, recursive=True)

    def write(self, blocks: Iterable[Any], ctx: Any) -> None:
        filesystem, folder = FileSystem.from_uri(self._uri)
        path = f"{folder}/{self._run}-{ctx.task_idx:06}{self._suffix}"
        # An object store shows an object when it is whole; a disk shows a file as it grows.
        is_local = isinstance(filesystem, LocalFileSystem)
        begun = f"{path}.part" if is_local else path
        count = 0
        with filesystem.open_output_stream(begun) as file:
            for block in blocks:
                for row in BlockAccessor.for_block(block).iter_rows(public_row_format=True):
                    file.write(encode(make_line(row)))
                    count += 1
        if not count:
            filesystem.delete_file(begun)
        elif is_local:
            filesystem.move(begun, path)
