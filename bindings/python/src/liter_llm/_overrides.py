"""What takes the place of every client's provider or options while it is active: a script or a tape
of liter_llm.testing. There is one at a time in a process; without one nothing is different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Protocol

from . import _process_hooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._request import Fields, SecretJson


class Asking(Protocol):
    """The call whose request is encoded. It has a receiver once it is started."""

    @property
    def receiver(self) -> Any: ...


class Override(Protocol):
    """Stands between the clients and the library."""

    def options(self) -> Mapping[str, object]:
        """Options for the native clients that are made now, where their owner set none; always the
        same ones."""
        ...

    def encode(
        self, call: Asking, options: Fields, fields: Fields, defaults: Mapping[str, object]
    ) -> SecretJson:
        """The request as the library gets it; `options` are those of its client."""
        ...


active: Optional[Override] = None


def options() -> Mapping[str, object]:
    """What is added to the options of a native client."""
    return {} if active is None else active.options()


def activate(override: Override) -> None:
    """Applies to every client from now on, also to those that have made requests already."""
    global active
    if active is not None:
        raise RuntimeError(
            "a script or a tape is active in this process already; use one at a time, and run"
            " tests in parallel with processes, as pytest-xdist does"
        )
    active = override
    if override.options():
        _process_hooks.renew_all()


def deactivate(override: Override) -> None:
    """Ends what activate() began. Streams that are still live end with ClosedError."""
    global active
    if active is override:
        active = None
        if override.options():
            _process_hooks.renew_all()
