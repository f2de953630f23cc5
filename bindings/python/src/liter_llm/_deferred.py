"""Deferred: calls of a user's code that must wait until no events are dispatched.

Handlers of the log and observers of calls may call the library again, so a native client keeps
these calls, each with the context of its request, and makes them behind the dispatch.
"""

from __future__ import annotations

import contextlib
from collections import deque
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Deferred(deque[tuple[Context, "Callable[[], None]"]]):
    """The calls that are not made yet. Any thread may make them."""

    __slots__ = ()

    def add(self, context: Context | None, call: Callable[[], None]) -> None:
        """Adds a call; without a context it has an empty one."""
        self.append((Context() if context is None else context, call))

    def add_log(self, context: Context | None, fields: Mapping[str, Any]) -> None:
        """Adds a line of the log."""
        from ._log import write_log

        self.add(context, partial(write_log, fields))

    def run(self) -> None:
        """Makes the calls, each in a copy of its context, as one that is in use cannot be entered.
        What they raise is nobody's: a user's filter, handler or exporter may."""
        while self:
            try:
                context, call = self.popleft()
            except IndexError:
                return  # another thread was quicker
            with contextlib.suppress(Exception):
                context.copy().run(call)
