"""What a docstring says of a function and its parameters, as Google, NumPy and Sphinx write it."""

from __future__ import annotations

import inspect
import re
from typing import Optional

_SPHINX = re.compile(r"^:(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:\s*(.*)$")
_SPHINX_OTHER = re.compile(r"^:\w+[^:]*:")
_GOOGLE_HEAD = re.compile(r"^(Args|Arguments|Parameters|Params):\s*$")
_GOOGLE_OTHER = re.compile(
    r"^(Returns?|Raises|Yields?|Examples?|Notes?|Attributes|Warns?|Warnings?|See Also|References|"
    r"Todo|Keyword Args|Other Parameters|Side Effects):\s*$"
)
_GOOGLE = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY = re.compile(r"^\*{0,2}(\w+)(?:\s*:.*)?$")
_RULE = re.compile(r"^-{3,}\s*$")


def parse_docstring(doc: Optional[str]) -> tuple[str, dict[str, str]]:
    """The description of the function, without what comes behind it, and those of parameters."""
    lines = inspect.cleandoc(doc or "").split("\n")
    end = next((n for n, line in enumerate(lines) if _is_head(lines, n, line)), len(lines))
    parameters: dict[str, str] = {}
    kind = ""
    for number, line in enumerate(lines[end:], end):
        if _GOOGLE_HEAD.match(line):
            kind = "google"
        elif _is_numpy_head(lines, number):
            kind = "numpy" if line.strip() in ("Parameters", "Args", "Arguments") else ""
        elif _is_head(lines, number, line) and not line.startswith(":"):
            kind = ""
        else:
            kind = _read_line(line, kind, parameters)
    description = " ".join("\n".join(lines[:end]).split())
    return description, {name: " ".join(text.split()) for name, text in parameters.items()}


def _read_line(line: str, kind: str, parameters: dict[str, str]) -> str:
    """Takes a line of what comes behind the description; returns what kind the next one is of."""
    sphinx = _SPHINX.match(line)
    if sphinx:
        parameters[sphinx[1]] = sphinx[2]
        return "sphinx"
    if _SPHINX_OTHER.match(line):
        return ""
    text = line.strip()
    depth = len(line) - len(line.lstrip())
    if kind == "google" and depth and (parameters == {} or depth <= 4):
        begun = _GOOGLE.match(text)
        if begun:
            parameters[begun[1]] = begun[2]
            return kind
    if kind == "numpy" and text and not depth:
        begun = _NUMPY.match(text)
        if begun:
            parameters[begun[1]] = ""
            return kind
    if kind and text and parameters and (depth or kind == "numpy"):
        last = next(reversed(parameters))
        parameters[last] += f" {text}"
    return kind


def _is_head(lines: list[str], number: int, line: str) -> bool:
    """Whether a section begins here."""
    if _GOOGLE_HEAD.match(line) or _GOOGLE_OTHER.match(line) or _is_numpy_head(lines, number):
        return True
    return bool(_SPHINX_OTHER.match(line))


def _is_numpy_head(lines: list[str], number: int) -> bool:
    has_rule = number + 1 < len(lines) and bool(_RULE.match(lines[number + 1]))
    return has_rule and bool(lines[number].strip())
