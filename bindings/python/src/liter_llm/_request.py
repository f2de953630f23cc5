"""A request on its way to JSON: what a user may pass, and clear errors for what cannot be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._errors import InvalidRequestError

if TYPE_CHECKING:
    from ._errors import LlmError


_COLLECT = "collect"


class Sealed:
    """JSON for the boundary. It may hold a key, so nothing that prints values shows it: tools that
    report exceptions print the locals of every frame."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes that are not shown>"


class Fields:
    """The fields of a request, or options. Not shown either."""

    __slots__ = ("_fields", "_kind", "_what")

    def __init__(self, what: str, kind: type[LlmError], fields: dict[str, Any]) -> None:
        """An error is of that kind and begins with `what`."""
        self._what = what
        self._kind = kind
        self._fields = fields

    def get(self, name: str, default: object) -> Any:
        return self._fields.get(name, default)

    def collect(self, default: bool) -> bool:
        """The one option that is meant for this package and not for the core."""
        value = self._fields.get(_COLLECT, default)
        if not isinstance(value, bool):
            raise self._kind(
                f"{self._what}: {_COLLECT} is true or false, not {type(value).__name__}"
            )
        return value

    def encode(self, **defaults: object) -> Sealed:
        """JSON, with defaults for what is not set."""
        try:
            return Sealed(self._json(defaults))
        except (TypeError, ValueError, RecursionError) as error:
            reason = f"{self._what}: {error}"
        # Not from within the except clause, whose traceback leads to the fields.
        raise self._kind(reason)

    def _json(self, defaults: dict[str, object]) -> bytes:
        fields = {**defaults, **self._fields}
        fields.pop(_COLLECT, None)
        return _encode_json(fields).encode()


def merge(request: object, options: Any) -> Fields:
    """The request's fields, and the options of this one call over them."""
    fields = _dump_model(request) if hasattr(request, "model_dump") else request
    try:
        merged = {**fields, **options}  # type: ignore[dict-item]
        return Fields("request", InvalidRequestError, merged)
    except TypeError:
        name = type(request).__name__
    options.clear()  # the caller's frame holds it too, and may be printed with the exception
    raise InvalidRequestError(
        f"request: a dict or an object with model_dump() is needed, not {name}"
    )


def _dump_model(model: Any) -> Any:
    """A pydantic model without what nobody set; of any other, what its model_dump() gives."""
    if hasattr(model, "model_fields_set"):
        return model.model_dump(mode="json", exclude_unset=True)
    return model.model_dump()


def _dump_nested(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return _dump_model(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_dump_nested).encode
