"""Where a value cannot be written as JSON, for an error's message: the path, what was expected
there, and what came. Used only after encoding has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_DEPTH_MAX = 200
_PATH_MAX = 80
_EXPECTED = "expected JSON (str, number, bool, None, list or dict)"
_HINTS = {
    "bytes": "decode() makes text of it",
    "bytearray": "decode() makes text of it",
    "date": "isoformat() makes text of it",
    "datetime": "isoformat() makes text of it",
    "time": "isoformat() makes text of it",
    "Decimal": "float() or str() makes JSON of it",
    "set": "list() makes JSON of it",
    "frozenset": "list() makes JSON of it",
    "UUID": "str() makes text of it",
    "coroutine": "await it first",
    "Stream": "await it, or call complete(), and use its text",
    "Response": "a conversation goes on with response.message",
}


def find_fault(value: Any, dump: Callable[[Any], Any]) -> str | None:
    """`messages[0].content: expected ..., got ...`; None when nothing is found. `dump` converts
    a value to JSON types, or raises."""
    return _find(value, "", dump, ())


def _find(value: Any, path: str, dump: Callable[[Any], Any], outer: tuple[int, ...]) -> str | None:
    if value is None or isinstance(value, (str, bool, int)):
        return None
    if isinstance(value, float):
        is_finite = value - value == 0
        return None if is_finite else f"{_at(path)}expected a finite number, got {value}"
    if id(value) in outer:
        return f"{_at(path)}the value holds itself"
    if len(outer) >= _DEPTH_MAX:
        return f"{_at(path)}the value is nested too deeply"
    if not isinstance(value, (dict, list, tuple)):
        try:
            plain = dump(value)
        except Exception as error:
            return f"{_at(path)}{_habit(value, path) or _describe(value, error)}"
        return _find(plain, path, dump, (*outer, id(value)))
    for inner_path, inner in _children(value, path):
        fault = inner if inner_path is None else _find(inner, inner_path, dump, (*outer, id(value)))
        if fault is not None:
            return str(fault)
    return None


def _children(value: Any, path: str) -> Iterator[tuple[str | None, Any]]:
    """The values of a container with their paths; a fault of a key without one."""
    if not isinstance(value, dict):
        yield from ((f"{path}[{index}]", inner) for index, inner in enumerate(value))
        return
    for name, inner in value.items():
        if name is not None and not isinstance(name, (str, bool, int, float)):
            yield None, f"{_at(path)}expected text as the name of a field, got {_name(name)}"
        yield (f"{path}.{name}" if path else str(name)), inner


def _at(path: str) -> str:
    if len(path) > _PATH_MAX:
        path = f"{path[:_PATH_MAX]}..."
    return f"{path}: " if path else ""


def _habit(value: Any, path: str) -> str | None:
    """What other libraries take in this place, and the line that does it here."""
    if path == "response_format" and isinstance(value, type):
        return f"write invoke(request, output={value.__name__})"
    if path.startswith("tools[") and callable(value) and not isinstance(value, type):
        return f"write liter_llm.tool({getattr(value, '__name__', 'function')})"
    return None


def _describe(value: Any, error: Exception) -> str:
    """What came instead of JSON, and how to convert it; for a model that failed, its own error."""
    name = _name(value)
    if isinstance(value, type):
        return f"{_EXPECTED}, got the class {value.__name__}; give an instance or a JSON schema"
    if hasattr(value, "model_dump"):
        return f"model_dump() of {name} failed: {error}"
    if hasattr(value, "__dataclass_fields__") and name not in _HINTS:
        return f"{_EXPECTED}, got {name}; dataclasses.asdict() makes a dict of it"
    return f"{_EXPECTED}, got {name}" + (f"; {_HINTS[name]}" if name in _HINTS else "")


def _name(value: Any) -> str:
    return type(value).__name__
