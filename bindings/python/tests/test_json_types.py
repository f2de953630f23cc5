"""JSON of Python's types: schemas, what is read by them, what is refused; with pydantic and
without, and as providers take it that hold a model to a schema."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import subprocess
import sys
import typing
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, Union

import pytest
import typing_extensions

from liter_llm._codec import PlainCodec, codec_of
from liter_llm._json_type_errors import TypeWithoutJsonError, ValueMismatchError
from liter_llm._plain_types import Field, PlainTypes
from liter_llm._strict_schema import make_strict


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclasses.dataclass
class Street:
    """A street of a city."""

    name: str
    number: Annotated[Optional[int], "of the house"] = None
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Home:
    street: Street
    kind: Literal["house", "flat"]
    colours: dict[str, Colour]
    neighbours: Sequence[Home] = ()


class Person(typing_extensions.TypedDict, total=False):
    name: typing_extensions.Required[str]
    age: int


class OldPerson(typing.TypedDict):
    """pydantic refuses this one before Python 3.12."""

    name: str


def plain(hint: Any) -> PlainCodec:
    types = PlainTypes()
    return PlainCodec(types, types.make(hint, "it"))


MOMENT = datetime.datetime(2026, 11, 26, 12, 50, tzinfo=datetime.timezone.utc)
READ = [
    (str, "x", "x"),
    (int, 5, 5),
    (int, 5.0, 5),
    (float, 5, 5.0),
    (bool, True, True),
    (None, None, None),
    (Any, {"a": [1]}, {"a": [1]}),
    (Optional[int], None, None),
    (Optional[int], 3, 3),
    (Union[int, str], "3", "3"),
    (list[int], [1, 2], [1, 2]),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[str], ["a"], {"a"}),
    (Mapping[str, int], {"a": 1}, {"a": 1}),
    (Literal["a", 1, None], 1, 1),
    (Colour, "blue", Colour.BLUE),
    (Point, {"x": 1}, Point(1)),
    (Annotated[int, "how many", {}], 1, 1),
    (NewType("Age", int), 4, 4),
    (Person, {"name": "Ada"}, {"name": "Ada"}),
    (Person, {"name": "Ada", "age": 36}, {"name": "Ada", "age": 36}),
    (OldPerson, {"name": "Ada"}, {"name": "Ada"}),
    (datetime.datetime, "2026-11-26T12:50:00Z", MOMENT),
    (datetime.date, "2026-11-26", datetime.date(2026, 11, 26)),
    (uuid.UUID, str(uuid.UUID(int=5)), uuid.UUID(int=5)),
    (Street, {"name": "Elbe", "more": 1}, Street("Elbe")),
    (
        Home,
        {
            "street": {"name": "Elbe", "number": 5, "tags": ["wet"]},
            "kind": "flat",
            "colours": {"door": "red"},
            "neighbours": [{"street": {"name": "Alster"}, "kind": "house", "colours": {}}],
        },
        Home(
            Street("Elbe", 5, ["wet"]),
            "flat",
            {"door": Colour.RED},
            [Home(Street("Alster"), "house", {})],
        ),
    ),
]


@pytest.mark.parametrize(("hint", "value", "expected"), READ, ids=str)
def test_values_are_read_without_pydantic(hint, value, expected):
    read = plain(hint).read_json(json.dumps(value))
    assert (read, type(read)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("hint", "value", "expected"), [row for row in READ if row[0] is not Point], ids=str
)
def test_values_are_read_with_pydantic(hint, value, expected):
    """But for named tuples, which are lists there."""
    assert codec_of(hint).read_json(json.dumps(value)) == expected


MISFITS = [
    (int, "5", "expected a whole number, got text"),
    (int, True, "expected a whole number, got true or false"),
    (int, 5.5, "expected a whole number, got a number"),
    (float, None, "expected a number, got null"),
    (str, 5, "expected text, got a number"),
    (bool, 1, "expected true or false, got a number"),
    (list[int], {"a": 1}, "expected a list, got an object"),
    (list[int], [1, "b"], "[1]: expected a whole number, got text"),
    (tuple[int, str], [1], "expected a list of 2, got a list"),
    (dict[str, int], {"a": "b"}, "a: expected a whole number, got text"),
    (Literal["a", "b"], "c", "expected one of ['a', 'b'], got text"),
    (Literal[1], True, "expected one of [1], got true or false"),
    (Colour, "green", "expected one of ['red', 'blue'], got text"),
    (Optional[int], "x", "expected a whole number, got text"),
    (Union[int, list[int]], "x", "expected a whole number, got text; or expected a list, got text"),
    (Street, {}, "name: missing"),
    (Street, [], "expected an object, got a list"),
    (Person, {"age": 1}, "name: missing"),
    (datetime.date, "today", "expected a date, got text"),
    (Home, {"street": {}, "kind": "flat", "colours": {}}, "street.name: missing"),
]


@pytest.mark.parametrize(("hint", "value", "message"), MISFITS, ids=str)
def test_what_does_not_fit_is_named(hint, value, message):
    with pytest.raises(ValueMismatchError) as caught:
        plain(hint).read_json(json.dumps(value))
    assert str(caught.value) == message


def test_what_is_no_json_is_named():
    with pytest.raises(ValueMismatchError, match=r"^invalid JSON: "):
        plain(int).read_json("{")
    with pytest.raises(ValueMismatchError, match=r"^invalid JSON: "):
        plain(Any).read_json("[" * 100_000)


def test_a_closed_object_has_no_other_fields():
    made = PlainTypes().make_object("it", {"a": Field(int)}, dict, is_closed=True)
    codec = PlainCodec(PlainTypes(), made)

    assert codec.schema["additionalProperties"] is False
    assert codec.read_json('{"a": 1}') == {"a": 1}
    with pytest.raises(ValueMismatchError, match=r"^b: there is no such field$"):
        codec.read_json('{"a": 1, "b": 2}')


def test_what_a_class_refuses_is_a_misfit():
    @dataclasses.dataclass
    class Positive:
        number: int

        def __post_init__(self) -> None:
            if self.number < 1:
                raise ValueError("not above 0")

    with pytest.raises(ValueMismatchError, match=r"^Positive: not above 0$"):
        codec = plain(Positive)
        assert codec.read_json('{"number": 1}') == Positive(1)
        codec.read_json('{"number": 0}')


class Opaque:
    pass


@dataclasses.dataclass
class Holder:
    inner: Opaque


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        (Opaque, "it: Opaque has no JSON without pydantic"),
        (Holder, "Holder.inner: Opaque has no JSON without pydantic"),
        (dict[int, str], "it: the keys of a JSON object are str"),
        (typing.Callable[[], int], "it: typing.Callable"),
        (Literal[b"a"], "neither text, whole number nor bool"),
    ],
    ids=str,
)
def test_a_type_without_json_is_named(hint, message):
    with pytest.raises(TypeWithoutJsonError) as caught:
        plain(hint)
    assert message in str(caught.value)


NUMBER = {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "of the house"}
STREET = {
    "type": "object",
    "description": "A street of a city.",
    "properties": {
        "name": {"type": "string"},
        "number": NUMBER,
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "number", "tags"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("make", [plain, codec_of])
def test_a_strict_schema_closes_every_object(make):
    assert make_strict(make(Street).schema) == (STREET, True)


@pytest.mark.parametrize("make", [plain, codec_of])
def test_a_type_that_has_itself_is_a_reference(make):
    schema, is_strict = make_strict(make(Home).schema)

    assert schema["type"] == "object"
    assert schema["properties"]["neighbours"]["items"] == {"$ref": "#/$defs/Home"}
    assert schema["$defs"]["Street"] == STREET
    assert schema["$defs"]["Home"]["required"] == ["street", "kind", "colours", "neighbours"]
    assert not is_strict  # for its dict of any keys
    words = schema["properties"]["kind"]
    assert words == {"type": "string", "enum": ["house", "flat"]}


@pytest.mark.parametrize(
    ("schema", "expected", "is_strict"),
    [
        ({"const": 5, "title": "T"}, {"enum": [5], "type": "integer"}, True),
        (
            {"type": "integer", "minimum": 1},
            {"type": "integer", "description": "(minimum: 1)"},
            True,
        ),
        (
            {"type": "string", "format": "uri", "description": "Where", "default": "x"},
            {"type": "string", "description": "Where (format: uri)"},
            True,
        ),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}, True),
        (
            {"oneOf": [{"type": "string"}], "discriminator": {"propertyName": "t"}},
            {"anyOf": [{"type": "string"}]},
            True,
        ),
        (
            {"allOf": [{"type": "string"}], "description": "d"},
            {"type": "string", "description": "d"},
            True,
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            True,
        ),
        ({"type": "array"}, {"type": "array", "items": {}}, False),
        ({"type": "object"}, {"type": "object", "additionalProperties": True}, False),
        (
            {"type": "object", "properties": {"title": {"title": "Title", "type": "string"}}},
            {
                "type": "object",
                "properties": {"title": {"type": "string"}},
                "required": ["title"],
                "additionalProperties": False,
            },
            True,
        ),
    ],
    ids=str,
)
def test_only_what_all_providers_take_is_kept(schema, expected, is_strict):
    assert make_strict(schema) == (expected, is_strict)


def test_a_described_reference_is_written_out():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node", "description": "n"}}}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Node", "description": "d"}}}

    strict, is_strict = make_strict({**schema, "$defs": {"Node": node}})

    assert is_strict
    written = strict["properties"]["a"]
    assert (written["description"], written["required"]) == ("d", ["next"])
    assert written["properties"]["next"] == {"$ref": "#/$defs/Node"}
    assert strict["$defs"]["Node"]["required"] == ["next"]


WITHOUT = """
import sys
for name in ("pydantic", "pydantic_core", "jiter"):
    sys.modules[name] = None
import dataclasses
from liter_llm import tool
from liter_llm._shape import shape_of

@dataclasses.dataclass
class City:
    name: str
    population: int

shape = shape_of(list[City])
print(shape.read('{"value": [{"name": "Hamburg", "population": 1}]}'))
print(shape.read_partial('{"value": [{"name": "Ham'))

@tool
def ask(city: City, times: int = 1) -> str:
    return f"{city.name} {times}"

print(ask.call_json('{"city": {"name": "Hamburg", "population": 1}}'))
print(sorted(ask["function"]["parameters"]["$defs"]))
"""


def test_nothing_but_the_standard_library_is_needed():
    command = [sys.executable, "-c", WITHOUT]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "[City(name='Hamburg', population=1)]",
        "[{'name': 'Ham'}]",
        "Hamburg 1",
        "['City']",
    ]
