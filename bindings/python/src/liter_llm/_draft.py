"""Drafts: records that are filled field by field, and are frozen when they are whole.

A frozen dataclass sets each field by object.__setattr__, which takes far longer than an assignment:
for a Response and its Usage that was a seventh of what a whole answer costs.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from typing import Any

IS_FREE_THREADED = "free-threading" in sys.version  # there, another __class__ stops all threads


def draft_of(record: type[Any]) -> Any:
    """A class of the same layout whose fields can be assigned, and all have to be."""
    own = vars(record)
    slots = {"__slots__": own["__slots__"]} if "__slots__" in own else {}  # none on Python 3.9
    bases = own.get("__orig_bases__", record.__bases__)
    return types.new_class(f"{record.__name__}Draft", bases, {}, lambda body: body.update(slots))


def freeze(draft: Any, record: Any) -> Any:
    """The record that the draft becomes; nobody uses the draft afterwards."""
    if IS_FREE_THREADED:
        return record(*[getattr(draft, field.name) for field in dataclasses.fields(record)])
    draft.__class__ = record
    return draft
