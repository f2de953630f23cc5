"""Which rows of a batch cannot be sent, and why, as the error of a submission names them: the first
in its message, and as many as there is room for in its detail."""

from __future__ import annotations

import json
import re
from typing import Any

from .._errors import LlmError

_PLACE = re.compile(r"requests\[(\d+)\](?:\.request)?[.:]? ?")


def refused_rows(error: LlmError, count: int) -> dict[int, str]:
    """What is wrong with each, by its place among so many rows."""
    text = str(error)
    found = _PLACE.search(text)
    if found is None or int(found[1]) >= count:
        return {}
    refused = {int(found[1]): text[: found.start()] + text[found.end() :]}
    for group in _groups(error.detail):
        for first, last in group["rows"]:
            for place in range(first, min(last + 1, count)):
                refused.setdefault(place, text[: found.start()] + group["message"])
    return dict(sorted(refused.items()))


def _groups(detail: str | None) -> list[dict[str, Any]]:
    try:
        groups = json.loads(detail or "null")["refused_rows"]
    except (ValueError, TypeError, KeyError):
        return []
    return groups if isinstance(groups, list) else []
