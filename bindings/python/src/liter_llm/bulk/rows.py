"""Rows: the requests that a file asks for, each with its custom_id. Owns which forms a row may
have: OpenAI's batch format, a request, a prompt, or columns for a template."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .faults import BulkError, RowError
from .records import Record, read_records
from .template import Template, listed

_REQUESTS = ("messages", "input", "documents")
"""A record with one of these fields is a request itself."""
_FORMS = '"body" (a row of OpenAI\'s batches), "messages", "prompt", or columns and --template'


class Row(NamedTuple):
    """One row of the input, as it is to be asked."""

    custom_id: str
    line: int
    request: dict[str, Any]
    fault: str | None
    digest: bytes
    """Of all that decides about the answer: another request has another one."""


class Recipe(NamedTuple):
    """How a record becomes a request."""

    path: Path
    format: str
    provider: str | None
    model: str | None
    system: str | None
    template: Template | None
    id_column: str | None
    operation: str
    fields: Mapping[str, Any]
    """Of each request that does not have them itself."""

    def read(self) -> Iterator[Row]:
        """The rows of the file, from its beginning. The first one decides whether the file is what
        it is taken for; a later one that is wrong is a row with a fault."""
        for record in read_records(self.path, self.format):
            row = self.row_of(record)
            if record.number == 1 and row.fault is not None:
                raise BulkError(f"{self.path}: {row.fault}")
            yield row

    def row_of(self, record: Record) -> Row:
        """What a record asks for; where that is nothing, a row with a fault."""
        request: dict[str, Any] = {}
        fault = record.fault
        custom_id = f"row-{record.number}"
        if fault is None:
            try:
                custom_id = self._custom_id(record) or custom_id
                request = self._request(record)
            except RowError as wrong:
                fault = f"line {record.line}: {wrong}"
        asked = fault if fault is not None else request
        return Row(custom_id, record.line, request, fault, digest(self.provider, custom_id, asked))

    def _custom_id(self, record: Record) -> str | None:
        name = self.id_column or "custom_id"
        value = record.fields.get(name)
        if value is None and self.id_column and name not in record.fields:
            raise RowError(f"no column {name!r}; there are {listed(record.fields)}")
        if value is None or value == "":
            return None
        if isinstance(value, (dict, list)):
            raise RowError(f"{name}: expected text, got {type(value).__name__}")
        return str(value)

    def _request(self, record: Record) -> dict[str, Any]:
        fields = record.fields
        if self.template is not None:
            made = self._ask(self.template.render(fields))
        elif "body" in fields and self.format == "jsonl":
            made = fields["body"]
            if not isinstance(made, dict):
                raise RowError(f"body: expected an object, got {type(made).__name__}")
        elif self.format == "jsonl" and any(name in fields for name in _REQUESTS):
            made = {name: value for name, value in fields.items() if name != "custom_id"}
        elif "prompt" in fields:
            if not isinstance(fields["prompt"], str):
                raise RowError(f"prompt: expected text, got {type(fields['prompt']).__name__}")
            made = self._ask(fields["prompt"])
        else:
            raise RowError(f"expected {_FORMS}; there are {listed(fields)}")
        return self._complete(made)

    def _ask(self, prompt: str) -> dict[str, Any]:
        if self.operation == "embed":
            return {"input": [prompt]}
        return {"messages": [{"role": "user", "content": prompt}]}

    def _complete(self, made: dict[str, Any]) -> dict[str, Any]:
        request = {**self.fields, **made}
        if self.model is not None and request.get("model") is None:
            request["model"] = self.model
        if request.get("model") is None:
            raise RowError("no model; name one in the row, or with -m")
        messages = request.get("messages")
        if self.system is not None and isinstance(messages, list):
            first = messages[0] if messages and isinstance(messages[0], dict) else {}
            if first.get("role") not in ("system", "developer"):
                request["messages"] = [{"role": "system", "content": self.system}, *messages]
        return request


def digest(*parts: Any) -> bytes:
    """16 bytes by which things are told apart."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).digest()[:16]


def id_digest(custom_id: str) -> bytes:
    """What is kept of a custom_id, of whatever length."""
    return hashlib.sha256(custom_id.encode("utf-8", "surrogatepass")).digest()[:16]
