"""Record: what events, responses and replies have in common: JSON, a short repr, and hints for
names of other libraries."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ._constants_generated import ERROR_DETAILS

_SHOWN_MAX = 200


class Record:
    """A frozen dataclass of this package."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """All fields as json.dumps() takes them: dicts, lists, text and numbers."""
        return _fields(self)

    def __repr__(self) -> str:
        """The fields that have a value; of a long one its beginning."""
        shown = [f"{name}={_clip(value)}" for name, value in _values(self) if not _is_none(value)]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    if not TYPE_CHECKING:  # else a type checker would take any attribute

        def __getattr__(self, name: str) -> NoReturn:
            from ._habits import missing

            raise missing(type(self).__name__, name)


def to_json(value: Any) -> Any:
    """The same value in the types that JSON has. What is none of ours stays as it is."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {name: to_json(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(inner) for inner in value]
    if isinstance(value, BaseException):
        return _error(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "tolist"):  # vectors
        return value.tolist()
    return _fields(value) if dataclasses.is_dataclass(value) else value


def _fields(record: Any) -> dict[str, Any]:
    return {name: to_json(value) for name, value in _values(record)}


def _values(record: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(record, field.name)) for field in dataclasses.fields(record)]


def _error(error: BaseException) -> dict[str, Any]:
    """Of an error of map()."""
    kind = getattr(error, "kind", type(error).__name__)
    details = {name: getattr(error, name, None) for name in ERROR_DETAILS}
    return {"kind": kind, "message": str(error), **to_json(details)}


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, (str, tuple, Mapping)) and not value)


def _clip(value: Any) -> str:
    if isinstance(value, str) and len(value) > _SHOWN_MAX:
        return f"{value[:_SHOWN_MAX]!r}... ({len(value)} characters)"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_MAX else f"{shown[:_SHOWN_MAX]}..."
