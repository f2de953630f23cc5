"""The tables of the documentation are made from core/schema/schema.json.

    python schema_tables.py [--write] DOCUMENT.md ...

A table stands between `<!-- schema: name -->` and `<!-- /schema -->`. The check fails when one
differs from the list, or when a list has a table in no document; --write renews them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
SCHEMA = Path(__file__).parents[2] / "core/schema/schema.json"
TABLE = re.compile(r"(<!-- schema: (\w+) -->\n)(.*?)(<!-- /schema -->\n)", re.DOTALL)

# The fields that an event's JSON has.
EVENT_FIELDS = {
    "START": "start_fields",
    "TOOL_DELTA": "tool_delta_fields",
    "TOOL_CALL": "tool_call_fields",
    "KEY": "key_fields",
    "END": "receipt_fields",
    "LOG": "log_fields",
}


def code(values: list[str]) -> str:
    """Names as code, in one cell."""
    return ", ".join(f"`{value}`" for value in values)


def meaning(entry: Entry) -> str:
    """The description of the entry, without the full stop."""
    return str(entry["description"]).removesuffix(".").replace("|", "\\|")


def default(entry: Entry) -> str:
    """A default as JSON has it; nothing where there is none."""
    return "" if entry["default"] is None else f"`{json.dumps(entry['default'])}`".replace('"', "")


def kind(entry: Entry) -> str:
    """What it holds."""
    return str(entry["type"])


def named(entry: Entry) -> str:
    """Its name as code."""
    return code([entry["name"]])


def provider_address(entry: Entry) -> str:
    """The default base URL."""
    return code([entry["base_url"]]) if entry["base_url"] else "yours"


def provider_key(entry: Entry) -> str:
    """The variables of its key."""
    if not entry["key_variables"]:
        return "none"
    return code(entry["key_variables"]) + ("" if entry["needs_key"] else ", not needed")


def base_url_variable(entry: Entry) -> str:
    """The variable of its base URL, if it has one."""
    return code([name for name in [entry["base_url_variable"]] if name])


def event_fields(schema: dict[str, Any]) -> Callable[[Entry], str]:
    """The names of the fields of an event."""

    def fields(entry: Entry) -> str:
        listed = schema.get(EVENT_FIELDS.get(entry["name"], ""), [])
        return code([field["name"] for field in listed])

    return fields


def own_fields(entry: Entry) -> str:
    """The names of the fields of an operation."""
    if entry["name"] in ("chat", "count_tokens"):
        return "those of a request"
    return code([field["name"] for field in entry["fields"]])


def columns(schema: dict[str, Any]) -> dict[str, dict[str, Callable[[Entry], str]]]:
    """Every table: the headings, and what stands below each."""
    option: dict[str, Callable[[Entry], str]] = {"option": named, "holds": kind}
    field: dict[str, Callable[[Entry], str]] = {
        "field": named,
        "holds": kind,
        "meaning": meaning,
    }
    return {
        "providers": {
            "name": named,
            "APIs": lambda entry: code(entry["apis"]) if "chat" in entry["operations"] else "",
            "beside chat": lambda entry: code(
                [name for name in entry["operations"] if name != "chat"]
            ),
            "key": provider_key,
            "base URL": provider_address,
            "base URL from": base_url_variable,
        },
        "wires": {"wire": named, "providers": lambda entry: code(entry["providers"])},
        "request_fields": field,
        "operations": {"operation": named, "fields": own_fields, "meaning": meaning},
        "embed_fields": field,
        "rerank_fields": field,
        "model_fields": field,
        "input_tokens_fields": field,
        "tape_fields": {"field": named, "holds": kind, "default": default, "meaning": meaning},
        "script_answer_fields": field,
        "script_condition_fields": field,
        "script_error_fields": field,
        "script_request_fields": field,
        "stats_fields": field,
        "provider_stats_fields": field,
        "call_options": {**option, "meaning": meaning},
        "client_options": {**option, "default": default, "meaning": meaning},
        "event_kinds": {
            "number": lambda entry: str(entry["number"]),
            "event": lambda entry: str(entry["name"]),
            "meaning": meaning,
            "fields": event_fields(schema),
        },
        "receipt_fields": field,
        "usage_fields": field,
        "tried_fields": field,
        "error_kinds": {
            "number": lambda entry: str(entry["number"]),
            "kind": lambda entry: str(entry["name"]),
            "retried": lambda entry: str(entry["retried"]),
            "when": meaning,
        },
        "error_fields": field,
    }


def entries(schema: dict[str, Any], name: str) -> list[Entry]:
    """A list of the schema, its providers by wire, or the fields of one of its operations."""
    if name == "wires":
        wires: dict[str, list[str]] = {}
        for entry in schema["providers"]:
            wires.setdefault(entry["wire"], []).append(entry["name"])
        return [{"name": wire, "providers": names} for wire, names in wires.items()]
    fields = {f"{entry['name']}_fields": entry["fields"] for entry in schema["operations"]}
    return list(schema.get(name) or fields[name])


def table(schema: dict[str, Any], name: str) -> str:
    """A list as a table."""
    cells = columns(schema)[name]
    rows = [list(cells), ["---"] * len(cells)]
    rows += [[cell(entry) for cell in cells.values()] for entry in entries(schema, name)]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows).replace("|  |", "| |")


def renewed(text: str, schema: dict[str, Any]) -> str:
    """The text with every table as the list has it."""
    return TABLE.sub(lambda found: found[1] + table(schema, found[2]) + found[4], text)


def problems(text: str, schema: dict[str, Any]) -> list[str]:
    """What is wrong with the tables of a text."""
    found = {match[2]: match[3] for match in TABLE.finditer(text)}
    tables = columns(schema)
    wrong = [f"no list is named {name}" for name in found if name not in tables]
    wrong += [
        f"the table of {name} differs from core/schema/schema.json; `make schema` writes it"
        for name, rows in found.items()
        if name in tables and rows != table(schema, name)
    ]
    return wrong


def main(arguments: list[str]) -> int:
    """Checks or writes; the exit code."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = 0
    missing = set(columns(schema))
    for document in (Path(name) for name in arguments if name != "--write"):
        text = document.read_text(encoding="utf-8")
        if "--write" in arguments:
            document.write_text(renewed(text, schema), encoding="utf-8")
            text = document.read_text(encoding="utf-8")
        missing -= {match[2] for match in TABLE.finditer(text)}
        for problem in problems(text, schema):
            print(f"{document}: {problem}")
            wrong += 1
    for name in sorted(missing):
        print(f"there is no table of {name}")
        wrong += 1
    if not wrong:
        print("tables of schema.json: nothing to mend")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
