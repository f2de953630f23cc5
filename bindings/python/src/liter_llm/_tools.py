"""Tool: a Python function that a model may call, with its schema; tool() makes one."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar, Union, overload

from ._codec import Codec, codec_of_fields
from ._docstrings import parse_docstring
from ._errors import InvalidArgumentError
from ._json_type_errors import TypeWithoutJsonError
from ._plain_types import NO_DEFAULT, Field, is_json, noted
from ._strict_schema import make_strict

if TYPE_CHECKING or sys.version_info >= (3, 10):
    from typing import ParamSpec

    Parameters = ParamSpec("Parameters")
else:
    Parameters = TypeVar("Parameters")
    Parameters.args = Parameters.kwargs = Any  # for hints that are resolved at run time

Result = TypeVar("Result")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Tool(Mapping[str, Any], Generic[Parameters, Result]):
    """A function, as a request's `tools` have it: a mapping, and also callable as it was."""

    def __init__(
        self,
        function: Callable[Parameters, Result],
        name: Optional[str] = None,
        description: Optional[str] = None,
        strict: Optional[bool] = None,
    ) -> None:
        self.function = function
        self.name = name or _name_of(function)
        if not _NAME.fullmatch(self.name):
            raise self._refusal(
                "the name: providers take up to 64 letters of English, digits, _ and -; give name="
            )
        said, described = parse_docstring(inspect.getdoc(_whole(function)))
        for field, of in getattr(function, "model_fields", {}).items():  # a pydantic model
            described[field] = of.description or described.get(field, "")
        self._positional: list[str] = []
        self._codec = self._make_codec(described)
        schema = _without_titles(self._codec.schema)
        if strict:
            schema, can_be_strict = make_strict(self._codec.schema)
            if not can_be_strict:
                raise self._refusal("strict: there is a dict, or a place for any value, in it")
        fields: dict[str, Any] = {"name": self.name, "parameters": schema}
        if description or said:
            fields["description"] = description or said
        if strict is not None:
            fields["strict"] = strict
        self._fields: dict[str, Any] = {"type": "function", "function": fields}
        functools.update_wrapper(self, function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return self.function(*args, **kwargs)

    def call_json(self, arguments: str) -> Any:
        """Calls the function with arguments as JSON text, as a ToolCall has them; what an `async`
        function returns has to be awaited. Raises ValueError for arguments that do not fit."""
        values: dict[str, Any] = self._codec.read_json(arguments or "{}")
        positional = [values.pop(name) for name in self._positional if name in values]
        return self.function(*positional, **values)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<liter_llm.Tool {self.name}>"

    def _make_codec(self, described: Mapping[str, str]) -> Codec:
        try:
            parameters = inspect.signature(self.function).parameters
            hints = typing.get_type_hints(_hinted(self.function), include_extras=True)
        except Exception as error:
            raise self._refusal(f"{type(error).__name__}: {error}") from None
        fields: dict[str, Field] = {}
        given = getattr(self.function, "keywords", {})  # of a partial: the caller's own values
        for name, parameter in parameters.items():
            if name in given:
                continue
            if parameter.kind is parameter.VAR_POSITIONAL:
                raise self._refusal(f"*{name}: a model gives arguments by name")
            if parameter.kind is parameter.VAR_KEYWORD:
                raise self._refusal(f"**{name}: a model has to know which arguments there are")
            if parameter.kind is parameter.POSITIONAL_ONLY:
                self._positional.append(name)
            is_required = parameter.default is parameter.empty
            default = NO_DEFAULT if is_required else parameter.default
            hint = hints.get(name, Any)
            text = noted(hint) or described.get(name)
            fields[name] = Field(hint, is_required, text, default)
        try:
            codec = codec_of_fields(self.name, fields, is_closed=True)
            _add_defaults(codec.schema["properties"], fields)
            return codec
        except TypeWithoutJsonError as error:
            reason = str(error)
        raise self._refusal(reason)

    def _refusal(self, why: str) -> InvalidArgumentError:
        return InvalidArgumentError(f"tool {self.name}: {why}")


@overload
def tool(
    function: Callable[Parameters, Result],
    *,
    name: Optional[str] = None,
    description: Optional[str] = None,
    strict: Optional[bool] = None,
) -> Tool[Parameters, Result]: ...


@overload
def tool(
    *,
    name: Optional[str] = None,
    description: Optional[str] = None,
    strict: Optional[bool] = None,
) -> Callable[[Callable[Parameters, Result]], Tool[Parameters, Result]]: ...


def tool(
    function: Optional[Callable[..., Any]] = None,
    *,
    name: Optional[str] = None,
    description: Optional[str] = None,
    strict: Optional[bool] = None,
) -> Union[Tool[..., Any], Callable[..., Any]]:
    """Makes a tool of a function with type hints, which may be `async`; also as a decorator.

    The name is the function's, the description its docstring; the arguments are described by
    `Annotated[str, "..."]`, or by the docstring as Google, NumPy or Sphinx write it.

    strict: whether the model is held to the schema, where the provider can do that; then it gives
    all arguments, also those with a default."""
    if function is None:
        return lambda decorated: Tool(decorated, name, description, strict)
    return Tool(function, name, description, strict)


def _add_defaults(properties: dict[str, Any], fields: Mapping[str, Field]) -> None:
    """For the model; of most functions None says no more than that an argument may be left out."""
    for name, of in fields.items():
        if of.default is not NO_DEFAULT and of.default is not None and is_json(of.default):
            properties[name].setdefault("default", of.default)


def _name_of(function: Any) -> str:
    whole = _whole(function)
    return str(getattr(whole, "__name__", type(whole).__name__))


def _whole(function: Any) -> Any:
    """What a partial is a part of."""
    return _whole(function.func) if isinstance(function, functools.partial) else function


def _hinted(function: Any) -> Any:
    """Where the hints are: of an object that can be called, at its __call__."""
    function = _whole(function)
    if inspect.isroutine(function) or isinstance(function, type):
        return function
    return type(function).__call__


def _without_titles(schema: Any, is_named: bool = False) -> Any:
    """Titles repeat the names. is_named: whether the keys are names of the caller's."""
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_titles(value, not is_named and name in ("properties", "$defs"))
        if name not in ("default", "enum", "const") or is_named
        else value
        for name, value in schema.items()
        if is_named or name != "title"
    }
