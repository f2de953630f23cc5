"""A JSON schema as providers take it that hold a model to one.

Each provider takes a part of JSON Schema and refuses the rest with a 400. What is sent is what all
of them take: every object closed and every field required (OpenAI, structured outputs, "supported
schemas"; Anthropic, structured outputs, "JSON Schema limitations"), `const` as an `enum` of one
(Gemini's responseJsonSchema has no const), tuples as lists. A limit that they do not hold the model
to, such as `minimum`, goes into the description: the model reads it, and the value is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "ipv4", "ipv6", "uuid"))
_LIMITS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
    *("minProperties", "maxProperties"),
)
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_DEFINITIONS = "#/$defs/"


def make_strict(schema: Mapping[str, Any]) -> tuple[Schema, bool]:
    """The schema, and whether a model can be held to it: not if it has an object whose fields are
    not known, or a place for any value."""
    rewriter = _Rewriter(schema.get("$defs", {}))
    definitions = {name: rewriter.rewrite(of) for name, of in rewriter.definitions.items()}
    root = rewriter.rewrite(schema)
    name = _name_of(root)
    if name in definitions:  # the root has to be an object itself
        root = dict(definitions[name])
    used = _used(root, definitions)
    if used:
        root["$defs"] = {name: definitions[name] for name in definitions if name in used}
    return root, rewriter.is_strict


class _Rewriter:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions
        self.is_strict = True
        self._inlined: list[str] = []

    def rewrite(self, schema: Any) -> Schema:
        if not isinstance(schema, Mapping) or not schema:
            self.is_strict = False
            return {}
        schema = self._flattened(schema)
        if "$ref" in schema:
            return self._rewrite_reference(schema)
        rewritten: Schema = {}
        for name, value in schema.items():
            if name in ("type", "enum"):
                rewritten[name] = value
            elif name == "const":
                rewritten["enum"] = [value]
            elif name in ("anyOf", "oneOf"):
                rewritten["anyOf"] = [self.rewrite(each) for each in value]
            elif name == "allOf":
                rewritten[name] = [self.rewrite(each) for each in value]
            elif name == "items" and "prefixItems" not in schema:
                rewritten[name] = self.rewrite(value)
            elif name == "format" and value in _FORMATS:
                rewritten[name] = value
        if "prefixItems" in schema:
            rewritten["items"] = self._rewrite_tuple(schema["prefixItems"])
        if schema.get("type") == "array":
            rewritten.setdefault("items", {})
            self.is_strict = self.is_strict and bool(rewritten["items"])
        if schema.get("type") == "object":
            self._rewrite_object(schema, rewritten)
        kinds = {_TYPES.get(type(value)) for value in rewritten.get("enum", ())}
        if len(kinds) == 1 and "type" not in rewritten:
            rewritten["type"] = kinds.pop()
        description = _description(schema)
        if description:
            rewritten["description"] = description
        return rewritten

    def _flattened(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """An allOf of one is what it holds."""
        members = schema.get("allOf")
        if isinstance(members, list) and len(members) == 1:
            others = {name: value for name, value in schema.items() if name != "allOf"}
            return self._flattened({**members[0], **others})
        return schema

    def _rewrite_reference(self, schema: Mapping[str, Any]) -> Schema:
        """A $ref stands alone, so a description beside it goes with what it stands for."""
        name, description = _name_of(schema), schema.get("description")
        if name not in self.definitions or not description or name in self._inlined:
            return {"$ref": schema["$ref"]}
        self._inlined.append(name)
        rewritten = self.rewrite({**self.definitions[name], "description": description})
        self._inlined.pop()
        return rewritten

    def _rewrite_object(self, schema: Mapping[str, Any], rewritten: Schema) -> None:
        properties = schema.get("properties") or {}
        others = schema.get("additionalProperties", not properties)
        if not properties and others is not False:
            self.is_strict = False
            rewritten["additionalProperties"] = others if others is True else self.rewrite(others)
            return
        rewritten["properties"] = {name: self.rewrite(of) for name, of in properties.items()}
        rewritten["required"] = list(properties)
        rewritten["additionalProperties"] = False

    def _rewrite_tuple(self, items: list[Any]) -> Schema:
        """No provider takes a schema for each place of a list."""
        made: list[Schema] = []
        for schema in (self.rewrite(item) for item in items):
            if schema not in made:
                made.append(schema)
        return made[0] if len(made) == 1 else {"anyOf": made}


def _description(schema: Mapping[str, Any]) -> str:
    limits = [f"{name}: {schema[name]}" for name in _LIMITS if name in schema]
    form = schema.get("format")
    if form is not None and form not in _FORMATS:
        limits.append(f"format: {form}")
    text = schema.get("description") or ""
    return " ".join(filter(None, [text, f"({', '.join(limits)})" if limits else ""]))


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(_DEFINITIONS)


def _used(schema: Any, definitions: Mapping[str, Schema]) -> set[str]:
    """The definitions that a schema leads to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += one.values()
            name = _name_of(one)
            if name in definitions and name not in found:
                found.add(name)
                waiting.append(definitions[name])
        elif isinstance(one, list):
            waiting += one
    return found
