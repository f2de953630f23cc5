"""Call: what embed(), rerank(), models(), count_tokens() and stats() return.

It is awaited or completed."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NoReturn

from ._coroutine import ReplyCoroutine
from ._invocation import Answer, Invocation


class Call(ReplyCoroutine[Answer]):
    """One request, and its reply. Nothing is sent before the first use.

    ```
    reply = await call             on an event loop
    reply = call.complete()        without an event loop: blocks the calling thread
    call.cancel()                  from any thread
    ```

    Either may be asked for more than once, and gives the same reply.
    """

    __slots__ = ("__weakref__", "_invocation")

    def __init__(self, invocation: Invocation[Answer]) -> None:
        self._steps = None
        self._invocation = invocation

    def __await__(self) -> Generator[Any, None, Answer]:
        return self._invocation.wait_whole().__await__()

    def complete(self) -> Answer:
        """Blocks until the reply has come, and returns it; other threads run meanwhile."""
        return self._invocation.block_whole()

    def cancel(self) -> None:
        """Closes the connections. It may be called from any thread, and more than once.

        Who waits for the reply gets a CancelledError, which of embed() has the vectors that came.
        After the end, cancel() does nothing."""
        self._invocation.cancel()

    async def aclose(self) -> None:
        """The same as cancel(), for contextlib.aclosing()."""
        self.cancel()

    async def __aenter__(self) -> Call[Answer]:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cancel()

    def __enter__(self) -> Call[Answer]:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        receiver = self._invocation.receiver
        if receiver is None:
            state = "not started"
        elif receiver.ended:
            state = "ended"
        else:
            state = receiver.builder.outcome or "started"
        return f"<liter_llm.Call, {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a call cannot be copied or pickled; its reply can")

    if not TYPE_CHECKING:  # else a type checker would take any attribute

        def __getattr__(self, name: str) -> NoReturn:
            message = f"'Call' object has no attribute {name!r}"
            if name[0] != "_":
                message += "; await the call, or complete() it, and use the reply"
            raise AttributeError(message)
