"""A request on its way to JSON: what a user may pass, and clear errors for what cannot be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._errors import LlmError


def merge(request: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """The request's fields, and the options of this one call over them."""
    fields = _dump_model(request) if hasattr(request, "model_dump") else request
    try:
        return {**fields, **options}  # type: ignore[dict-item]
    except TypeError:
        name = type(request).__name__
        raise InvalidRequestError(
            f"request: a dict or an object with model_dump() is needed, not {name}"
        ) from None


def encode(fields: Mapping[str, Any], what: str, kind: type[LlmError]) -> bytes:
    """JSON for the boundary; an error is of that kind and begins with `what`."""
    try:
        return _encode_json(fields).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise kind(f"{what}: {error}") from None


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
