"""A request on its way to JSON: what a user may pass, and clear errors for what cannot be sent.

A request may hold a key, and tools that report exceptions print the locals of every frame. So the
classes here do not show their values, and no error is raised from a frame that holds them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._call_options import find_unknown
from ._constants_generated import OPERATION_FIELDS
from ._errors import InvalidRequestError

if TYPE_CHECKING:
    from ._errors import LlmError

_API_KEY = "api_key"
_COLLECT = "collect"
_OPERATION = "operation"
_METHODS = {"chat": "invoke", **{name: name for name in OPERATION_FIELDS}}
_UNSET: Any = ...


class SecretJson:
    """JSON for the library; its repr does not show the text."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes that are not shown>"


class Fields:
    """The fields of a request, or options; its repr does not show them."""

    __slots__ = ("_before", "_defaults", "_fields", "_kind", "api_key", "collect", "operation")

    def __init__(self, before: str, kind: type[LlmError], fields: dict[str, Any]) -> None:
        """Errors are of that `kind`, with `before` in front of a field's name. The dict must not be
        used by the caller afterwards."""
        self.collect = fields.pop(_COLLECT, _UNSET)
        """The only option for this package and not for the core, as the caller gave it."""
        self.api_key = fields.get(_API_KEY)
        """Text, or the function that gives it."""
        self.operation = fields.get(_OPERATION)
        """As the caller named it."""
        self._before = before
        self._kind = kind
        self._fields = fields
        self._defaults: Mapping[str, object] = {}

    def get(self, name: str, default: object) -> Any:
        return self._fields.get(name, default)

    def names(self) -> list[str]:
        """Which fields there are."""
        return list(self._fields)

    def encode(self, defaults: Mapping[str, object]) -> SecretJson:
        """These fields as JSON, with defaults for what is not set."""
        self._defaults = defaults
        try:
            # As one object that is not JSON itself: no frame of the encoder holds the fields.
            return SecretJson("".join(_encode_json(self, 0)).encode("utf-8", _SURROGATES))
        except (RecursionError, TypeError, ValueError) as error:
            reason = str(error)
        # Not from within the except clause, whose traceback leads to the fields.
        raise self._kind(f"{self._before}{self._find_fault(reason)}")

    def refuse_collect(self, value: object) -> LlmError:
        """The error for a `collect` that is neither true nor false."""
        name = type(value).__name__
        return self._kind(f"{self._before}{_COLLECT}: expected True or False, got {name}")

    def refuse_other_operation(self, method: str) -> None:
        """Raises when the request names an operation that another method is for."""
        named = self.operation if isinstance(self.operation, str) else ""
        other = _METHODS.get(named, method)
        if other != method:
            raise self._kind(f"operation: {method}() is not for {named!r}; call {other}()")

    def refuse_collecting(self, method: str) -> None:
        """Raises when the call says what is only for streams."""
        if self.collect is not _UNSET:
            raise self._kind(f"{_COLLECT}: {method}() returns all there is; only invoke() has it")

    def reveal(self) -> dict[str, Any]:
        """For the encoder alone."""
        fields = {**self._defaults, **self._fields}
        if callable(self.api_key):
            fields[_API_KEY] = {"ask": True}  # with KEY, see _key_function
        return fields

    def extended(self, fields: Mapping[str, Any]) -> Fields:
        """The same with further fields, which take precedence."""
        collect = {} if self.collect is _UNSET else {_COLLECT: self.collect}
        return Fields(self._before, self._kind, {**self._fields, **fields, **collect})

    def with_headers(self, more: Mapping[str, str], options: Fields) -> Fields:
        """The same with those headers that neither these fields nor the options have."""
        own, theirs = self.get("headers", None), options.get("headers", None)
        own, theirs = {} if own is None else own, {} if theirs is None else theirs
        if not (isinstance(own, Mapping) and isinstance(theirs, Mapping)):
            return self  # the core refuses them
        known = {str(name).lower() for name in (*own, *theirs)}
        added = {name: text for name, text in more.items() if name.lower() not in known}
        return self.extended({"headers": {**own, **added}}) if added else self

    def without(self, names: Collection[str]) -> Fields:
        """The same without these fields."""
        fields = {name: value for name, value in self._fields.items() if name not in names}
        return Fields(self._before, self._kind, fields)

    def _find_fault(self, reason: str) -> str:
        """Which field cannot be sent, and why."""
        from ._json_fault import find_fault

        try:
            return find_fault(self.reveal(), _dump) or reason
        except BaseException as error:
            failure = error.with_traceback(None)  # its frames hold the fields
            failure.__context__ = None
        raise failure

    def __getstate__(self) -> tuple[Any, ...]:
        return self._before, self._kind, self.collect, _make_plain(self._fields)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._before, self._kind, self.collect, self._fields = state
        self.api_key = self._fields.get(_API_KEY)
        self.operation = self._fields.get(_OPERATION)
        self._defaults = {}


def should_collect(fields: Fields, options: Fields) -> bool:
    """What the call says, else what the client says, else yes."""
    for given in (fields, options):
        value = given.collect
        if value is _UNSET:
            continue
        if value is True or value is False:
            return bool(value)
        raise given.refuse_collect(value)
    return True


class UnmergedRequest:
    """A request and the options of its call, which take precedence; its repr shows neither."""

    __slots__ = ("_options", "_request")

    def __init__(self, request: object, options: Any) -> None:
        self._request: Any = request
        self._options = options

    def refuse_unknown(self, fields: Collection[str]) -> None:
        """Raises for an option that is none, and no field of the request either."""
        error = find_unknown(self._options, fields)
        if error is not None:
            raise error

    def merge(self) -> Fields:
        """Both in one Fields."""
        if hasattr(self._request, "model_fields_set"):
            self._request = self._request.model_dump(mode="json", exclude_unset=True)
        elif hasattr(self._request, "model_dump"):
            self._request = self._request.model_dump()
        try:
            return Fields("", InvalidRequestError, {**self._request, **self._options})
        except TypeError:
            name = type(self._request).__name__
        raise InvalidRequestError(
            "request: expected a dict, another mapping or an object with model_dump(), such as"
            f' {{"model": ..., "messages": [...]}}, got {name}'
        )


def _dump(value: Any) -> Any:
    """Converts what the encoder does not know: models (pydantic's without unset fields), mappings
    and sequences other than dict, list and tuple."""
    if isinstance(value, Fields):
        return value.reveal()
    if hasattr(value, "model_fields_set"):
        return value.model_dump(mode="json", exclude_unset=True)
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, _BYTES):
        return list(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def _make_plain(value: Any) -> Any:
    """The same with dicts and lists, which can be copied and pickled."""
    if isinstance(value, Mapping):
        return {name: _make_plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, *_BYTES)):
        return [_make_plain(inner) for inner in value]
    return value


def _replace_surrogates(error: UnicodeError) -> tuple[bytes, int]:
    """Halves of a character that UTF-8 cannot carry: two that belong together become one, and one
    that is alone becomes U+FFFD, as everywhere in this library."""
    assert isinstance(error, UnicodeEncodeError)
    halves = error.object[error.start : error.end].encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace").encode(), error.end


def _make_encode_json() -> Callable[[object, int], Iterable[str]]:
    """What JSONEncoder.encode() makes, in C, for each value. It is without the look for circles,
    which keeps every container in a local of the encoder; they end in a RecursionError as well."""
    options: Any = {"ensure_ascii": False, "allow_nan": False, "check_circular": False}
    encoder = json.JSONEncoder(**options, default=_dump)
    separators = encoder.key_separator, encoder.item_separator
    make: Any = getattr(json.encoder, "c_make_encoder", None)  # None where it was not compiled
    try:
        encode: Callable[[object, int], Iterable[str]] = make(
            None, _dump, json.encoder.encode_basestring, None, *separators, False, False, False
        )
    except (AttributeError, TypeError):  # a later Python has none, or another
        return lambda value, _: (encoder.encode(value),)
    return encode


_BYTES = (bytes, bytearray, memoryview)
_SURROGATES = "liter_llm.surrogates"
codecs.register_error(_SURROGATES, _replace_surrogates)
_encode_json = _make_encode_json()
