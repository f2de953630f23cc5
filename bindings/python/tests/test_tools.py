"""tool(function): what a model is told of it."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated

import pydantic
import pytest

import liter_llm
from example_tools import Place, locate, spread, weather
from liter_llm import tool


def test_a_tool_is_described_by_its_function():
    assert dict(weather) == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather in a city. It is the one of today.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Its name"},
                    "unit": {
                        "type": "string",
                        "enum": ["celsius", "fahrenheit"],
                        "default": "celsius",
                        "description": "In which unit.",
                    },
                    "days": {
                        "anyOf": [{"type": "integer"}, {"type": "null"}],
                        "description": "How many days ahead: none is today.",
                    },
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }


def test_a_tool_is_still_the_function():
    assert weather("Hamburg", days=2) == "Hamburg celsius 2"
    assert weather.__name__ == "weather"
    assert weather.__doc__ is not None
    assert asyncio.run(locate(Place("Kiel"))) == [Place("Kiel")]
    assert (locate.name, locate["function"]["description"]) == ("where", "Where a place is")
    assert weather in {weather}
    assert weather != locate


def test_a_strict_tool_has_all_arguments():
    strict = tool(weather.function, strict=True)["function"]
    assert strict["strict"] is True
    assert strict["parameters"]["required"] == ["city", "unit", "days"]
    with pytest.raises(liter_llm.InvalidArgumentError, match=r"^tool spread: strict: "):
        tool(spread, strict=True)


NUMPY = """Adds.

    Parameters
    ----------
    a : int
        The first,
        of two.
    b: The second.

    Returns
    -------
    int
        The sum.
    """
SPHINX = """Adds.

    :param a: The first,
        of two.
    :param int b: The second.
    :returns: The sum,
        which is a number.
    """
GOOGLE = """Adds.

    Args:
      a (int, optional): The first,
        of two.
      b: The second.
    Raises:
      ValueError: a: never.
    """


@pytest.mark.parametrize("doc", [NUMPY, SPHINX, GOOGLE], ids=["numpy", "sphinx", "google"])
def test_parameters_are_described_by_the_docstring(doc):
    def add(a: int, b: int) -> int:
        return a + b

    add.__doc__ = (
        doc.replace("b: The second.", "b : int\n        The second.") if (doc is NUMPY) else doc
    )

    function = tool(add)["function"]

    assert function["description"] == "Adds."
    described = {
        name: of["description"] for name, of in function["parameters"]["properties"].items()
    }
    assert described == {"a": "The first, of two.", "b": "The second."}


def test_any_text_may_be_a_docstring():
    """It is the caller's, and no form is required."""

    def function(a: int = 1) -> None:
        pass

    for doc in (
        "",
        None,
        ":",
        "Args:",
        ":param",
        "Parameters\n----------",
        "---\n\n---",
        "x:\n  y",
    ):
        function.__doc__ = doc
        assert "a" in tool(function)["function"]["parameters"]["properties"]


def test_pydantic_describes_arguments_too():
    def buy(
        count: Annotated[int, pydantic.Field(ge=1, description="How many")] = 1,
        schema: str = "a name that models have",
    ) -> int:
        return count

    made = tool(buy)
    properties = made["function"]["parameters"]["properties"]
    assert properties["count"]["description"] == "How many"
    assert properties["count"]["minimum"] == 1
    assert made.call_json('{"count": 2}') == 2
    with pytest.raises(ValueError, match="count: Input should be greater than or equal to 1"):
        made.call_json('{"count": 0}')


class Shop:
    def __init__(self, name: str) -> None:
        self.name = name

    def sell(self, thing: str, /, count: int = 1) -> str:
        """Sells a thing."""
        return f"{self.name} {count} {thing}"

    def __call__(self, thing: str) -> str:
        return thing


def test_methods_and_objects_are_tools():
    sell = tool(Shop("Corner").sell)
    assert sell.name == "sell"
    assert sell.call_json('{"thing": "tea", "count": 2}') == "Corner 2 tea"
    shop = tool(Shop("Corner"), name="shop")
    assert list(shop["function"]["parameters"]["properties"]) == ["thing"]


class Order(pydantic.BaseModel):
    """Orders a thing."""

    thing: str = pydantic.Field(description="What is ordered")
    count: int = 1


def test_a_model_is_a_tool():
    made = tool(Order)
    assert made["function"]["description"] == "Orders a thing."
    properties = made["function"]["parameters"]["properties"]
    assert properties["thing"] == {"type": "string", "description": "What is ordered"}
    assert made.call_json('{"thing": "tea"}') == Order(thing="tea")


def test_what_a_partial_has_is_not_the_models():
    def read(connection: Opaque, name: str) -> str:
        """Reads a row."""
        return f"{name} of {connection}"

    made = tool(functools.partial(read, connection="the database"), name="read")

    assert made["function"]["description"] == "Reads a row."
    assert list(made["function"]["parameters"]["properties"]) == ["name"]
    assert made.call_json('{"name": "a"}') == "a of the database"
    with pytest.raises(ValueError, match="connection"):
        made.call_json('{"name": "a", "connection": "another"}')


class Opaque:
    pass


def test_what_cannot_be_described_is_refused():
    def any_number(*numbers: int) -> None: ...
    def any_names(**names: int) -> None: ...
    def opaque(thing: Opaque) -> None: ...
    def unknown(thing: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821

    messages = {
        any_number: "tool any_number: [*]numbers: ",
        any_names: "tool any_names: [*][*]names: ",
        opaque: "tool opaque: .*Opaque",
        unknown: "tool unknown: NameError: .*Missing",
    }
    for function, message in messages.items():
        with pytest.raises(liter_llm.InvalidArgumentError, match=message):
            tool(function)
    for name in ("<lambda>", "größe", "a b", "x" * 65):
        with pytest.raises(liter_llm.InvalidArgumentError, match=f"tool {name}: the name: "):
            tool(lambda: None, name=name)
    with pytest.raises(liter_llm.InvalidArgumentError, match="tool <lambda>: the name: "):
        tool(lambda: None)
    assert tool(lambda: None, name="nothing").name == "nothing"


def test_a_partial_has_the_name_of_its_function():
    def look(person: str, place: str) -> str:
        return f"{person} looks at {place}"

    assert tool(functools.partial(look, "Bob")).name == "look"
