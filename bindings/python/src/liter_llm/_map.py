"""Map: what LiterLlm.map() returns. It is read with `async for` or `for`, once."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union

from . import _lazy_types as late
from ._errors import InvalidArgumentError
from ._invocation import Opener

if TYPE_CHECKING:
    from ._map_run import MapRun
    from ._output import OutputRequest

Requests = Union[Iterable[Any], AsyncIterable[Any]]
_READ_ONCE = "the results of a map are read once; call map() again for new ones"


class Map:
    """The results of many requests, as they come. Nothing is read or sent before the first use.

    ```
    async for result in llm.map(requests): ...     on an event loop
    for result in llm.map(requests): ...           without an event loop: blocks the thread
    ```

    Leaving the loop early cancels what is in flight.
    """

    __slots__ = ("_concurrency", "_opener", "_options", "_ordered", "_output", "_requests")

    def __init__(
        self,
        opener: Opener,
        requests: Requests,
        options: Mapping[str, Any],
        concurrency: int,
        ordered: bool,
        output: Any = None,
    ) -> None:
        """output: an OutputRequest, where each request asks for one."""
        if not isinstance(requests, (Iterable, AsyncIterable)):
            raise InvalidArgumentError(
                "requests: expected an iterable or an async iterable of requests, got"
                f" {type(requests).__name__}"
            )
        if not isinstance(concurrency, int) or concurrency < 1:
            raise InvalidArgumentError(
                f"concurrency: expected a whole number from 1, got {concurrency!r}"
            )
        self._requests: Optional[Requests] = requests
        self._opener = opener
        self._options = options
        self._concurrency = concurrency
        self._ordered = ordered
        self._output: Optional[OutputRequest] = output

    def __aiter__(self) -> AsyncIterator[late.MapResult]:
        from ._map_iterators import AsyncMapIterator

        requests = self._take_requests()
        return AsyncMapIterator(self._make_run(), requests)

    def __iter__(self) -> Iterator[late.MapResult]:
        from ._map_iterators import BlockingMapIterator

        requests = self._take_requests()
        if not isinstance(requests, Iterable):
            self._requests = requests
            raise TypeError("the requests are an async iterable; use async for")
        return BlockingMapIterator(self._make_run(), requests)

    def _make_run(self) -> MapRun:
        from ._map_run import MapRun

        settings = self._options, self._concurrency, self._ordered
        return MapRun(self._opener, *settings, self._output)

    def _take_requests(self) -> Requests:
        requests, self._requests = self._requests, None
        if requests is None:
            raise RuntimeError(_READ_ONCE)
        return requests

    def __reduce__(self) -> NoReturn:
        raise TypeError("a map cannot be copied or pickled; its results can")
