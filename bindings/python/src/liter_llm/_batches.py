"""Batches: what LiterLlm.batch is. Requests that a provider answers within a day at a lower price.

A submission, a state and a list are Calls, as the other operations are. Results are a stream: one
row at a time, so that a file of any size costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Optional, Union

from . import _lazy_types as late
from ._call import Call
from ._invocation import Invocation, Opener
from ._iterators import AsyncStreamIterator, BlockingStreamIterator
from ._request import UnmergedRequest

_OPERATION = "batch"


class Batches:
    """The batches of a LiterLlm.

    ```
    batch = await llm.batch.submit([{"id": "a", "request": {"model": ..., "messages": ...}}])
    keep(batch.batch)                             the handle, text that outlives the process
    state = await llm.batch.status(batch)         later, and from anywhere: or with the handle
    async for row in llm.batch.results(batch): ...
    ```

    Every Call is awaited, or complete()d without an event loop; results() is iterated with `async
    for` or `for`."""

    __slots__ = ("_opener",)

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def submit(
        self,
        requests: Iterable[Mapping[str, Any]],
        *,
        metadata: Optional[Mapping[str, str]] = None,
        expires_after_s: Optional[int] = None,
        **options: late.Unpack[late.CallOptions],
    ) -> Call[late.Batch]:
        """Returns a call that sends rows, each an `id` of your own and a `request`: that of
        invoke(), or with `"operation": "embed"` that of embed().

        A row that is wrong is found before anything is sent. Where the answer is lost, the error's
        `maybe_executed` is set and nothing is sent again: list() shows whether there is a batch."""
        fields = {"requests": list(requests), "metadata": metadata}
        return self._call("submit", {**fields, "expires_after_s": expires_after_s}, options)

    def status(
        self, batch: Union[str, late.Batch], **options: late.Unpack[late.CallOptions]
    ) -> Call[late.Batch]:
        """Returns a call for the state of a batch.

        batch: the handle, or what submit(), status() or list() gave."""
        return self._call("status", {"batch": _handle(batch)}, options)

    def results(
        self, batch: Union[str, late.Batch], **options: late.Unpack[late.CallOptions]
    ) -> BatchResults:
        """Returns the results of a batch that has ended, to be iterated over. Their order is the
        provider's: match them by their ids."""
        return BatchResults(self._invocation("results", {"batch": _handle(batch)}, options))

    def cancel(
        self, batch: Union[str, late.Batch], **options: late.Unpack[late.CallOptions]
    ) -> Call[late.Batch]:
        """Returns a call that has the provider stop a batch; what has been answered stays."""
        return self._call("cancel", {"batch": _handle(batch)}, options)

    def list(
        self, *, limit: Optional[int] = None, **options: late.Unpack[late.CallOptions]
    ) -> Call[tuple[late.Batch, ...]]:
        """Returns a call for the batches of the account, or so many of them."""
        return self._call("list", {"limit": limit}, options)

    def _call(self, action: str, fields: dict[str, Any], options: Any) -> Call[Any]:
        return Call(self._invocation(action, fields, options))

    def _invocation(self, action: str, own: dict[str, Any], options: Any) -> Invocation[Any]:
        from ._operations import BATCH_BUILDERS  # not before it is needed

        unmerged = UnmergedRequest(
            {name: value for name, value in own.items() if value is not None}, options
        )
        unmerged.refuse_unknown(())
        fields = unmerged.merge()
        fields.refuse_collecting(f"batch.{action}")
        defaults = {"operation": _OPERATION, "action": action}
        return Invocation(self._opener, fields, BATCH_BUILDERS[action], defaults)

    def __repr__(self) -> str:
        return "<liter_llm.Batches>"


class BatchResults:
    """The results of a batch, as they come. They are read once; leaving a loop early closes the
    connection.

    A result list that is cut raises after the rows that came, so go on by their ids."""

    __slots__ = ("__weakref__", "_invocation")

    def __init__(self, invocation: Invocation[Any]) -> None:
        self._invocation = invocation

    def __aiter__(self) -> AsyncStreamIterator[late.BatchResult]:
        return AsyncStreamIterator(self._invocation, "tokens")

    def __iter__(self) -> BlockingStreamIterator[late.BatchResult]:
        return BlockingStreamIterator(self._invocation, "tokens")

    def cancel(self) -> None:
        """Closes the connection. It may be called from any thread, and more than once."""
        self._invocation.cancel()

    def close(self) -> None:
        """The same as cancel(), for contextlib.closing()."""
        self.cancel()

    async def aclose(self) -> None:
        """The same as cancel(), for contextlib.aclosing()."""
        self.cancel()

    def __repr__(self) -> str:
        receiver = self._invocation.receiver
        state = "not started" if receiver is None else receiver.builder.outcome or "started"
        return f"<liter_llm.BatchResults, {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the results of a batch cannot be copied or pickled; its rows can")


def _handle(batch: Any) -> Any:
    """The handle of what names a batch."""
    return getattr(batch, "batch", batch)
