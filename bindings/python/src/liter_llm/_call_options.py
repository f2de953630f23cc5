"""Which keywords a call takes: its options, and the fields of its request. Any other keyword is a
slip, and the error says what was meant; a provider's own fields belong in the request.

Only names come here, never values, since an option may be a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ._constants_generated import CALL_NAMES, CALL_OPTIONS
from ._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ._errors import LlmError

_OPTIONS = frozenset(CALL_OPTIONS)
_NEAR = 0.6
_VERY_NEAR = 0.85
"""Fields of a request are short, and providers have others that differ by a letter: top_k."""
_NAMES_MAX = 3


def find_unknown(names: Iterable[str], fields: Collection[str] = ()) -> LlmError | None:
    """The error for the first keyword that a call does not take, if there is one.

    fields: those of the request, beside a chat's."""
    if _OPTIONS.issuperset(names):
        return None
    known = _fields_of_a_chat()
    for name in names:
        if name not in _OPTIONS and name not in known and name not in fields:
            return ConfigError(_explain(name, {*known, *fields}))
    return None


def _fields_of_a_chat() -> frozenset[str]:
    from ._types_generated import RequestFields  # loading it takes time, and few calls get here

    return frozenset(("model", "messages", *RequestFields.__annotations__))


def _explain(name: str, fields: Collection[str]) -> str:
    of_client = CALL_NAMES - _OPTIONS - _fields_of_a_chat()
    if name in of_client:
        return f'"{name}" is an option of the client, not of a call; write LiterLlm({name}=...)'
    meant = _find_meant(name, of_client, fields)
    if not meant:
        hint = "a field for the provider belongs in the request, or in extra_body"
    elif meant[0] in of_client:
        hint = f'did you mean "{meant[0]}"? it is of the client: LiterLlm({meant[0]}=...)'
    else:
        *others, last = [f'"{near}"' for near in meant if near not in of_client]
        hint = f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
    return f'option "{name}" is unknown; {hint}'


def _find_meant(name: str, of_client: Collection[str], fields: Collection[str]) -> list[str]:
    """The names that are spelt almost so, the nearest one first."""
    import difflib  # no import of the package waits for these two
    import re

    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    field = difflib.get_close_matches(snake, sorted(fields), 1, _VERY_NEAR)
    options = [*CALL_OPTIONS, *sorted(of_client)]
    return field or difflib.get_close_matches(snake, options, _NAMES_MAX, _NEAR)
