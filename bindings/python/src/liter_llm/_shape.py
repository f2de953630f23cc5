"""Shape: the type that a response's JSON is to be, in the form of a request's response_format."""

from __future__ import annotations

import functools
import re
import typing
from typing import Any

from ._codec import Codec, codec_of, codec_of_fields
from ._errors import InvalidArgumentError
from ._json_type_errors import TypeWithoutJsonError
from ._plain_types import Field
from ._strict_schema import make_strict

_NAME_MAX = 64
"""Longest name of a schema (OpenAI, "response_format": a-z, A-Z, 0-9, underscores and dashes)."""
_VALUE = "value"
_FENCED = re.compile(r"\s*```\w*\n(.*?)\n?(```\s*)?\Z", re.DOTALL)


class Shape:
    """Providers want an object: any other type becomes the only field of one."""

    def __init__(self, hint: Any) -> None:
        self._codec: Codec = codec_of(hint)
        schema, is_strict = make_strict(self._codec.schema)
        self._is_wrapped = schema.get("type") != "object"
        name = _name_of(hint)
        if self._is_wrapped:
            self._codec = codec_of_fields(name, {_VALUE: Field(hint)})
            schema, is_strict = make_strict(self._codec.schema)
        described = {"name": name, "schema": schema, "strict": is_strict}
        self.response_format: dict[str, Any] = {"type": "json_schema", "json_schema": described}

    def read(self, text: str) -> Any:
        """The value that a whole response is; raises ValueMismatchError."""
        value = self._codec.read_json(_without_fence(text))
        return value[_VALUE] if self._is_wrapped else value

    def read_partial(self, text: str) -> Any:
        """What a response is so far, as JSON that is not checked; None while there is nothing."""
        from ._partial_json import read_partial

        value = read_partial(_without_fence(text))
        if self._is_wrapped:
            return value.get(_VALUE) if isinstance(value, dict) else None
        return value


def shape_of(hint: Any) -> Shape:
    """Raises InvalidArgumentError for a type that has no JSON, and for what is no type."""
    if not _is_type(hint):
        name = type(hint).__name__
        raise InvalidArgumentError(
            f"output: expected a type, such as a class or list[int], got a value of {name}"
        )
    try:
        try:
            return _kept_shape(hint)
        except TypeError as error:
            if isinstance(error, TypeWithoutJsonError):
                raise
            return Shape(hint)  # it has no hash
    except TypeWithoutJsonError as fault:
        reason = str(fault)
    raise InvalidArgumentError(f"output: {reason}")


@functools.lru_cache(maxsize=256)
def _kept_shape(hint: Any) -> Shape:
    """To make one takes milliseconds."""
    return Shape(hint)


def _is_type(hint: Any) -> bool:
    is_special = hint in (Any, None) or typing.get_origin(hint) is not None
    is_named = hasattr(hint, "__supertype__") or hasattr(hint, "__value__")
    return isinstance(hint, type) or is_special or is_named


def _without_fence(text: str) -> str:
    """Models that are not held to a schema write their JSON as Markdown does."""
    fenced = _FENCED.match(text)
    return fenced[1] if fenced else text


def _name_of(hint: Any) -> str:
    name = hint.__name__ if isinstance(hint, type) and not _is_generic(hint) else str(hint)
    name = re.sub(r"(\w+\.)+(<locals>\.)?", "", name)
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name).strip("_")[:_NAME_MAX] or "output"


def _is_generic(hint: Any) -> bool:
    return hasattr(hint, "__args__")
