"""Which event loop runs here: one of asyncio's, or trio's. anyio runs on either.

Nothing of trio is imported before it runs; a loop of its kind is _trio_loop's, with the few methods
of asyncio's loops that this package uses.
"""

from __future__ import annotations

import sys
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    Checkpoint = Callable[[], Awaitable[None]]


class HostTask(Protocol):
    """What runs in the background."""

    def done(self) -> bool: ...

    def result(self) -> Any: ...

    def cancel(self) -> object: ...

    def add_done_callback(self, call: Callable[[Any], object], /) -> None: ...


class HostFuture(Protocol):
    """What is awaited, until somebody sets it."""

    def done(self) -> bool: ...

    def set_result(self, result: None, /) -> None: ...

    def __await__(self) -> Any: ...


class HostLoop(Protocol):
    """An event loop, as far as this package uses one. Every loop of asyncio is one."""

    def create_future(self) -> HostFuture: ...

    def create_task(self, coroutine: Coroutine[Any, Any, Any], /) -> HostTask: ...

    def call_soon_threadsafe(self, call: Callable[[], object], /) -> object: ...

    def run_in_executor(
        self, executor: None, function: Callable[..., Any], /, *arguments: Any
    ) -> Awaitable[Any]: ...

    def add_reader(self, descriptor: int, call: Callable[[], object], /) -> object: ...

    def remove_reader(self, descriptor: int, /) -> object: ...

    def is_closed(self) -> bool: ...


def is_on_trio() -> bool:
    """Whether the caller is a task of trio's. trio may be the guest of a loop of asyncio's, and the
    other way round; sniffio, which trio and anyio tell, knows whose turn it is."""
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    sniffio = sys.modules.get("sniffio")
    if sniffio is None:
        return bool(trio.lowlevel.in_trio_task())
    return bool(sniffio.thread_local.name == "trio")


def get_running_loop() -> HostLoop:
    """The loop that runs here; RuntimeError without one."""
    if is_on_trio():
        from ._trio_loop import get_running_loop as get_loop_of_trio

        return get_loop_of_trio()
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        raise RuntimeError("no running event loop")
    loop: HostLoop = asyncio.get_running_loop()
    return loop


def call_soon(loop: HostLoop | None, call: Callable[[], None]) -> bool:
    """Has the loop call, in an empty context; false when the loop is closed."""
    if loop is None:
        return False
    try:
        Context().run(loop.call_soon_threadsafe, call)
    except RuntimeError:
        return False
    return True
