"""MapRun: the rows of one map() that are in flight or wait to be delivered. Knows how rows are
started, counted and bounded; the iterators in _map know how to wait for them.

A row has no task and no thread: its receiver tells the row, and the row tells the run.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from ._invocation import Invocation
from ._operations import BUILDERS
from ._replies import MapResult
from ._request import UnmergedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._blocking_client import BlockingReceiver
    from ._invocation import Opener
    from ._loop_client import LoopReceiver
    from ._output import OutputRequest
    from ._start_queue import StartQueue

    Join = Callable[["Row"], None]

REORDERED_PER_SLOT = 4
"""In the order of the input, so many rows for each slot may have been read and not delivered: a
slow row is waited for, while those behind it go on."""


class Row:
    """A request in flight. Its receiver tells it of the end, as it would tell a future."""

    __slots__ = ("_run", "_told", "index", "invocation", "join", "output_retries", "request")

    def __init__(
        self,
        run: MapRun,
        index: int,
        request: Any,
        invocation: Invocation[Any],
        join: Join,
        output_retries: int = 0,
    ) -> None:
        self._run = run
        self._told = False
        self.index = index
        self.request = request
        self.invocation = invocation
        self.join = join
        self.output_retries = output_retries
        """How often it may be asked again for an output."""

    def done(self) -> bool:
        return self._told

    def set_result(self, _: None) -> None:
        """It has ended. Called by the event loop's receiver."""
        if not self._told:
            self._told = True
            self._run.ended.append(self)
            self._run.wake()

    def notice(self, receiver: BlockingReceiver) -> None:
        """Something happened to it. Called by the thread that polls."""
        if receiver.ended:
            self.set_result(None)
        elif receiver.asks:
            self._run.asking.append(receiver)
            self._run.wake()
        else:
            receiver.acknowledge()


class MapRun:
    """Bounded by `concurrency`, and by what was read and not delivered."""

    def __init__(
        self,
        opener: Opener,
        options: Mapping[str, Any],
        concurrency: int,
        ordered: bool,
        output: OutputRequest | None = None,
    ) -> None:
        self.wake: Callable[[], None] = _nobody_waits
        """Tells the iterator that a row has ended; from any thread."""
        self.ended: deque[Row] = deque()
        self.asking: deque[BlockingReceiver] = deque()
        self.is_exhausted = False
        """Whether the input has no more."""
        self.failure: BaseException | None = None
        """What the input raised; it is raised after the results of what was read before."""
        self._opener = opener
        self._options = options
        self._concurrency = concurrency
        self._ordered = ordered
        self._output = output
        self._held_max = concurrency * (REORDERED_PER_SLOT if ordered else 1)
        self._running: dict[int, Row] = {}
        self._finished: dict[int, MapResult] = {}
        self._read = 0
        self._delivered = 0

    def has_room(self) -> bool:
        """Whether another request may be read."""
        return (
            not self.is_exhausted
            and len(self._running) < self._concurrency
            and self._read - self._delivered < self._held_max
        )

    def start_queue(self) -> StartQueue | None:
        """Where a row waits before it is started on the running event loop, if it has to."""
        return self._opener._queue_on_loop()

    def is_over(self) -> bool:
        """Whether everything was delivered."""
        return self.is_exhausted and not self._running and not self._finished

    def oldest(self) -> Row | None:
        """The row in flight that was started first."""
        return next(iter(self._running.values()), None)

    def stop_reading(self, failure: BaseException | None = None) -> None:
        """The input has no more, or failed."""
        self.is_exhausted = True
        self.failure = failure

    def take_failure(self) -> BaseException | None:
        """What the input raised, once."""
        failure, self.failure = self.failure, None
        return failure

    def add(self, request: Any, join: Join) -> None:
        """Starts a row. What cannot be started is a result, too."""
        index, self._read = self._read, self._read + 1
        retries = 0 if self._output is None else self._output.retries
        try:
            invocation = make_invocation(self._opener, request, self._options, self._output)
            self._join(Row(self, index, request, invocation, join, retries))
        except Exception as error:
            self._refuse(index, request, error)

    def collect(self) -> None:
        """Takes the rows that have ended."""
        while self.ended:
            row = self.ended.popleft()
            if self._running.pop(row.index, None) is not None and not self._ask_again(row):
                self._finished[row.index] = _result(row)

    def take(self) -> MapResult | None:
        """The next result, if there is one."""
        if self._ordered:
            result = self._finished.pop(self._delivered, None)
        elif self._finished:
            result = self._finished.pop(next(iter(self._finished)))
        else:
            result = None
        if result is not None:
            self._delivered += 1
        return result

    def close(self) -> None:
        """Cancels what is in flight."""
        self.is_exhausted = True
        self.wake = _nobody_waits
        running, self._running, self._finished = self._running, {}, {}
        for row in running.values():
            row.invocation.cancelled = True
            row.invocation.drop()

    def _join(self, row: Row) -> None:
        # Kept before the start, so that an interrupt leaves no stream without an owner.
        self._running[row.index] = row
        row.join(row)

    def _refuse(self, index: int, request: Any, error: Exception) -> None:
        self._running.pop(index, None)
        # Without the frames, which would keep the run, and may hold a key.
        self._finished[index] = MapResult(index, request, None, error.with_traceback(None))

    def _ask_again(self, row: Row) -> bool:
        """Whether another request for its output takes the place of a row."""
        receiver = row.invocation.receiver
        if self._output is None or row.output_retries < 1 or receiver is None:
            return False
        if not receiver.builder.failed:
            return False
        again = self._output.repair(self._opener, row.invocation, receiver.builder.error())
        if again is None:
            return False
        retries = row.output_retries - 1
        try:
            self._join(Row(self, row.index, row.request, again, row.join, retries))
        except Exception as error:
            self._refuse(row.index, row.request, error)
        return True


def make_invocation(
    opener: Opener,
    request: Any,
    options: Mapping[str, Any],
    output: OutputRequest | None = None,
) -> Invocation[Any]:
    """The call for a request of any operation: of the one that it names, else of the one whose
    fields it has."""
    fields = UnmergedRequest(request, options).merge()
    operation = fields.operation
    if operation is None and fields.get("messages", None) is None:
        if fields.get("documents", None) is not None:
            operation = "rerank"
        elif fields.get("input", None) is not None:
            operation = "embed"
    make_builder = BUILDERS.get(operation) if isinstance(operation, str) else None
    if make_builder is None:
        return Invocation(opener, fields) if output is None else output.open(opener, fields)
    fields.refuse_collecting(str(operation))
    return Invocation(opener, fields, make_builder, {"operation": operation})


def _result(row: Row) -> MapResult:
    receiver: LoopReceiver | BlockingReceiver | None = row.invocation.receiver
    del row.invocation  # its receiver holds the row
    assert receiver is not None
    try:
        if not receiver.builder.failed:
            return MapResult(row.index, row.request, receiver.builder.response(), None)
        error = receiver.builder.error()
    except Exception as unreadable:  # a provider's answer that no field fits
        error = unreadable.with_traceback(None)
    if not isinstance(error, Exception):
        raise error  # what a function of api_key raised, such as KeyboardInterrupt
    return MapResult(row.index, row.request, None, error)


def _nobody_waits() -> None:
    pass
