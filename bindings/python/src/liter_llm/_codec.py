"""The codec of a type: its JSON schema, and how a value of it is read from JSON text. By pydantic
where it is installed and takes the type, else by what this package knows itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ._json_type_errors import TypeWithoutJsonError, ValueMismatchError
from ._plain_types import Field, PlainTypes


class Codec(Protocol):
    """What a type is in JSON."""

    schema: dict[str, Any]

    def read_json(self, text: str) -> Any:
        """The value; raises ValueMismatchError."""


class PlainCodec:
    """Without pydantic."""

    def __init__(self, types: PlainTypes, made: Any) -> None:
        schema, self._read = made
        more = {"$defs": types.definitions} if types.definitions else {}
        self.schema: dict[str, Any] = {**schema, **more}

    def read_json(self, text: str) -> Any:
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError) as error:
            raise ValueMismatchError(f"invalid JSON: {error}") from None
        return self._read(value, "")


def codec_of(hint: Any) -> Codec:
    """Raises TypeWithoutJsonError for what has no JSON."""
    reason = None
    if _has_pydantic():
        from ._pydantic_types import PydanticCodec

        try:
            return PydanticCodec(hint)
        except TypeWithoutJsonError as fault:
            reason = fault
    types = PlainTypes()
    try:
        return PlainCodec(types, types.make(hint, getattr(hint, "__name__", str(hint))))
    except TypeWithoutJsonError as fault:
        raise reason or fault from None


def codec_of_fields(name: str, fields: Mapping[str, Field], is_closed: bool = False) -> Codec:
    """The codec of an object, whose value is a dict of the fields that the JSON has.

    is_closed: whether other fields are a fault; else they are left out."""
    reason = None
    if _has_pydantic():
        from ._pydantic_types import PydanticCodec, make_object

        try:
            return PydanticCodec(make_object(name, fields, is_closed))
        except TypeWithoutJsonError as fault:
            reason = fault
    types = PlainTypes()
    try:
        return PlainCodec(types, types.make_object(name, fields, dict, is_closed))
    except TypeWithoutJsonError as fault:
        raise reason or fault from None


def _has_pydantic() -> bool:
    """Version 2, which has TypeAdapter; another is as none."""
    try:
        import pydantic
    except ImportError:
        return False
    return hasattr(pydantic, "TypeAdapter")
