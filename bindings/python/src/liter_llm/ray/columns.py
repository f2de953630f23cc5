"""Columns: from a table to rows, and from finished rows to a table. Owns which columns there are:
JSON stays text in them, so that every batch has the same types, whatever a provider adds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow

from ..bulk.faults import RowError
from ..bulk.records import Record
from ..bulk.rows import Recipe, Row
from ..bulk.template import Template

JSON_COLUMNS = ("response", "error", "liter_llm")
"""What a line of `liter-llm map` has beside its ids."""
_TEXT = pyarrow.string()
_VECTORS = pyarrow.list_(pyarrow.list_(pyarrow.float32()))


class TableRecipe(Recipe):
    """How a record of a table becomes a request: as that of a line of JSON."""

    __slots__ = ()

    def rows(self, table: pyarrow.Table) -> list[Row]:
        """A row for each of the table's; one that no request can be made of has a fault."""
        name = self.id_column or "custom_id"
        if name not in table.column_names:
            raise RowError(
                f"no column {name!r}; there are {', '.join(table.column_names)}. Each row needs its"
                " own id, since rows of a dataset have no numbers: add one, or name another column"
                " with id="
            )
        return [self._row_of(place, record) for place, record in enumerate(table.to_pylist())]

    def _row_of(self, place: int, record: dict[str, Any]) -> Row:
        fault = None
        if self.template is None:
            # A table has a value in each column; what a line leaves out is null there.
            record = _without_nulls(record)
        body = record.get("body")
        if isinstance(body, str):
            try:
                record["body"] = json.loads(body)
            except ValueError as error:
                fault = f"body is not JSON: {error}"
        if record.get(self.id_column or "custom_id") in (None, ""):
            fault = fault or f"{self.id_column or 'custom_id'} is empty"
            record[self.id_column or "custom_id"] = f"row-without-id-{place}"
        row = self.row_of(Record(place, 0, record, None))
        if fault is None and row.fault is not None:
            fault = row.fault.removeprefix("line 0: ")
        return row if fault is None else row._replace(fault=fault)


def make_recipe(
    provider: str | None,
    model: str | None,
    system: str | None,
    template: str | None,
    id_column: str | None,
    operation: str,
    fields: Mapping[str, Any],
) -> TableRecipe:
    """As the options of `liter-llm map`."""
    made = None if template is None else Template(template)
    nowhere = Path("rows")
    return TableRecipe(
        nowhere, "jsonl", provider, model, system, made, id_column, operation, dict(fields)
    )


def make_table(
    lines: Sequence[Mapping[str, Any]], kept: Mapping[str, Any], more: Mapping[str, Sequence[Any]]
) -> pyarrow.Table:
    """lines: as `liter-llm map` writes them. kept: columns of the input. more: texts or vectors."""
    columns: dict[str, Any] = dict(kept)
    columns["id"] = pyarrow.array([line["id"] for line in lines], _TEXT)
    columns["custom_id"] = pyarrow.array([line["custom_id"] for line in lines], _TEXT)
    for name in JSON_COLUMNS:
        columns[name] = pyarrow.array([_to_json(line[name]) for line in lines], _TEXT)
    for name, values in more.items():
        columns[name] = pyarrow.array(values, _VECTORS if name == "embeddings" else _TEXT)
    return pyarrow.table(columns)


def make_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """The line of `liter-llm map` for a row of a table that make_table() made."""
    line: dict[str, Any] = {"id": row["id"], "custom_id": row["custom_id"]}
    for name in JSON_COLUMNS:
        line[name] = None if row[name] is None else json.loads(row[name])
    vectors = row.get("embeddings")
    if vectors is not None and line["response"] is not None:
        # Nine digits tell every float of 32 bits apart.
        line["response"]["body"]["data"] = [
            {"object": "embedding", "index": place, "embedding": [float(f"{n:.9g}") for n in each]}
            for place, each in enumerate(vectors)
        ]
    return line


def _to_json(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value
