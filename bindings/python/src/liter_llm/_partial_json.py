"""What JSON text is so far: as much of a value as its first part says.

By jiter where it is installed, or by pydantic, which has the same parser; else here, more slowly.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

Reader = Callable[[bytes], Any]

_HALF_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(\\(u[0-9a-fA-F]{0,3})?)?\Z")
"""The first half of a character, whose second has not come."""


def read_partial(text: str) -> Any:
    """None where there is nothing yet, or no JSON."""
    try:
        return _find_reader()(text.strip().encode("utf-8", "replace"))
    except ValueError:
        return None


@functools.lru_cache(maxsize=1)
def _find_reader() -> Reader:
    try:
        import jiter
    except ImportError:
        pass
    else:
        return lambda data: jiter.from_json(data, partial_mode="trailing-strings")
    try:
        from pydantic_core import from_json
    except ImportError:
        return lambda data: read_by_hand(data.decode())
    return lambda data: from_json(data, allow_partial="trailing-strings")


def read_by_hand(text: str) -> Any:
    """Closes what is open, from the last place where that gives JSON."""
    text = _HALF_SURROGATE.sub("", text)
    for end, closing in _places(text):
        try:
            return json.loads(text[:end] + closing, strict=False)
        except ValueError:
            continue
    return None


def _places(text: str) -> list[tuple[int, str]]:
    """Where the text can be cut, with what closes all that is open there: at its end, before its
    last escape, and before the last commas and behind the last brackets."""
    stack: list[str] = []
    cuts: list[tuple[int, str]] = []
    escape: list[tuple[int, str]] = []
    is_text = is_escaped = False
    for position, letter in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_text:
            is_escaped = letter == "\\"
            is_text = letter != '"'
            if is_escaped:
                escape = [(position, '"' + "".join(reversed(stack)))]
        elif letter == '"':
            is_text, escape = True, []
        elif letter in "{[":
            stack.append("}" if letter == "{" else "]")
            cuts = [*cuts[-1:], (position + 1, "".join(reversed(stack)))]
        elif letter in "}]" and stack:
            stack.pop()
        elif letter == ",":
            cuts = [*cuts[-1:], (position, "".join(reversed(stack)))]
    whole = (len(text), ('"' if is_text else "") + "".join(reversed(stack)))
    return [whole, *(escape if is_text else ()), *reversed(cuts)]
