"""Splitting: which rows go into one batch. A batch is of one model and one operation, and has no
more rows, inputs and bytes than the provider takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .rows import Row

ROWS_MAX = 50_000
"""Of a file, and inputs of embeddings: OpenAI's batch guide; Anthropic takes 100,000."""
_CLIENT_BYTES_MAX = 64 * 1024 * 1024
"""What a client sends in one request (`request_bytes_max`); providers take 100 MB and more."""
_ENVELOPE_BYTES = 400
"""What a row has beside its request."""
_SHARE = 0.8
"""The wire's own names may be longer than ours."""


class Chunk:
    """The rows of one batch."""

    def __init__(self, provider: str | None) -> None:
        self.provider = provider
        self.rows: list[Row] = []
        self.inputs = 0
        self.bytes = 0


class Splitter:
    """Rows in, chunks out."""

    def __init__(self, options: Mapping[str, Any], rows_max: int) -> None:
        self._named = options.get("provider")
        self._bytes_max = options.get("request_bytes_max") or _CLIENT_BYTES_MAX
        self._rows_max = rows_max
        self._open: dict[tuple[Any, Any], Chunk] = {}

    def add(self, row: Row) -> Iterator[Chunk]:
        """A chunk that is full, if there is one now."""
        request = as_batch_row(row.request)
        key = (request["operation"], str(request.get("model")))
        inputs = request.get("input") if key[0] == "embed" else None
        count = len(inputs) if isinstance(inputs, list) else 1
        size = len(json.dumps(request, default=str)) + _ENVELOPE_BYTES
        chunk = self._open.get(key)
        if chunk is not None and not self._has_room(chunk, count, size):
            yield self._open.pop(key)
            chunk = None
        if chunk is None:
            chunk = self._open[key] = Chunk(self._named or _prefix(request.get("model")))
        chunk.rows.append(row._replace(request=request))
        chunk.inputs += count
        chunk.bytes += size

    def _has_room(self, chunk: Chunk, inputs: int, size: int) -> bool:
        return (
            len(chunk.rows) < self._rows_max
            and chunk.inputs + inputs <= ROWS_MAX
            and chunk.bytes + size <= self._bytes_max * _SHARE
        )

    def rest(self) -> Iterator[Chunk]:
        """The chunks that are not full."""
        while self._open:
            yield self._open.pop(next(iter(self._open)))


def as_batch_row(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request that says what it is for, by the same rules as map()."""
    operation = request.get("operation")
    if operation is None:
        operation = "chat"
        if request.get("messages") is None:
            names = {"documents": "rerank", "input": "embed"}
            found = [kind for name, kind in names.items() if request.get(name) is not None]
            operation = found[0] if found else "chat"
    return {**request, "operation": operation}


def _prefix(model: Any) -> str | None:
    """The provider that a model names."""
    provider, slash, _ = str(model).partition("/")
    return provider if slash else None
