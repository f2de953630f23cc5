"""Tools that tests describe and run."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Optional

from liter_llm import ToolCall, tool


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Place:
    city: str
    country: str = "Germany"


@tool
def weather(
    city: Annotated[str, "Its name"],
    unit: Literal["celsius", "fahrenheit"] = "celsius",
    days: Optional[int] = None,
) -> str:
    """The weather in a city.

    It is the one of today.

    Args:
        city: Not this.
        unit (str): In which
            unit.
        days: How many days ahead: none is today.

    Returns:
        A sentence.
    """
    return f"{city} {unit} {days}"


@tool(name="where", description="Where a place is")
async def locate(place: Place, others: Sequence[Place] = ()) -> list[Place]:
    await asyncio.sleep(0)
    return [place, *others]


def call(name: str, arguments: Any = "{}", number: int = 0) -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(number, f"call_{number}", name, text)


def spread(values: dict[str, int]) -> int:
    return sum(values.values())
