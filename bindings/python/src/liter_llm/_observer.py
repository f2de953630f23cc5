"""Observer: what is told when a call of a client starts and ends. liter_llm.otel has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from ._base_builder import BaseBuilder
    from ._request import Fields


class Observation:
    """One call, from its start to its end."""

    def headers(self) -> Mapping[str, str]:
        """Headers for the provider; those of the request and of the client win."""
        raise NotImplementedError

    def end(self, builder: BaseBuilder) -> None:
        """It has ended, as the builder's receipt says. Called once, in the context of the call, and
        never while events are dispatched."""
        raise NotImplementedError


class Observer:
    """Is told of every call of the clients that have it."""

    def begin(
        self, fields: Fields, options: Fields, operation: str, streamed: bool
    ) -> Optional[Observation]:
        """A call starts, in the caller's context; None: it is not of interest."""
        raise NotImplementedError
