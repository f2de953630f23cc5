"""JSON for every type that pydantic knows, through its TypeAdapter. Loaded only where pydantic is
installed."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    PydanticSchemaGenerationError,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic import Field as PydanticField
from typing_extensions import NotRequired, TypedDict

from ._json_type_errors import TypeWithoutJsonError, ValueMismatchError
from ._plain_types import Field, noted


class PydanticCodec:
    """A type's schema, and how its values are read."""

    def __init__(self, hint: Any) -> None:
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(hint)
            self.schema: dict[str, Any] = self._adapter.json_schema()
            _add_notes(hint, self.schema)
        except (PydanticUserError, PydanticSchemaGenerationError, NameError) as error:
            reason = str(error).split("\n", 1)[0]
        else:
            return
        raise TypeWithoutJsonError(reason)

    def read_json(self, text: str) -> Any:
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            fault = _fault(error)
        raise fault


def make_object(name: str, fields: Mapping[str, Field], is_closed: bool) -> Any:
    """The type of an object with these fields: a TypedDict, as it may have fields of any name."""
    hints: dict[str, Any] = {}
    for field, of in fields.items():
        hint = of.hint
        if of.description:
            hint = Annotated[hint, PydanticField(description=of.description)]
        hints[field] = hint if of.is_required else NotRequired[hint]
    make: Any = TypedDict  # of names that are known at run time
    made = make(name, hints)
    made.__pydantic_config__ = ConfigDict(extra="forbid" if is_closed else "ignore")
    return made


def _add_notes(hint: Any, schema: dict[str, Any]) -> None:
    """The descriptions in Annotated[..., "description"], which pydantic leaves out, in the fields
    of dataclasses and TypedDicts; its own Field has one for itself."""
    seen: set[type] = set()
    waiting = [hint]
    while waiting:
        each = waiting.pop()
        waiting += typing.get_args(each)
        if not isinstance(each, type) or each in seen:
            continue
        seen.add(each)
        if not dataclasses.is_dataclass(each) and not hasattr(each, "__total__"):
            continue
        hints = typing.get_type_hints(each, include_extras=True)
        waiting += hints.values()
        for owner in (schema, *schema.get("$defs", {}).values()):
            properties = owner.get("properties", {}) if owner.get("title") == each.__name__ else {}
            for name in properties.keys() & hints.keys():
                text = noted(hints[name])
                if text:
                    properties[name].setdefault("description", text)


def _fault(error: ValidationError) -> ValueMismatchError:
    """A line for each error, without the values, which may be anything."""
    lines = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place = ""
        for step in each["loc"]:
            place += f"[{step}]" if isinstance(step, int) else f".{step}"
        lines.append(f"{place.lstrip('.')}: {each['msg']}" if place else each["msg"])
    return ValueMismatchError("\n".join(lines))
