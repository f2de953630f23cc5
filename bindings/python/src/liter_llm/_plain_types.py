"""JSON for Python's own types without pydantic: dataclasses, TypedDicts, named tuples, Optional,
Union, Literal, Enum, lists, tuples, sets, dicts, dates and UUIDs.

A hint becomes a schema, and a function that makes the value of what json.loads gives. Values are
checked as strictly as JSON is: a text is no number. Refuses every other type.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import types
import typing
import uuid
from collections import abc
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Optional, Union

from ._json_type_errors import TypeWithoutJsonError, ValueMismatchError

Schema = dict[str, Any]
Read = Callable[[Any, str], Any]
Made = tuple[Schema, Read]

NO_DEFAULT: Any = dataclasses.MISSING
_UNIONS = (Union, getattr(types, "UnionType", Union))
_WRAPPERS = ("Required", "NotRequired", "ReadOnly", "Final")
_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Iterable: list,
    abc.Collection: list,
    set: set,
    abc.Set: set,
    frozenset: frozenset,
}
_DICTS = (dict, abc.Mapping, abc.MutableMapping)


class Field(NamedTuple):
    """A field of an object, or an argument of a function."""

    hint: Any
    is_required: bool = True
    description: Optional[str] = None
    default: Any = NO_DEFAULT
    """For the schema, where it is JSON."""


class PlainTypes:
    """The types of one schema. Those with fields are in `definitions`, so that they may have
    themselves as a field."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._readers: dict[str, Read] = {}
        self._names: dict[Any, str] = {}

    def make(self, hint: Any, place: str) -> Made:
        """place: where the hint stands, for faults."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint in (Any, object):
            return {}, _read_any
        if origin is typing.Annotated:  # first, as what is noted may have no hash
            return self._make_annotated(hint, place)
        if hint in _SCALARS:
            return _SCALARS[hint]
        if _bare_name(origin) in _WRAPPERS:
            return self.make(arguments[0], place)
        if origin in _UNIONS:
            return self._make_union(arguments, place)
        if origin is Literal:
            return _make_words({word: word for word in arguments})
        bare = origin or hint
        if bare is tuple:
            return self._make_tuple(arguments or (Any, ...), place)
        if bare in _LISTS:
            return self._make_list(_LISTS[bare], arguments[0] if arguments else Any, place)
        if bare in _DICTS:
            return self._make_dict(arguments or (str, Any), place)
        if hasattr(hint, "__supertype__"):  # of NewType
            return self.make(hint.__supertype__, place)
        if hasattr(hint, "__value__"):  # of `type Name = ...`
            return self.make(hint.__value__, place)
        if isinstance(hint, type):
            return self._make_class(hint, place)
        raise TypeWithoutJsonError(f"{place}: {hint!r} has no JSON")

    def make_object(
        self,
        name: str,
        fields: Mapping[str, Field],
        build: Callable[..., Any],
        is_closed: bool = False,
    ) -> Made:
        """is_closed: whether other fields are a fault; else they are left out."""
        made = {field: self.make(of.hint, f"{name}.{field}") for field, of in fields.items()}
        properties: Schema = {}
        for field, of in fields.items():
            properties[field] = dict(made[field][0])
            if of.description:
                properties[field]["description"] = of.description
            if of.default is not NO_DEFAULT and is_json(of.default):
                properties[field]["default"] = of.default
        required = [field for field, of in fields.items() if of.is_required]
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if is_closed:
            schema["additionalProperties"] = False

        def read(value: Any, at: str) -> Any:
            if not isinstance(value, dict):
                raise _expected("an object", value, at)
            for field in required:
                if field not in value:
                    raise ValueMismatchError(f"{_join(at, field)}: missing")
            for field in value if is_closed else ():
                if field not in made:
                    raise ValueMismatchError(f"{_join(at, field)}: there is no such field")
            values = {
                field: reader(value[field], _join(at, field))
                for field, (_, reader) in made.items()
                if field in value
            }
            try:
                return build(**values)
            except (ValueError, AssertionError) as error:  # of a __post_init__
                raise ValueMismatchError(f"{at or name}: {error}") from None

        return schema, read

    def _make_annotated(self, hint: Any, place: str) -> Made:
        schema, read = self.make(hint.__origin__, place)
        text = noted(hint)
        return ({**schema, "description": text} if text else schema), read

    def _make_union(self, members: tuple[Any, ...], place: str) -> Made:
        made = [self.make(member, place) for member in members]

        def read(value: Any, at: str) -> Any:
            faults: list[ValueMismatchError] = []
            for member, (_, reader) in zip(members, made):
                try:
                    return reader(value, at)
                except ValueMismatchError as fault:
                    if member is not type(None) or value is None:
                        faults.append(fault)
            if len(faults) == 1:
                raise faults[0]
            raise ValueMismatchError("; or ".join(str(fault) for fault in faults))

        return {"anyOf": [schema for schema, _ in made]}, read

    def _make_list(self, build: Callable[[list[Any]], Any], item: Any, place: str) -> Made:
        schema, read_item = self.make(item, f"{place}[]")

        def read(value: Any, at: str) -> Any:
            if not isinstance(value, list):
                raise _expected("a list", value, at)
            return build([read_item(inner, f"{at}[{index}]") for index, inner in enumerate(value)])

        return {"type": "array", "items": schema}, read

    def _make_tuple(self, items: tuple[Any, ...], place: str) -> Made:
        if len(items) == 2 and items[1] is Ellipsis:
            return self._make_list(tuple, items[0], place)
        made = [self.make(item, f"{place}[{index}]") for index, item in enumerate(items)]

        def read(value: Any, at: str) -> Any:
            if not isinstance(value, list) or len(value) != len(made):
                raise _expected(f"a list of {len(made)}", value, at)
            inner = zip(value, made)
            return tuple([item[1](one, f"{at}[{n}]") for n, (one, item) in enumerate(inner)])

        count = len(made)
        schemas = [schema for schema, _ in made]
        sizes = {"minItems": count, "maxItems": count}
        return {"type": "array", "prefixItems": schemas, **sizes}, read

    def _make_dict(self, arguments: tuple[Any, ...], place: str) -> Made:
        key, inner = arguments
        if key not in (str, Any):
            raise TypeWithoutJsonError(f"{place}: the keys of a JSON object are str, not {key!r}")
        schema, read_value = self.make(inner, f"{place}{{}}")

        def read(value: Any, at: str) -> Any:
            if not isinstance(value, dict):
                raise _expected("an object", value, at)
            return {name: read_value(inner, _join(at, name)) for name, inner in value.items()}

        return {"type": "object", "additionalProperties": schema}, read

    def _make_class(self, hint: type, place: str) -> Made:
        if issubclass(hint, enum.Enum):
            return _make_words({member.value: member for member in hint})
        fields = _fields_of(hint, place)
        name = self._names.get(hint)
        if name is None:
            name = hint.__name__
            while name in self.definitions:
                name += "_"
            self._names[hint] = name
            self.definitions[name] = {}  # for a field of this same type
            schema, self._readers[name] = self.make_object(name, fields, hint)
            doc = _doc_of(hint)
            self.definitions[name].update({"description": doc} if doc else {}, **schema)
        found = name
        return {"$ref": f"#/$defs/{name}"}, lambda value, at: self._readers[found](value, at)


def noted(hint: Any) -> Optional[str]:
    """The description in Annotated[..., "description"]."""
    notes = getattr(hint, "__metadata__", ())
    return next((note for note in notes if isinstance(note, str)), None)


def _fields_of(hint: type, place: str) -> dict[str, Field]:
    is_record = dataclasses.is_dataclass(hint)
    if not is_record and not hasattr(hint, "__total__") and not hasattr(hint, "_fields"):
        raise TypeWithoutJsonError(
            f"{place}: {hint.__qualname__} has no JSON without pydantic; use a dataclass, a"
            " TypedDict, Enum, Literal, list, dict, str, int, float or bool, or install"
            " liter-llm-native[output]"
        )
    try:
        hints = typing.get_type_hints(hint, include_extras=True)
    except Exception as error:
        raise TypeWithoutJsonError(f"{place}: the hints of {hint.__qualname__}: {error}") from None
    if not is_record:
        defaults = getattr(hint, "_field_defaults", {})
        required = getattr(hint, "__required_keys__", hints.keys() - defaults.keys())
        # Of hints that are text, a TypedDict does not know whether they are Required.
        said = {name: _bare_name(typing.get_origin(of)) for name, of in hints.items()}
        return {
            name: Field(
                of,
                said[name] == "Required" or (name in required and said[name] != "NotRequired"),
                None,
                defaults.get(name, NO_DEFAULT),
            )
            for name, of in hints.items()
        }
    found = {}
    for field in dataclasses.fields(hint):
        if field.init:
            has_default = field.default is not NO_DEFAULT or field.default_factory is not NO_DEFAULT
            text = field.metadata.get("description")
            of = Field(hints[field.name], not has_default, text, field.default)
            found[field.name] = of
    return found


def _bare_name(origin: Any) -> Any:
    return getattr(origin, "__name__", getattr(origin, "_name", None))


def _doc_of(hint: type) -> Optional[str]:
    """Not the one that dataclass and NamedTuple make of the fields."""
    doc = hint.__dict__.get("__doc__")
    if not doc or doc.startswith(f"{hint.__name__}("):
        return None
    return " ".join(doc.split())


def _make_words(words: dict[Any, Any]) -> Made:
    """Of Literal and Enum: JSON values, and what each is."""
    kinds = {type(word) for word in words}
    names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    if not kinds <= names.keys():
        values = sorted(map(repr, words))
        raise TypeWithoutJsonError(f"one of {values} is neither text, whole number nor bool")
    schema: Schema = {"enum": list(words)}
    if len(kinds) == 1:
        schema["type"] = names[kinds.pop()]

    def read(value: Any, at: str) -> Any:
        for word, meaning in words.items():
            if type(word) is type(value) and word == value:
                return meaning
        raise _expected(f"one of {list(words)}", value, at)

    return schema, read


def _read_any(value: Any, _: str) -> Any:
    return value


def _read_float(value: Any, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _expected("a number", value, at)
    return float(value)


def _read_int(value: Any, at: str) -> int:
    if isinstance(value, float) and value.is_integer():  # models write 5.0
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _expected("a whole number", value, at)
    return value


def _exact(kind: type, words: str) -> Read:
    def read(value: Any, at: str) -> Any:
        if not isinstance(value, kind):
            raise _expected(words, value, at)
        return value

    return read


def _parsed(parse: Callable[[str], Any], words: str) -> Read:
    def read(value: Any, at: str) -> Any:
        try:
            return parse(value)
        except (AttributeError, TypeError, ValueError):
            raise _expected(words, value, at) from None

    return read


def _parse_moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


_SCALARS: dict[Any, Made] = {
    None: ({"type": "null"}, _exact(type(None), "null")),
    type(None): ({"type": "null"}, _exact(type(None), "null")),
    bool: ({"type": "boolean"}, _exact(bool, "true or false")),
    int: ({"type": "integer"}, _read_int),
    float: ({"type": "number"}, _read_float),
    str: ({"type": "string"}, _exact(str, "text")),
    datetime.datetime: (
        {"type": "string", "format": "date-time"},
        _parsed(_parse_moment, "a time"),
    ),
    datetime.date: (
        {"type": "string", "format": "date"},
        _parsed(datetime.date.fromisoformat, "a date"),
    ),
    uuid.UUID: ({"type": "string", "format": "uuid"}, _parsed(uuid.UUID, "a UUID")),
}


def is_json(value: Any) -> bool:
    """Whether a default can stand in a schema."""
    if isinstance(value, (list, tuple)):
        return all(map(is_json, value))
    return value is None or isinstance(value, (str, bool, int, float))


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _expected(what: str, value: Any, at: str) -> ValueMismatchError:
    """With the kind of the value and not the value itself, which may be anything."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    kind = names.get(type(value), "null" if value is None else "a number")
    return ValueMismatchError(f"{f'{at}: ' if at else ''}expected {what}, got {kind}")
