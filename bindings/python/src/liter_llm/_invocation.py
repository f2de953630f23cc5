"""Invocation: one request, before and after it is started, and the one way to its response."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from . import _overrides, _process_hooks
from ._errors import CancelledError
from ._loop_warning import warn_if_on_loop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._base_builder import MakeBuilder
    from ._blocking_client import BlockingReceiver
    from ._loop_client import LoopReceiver
    from ._observer import Observation, Observer
    from ._receiver import ReadMode
    from ._request import Fields, SecretJson
    from ._start_queue import StartQueue

Answer = TypeVar("Answer", covariant=True)

# Fields that a request of a chat has by default.
_NOTHING: dict[str, object] = {}
_WHOLE: dict[str, object] = {"stream": False}


class Opener(Protocol):
    """Makes receivers for streams that are not started yet: a LiterLlm. The stream holds it, so
    that its client lives as long."""

    _observer: Observer | None
    _options: Fields

    def _queue_on_loop(self) -> StartQueue | None: ...

    def _open_on_loop(
        self, mode: ReadMode, fields: Fields, make_builder: MakeBuilder | None
    ) -> LoopReceiver: ...

    def _open_on_thread(
        self, mode: ReadMode, fields: Fields, make_builder: MakeBuilder | None
    ) -> BlockingReceiver: ...


class Invocation(Generic[Answer]):
    """Starts when it is first used, on the running event loop or for the calling thread."""

    __slots__ = (
        "_defaults",
        "_fields",
        "_make_builder",
        "_opener",
        "begun",
        "cancelled",
        "on_loop",
        "on_thread",
    )

    def __init__(
        self,
        opener: Opener,
        fields: Fields,
        make_builder: MakeBuilder | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        """make_builder and defaults (fields that the request may leave out) are those of an
        operation; without them it is a chat."""
        self._opener = opener
        self._fields = fields
        self._make_builder = make_builder
        self._defaults = defaults
        self.begun = False
        self.cancelled = False
        self.on_loop: LoopReceiver | None = None
        self.on_thread: BlockingReceiver | None = None

    @property
    def receiver(self) -> LoopReceiver | BlockingReceiver | None:
        """None before the start."""
        return self.on_thread if self.on_loop is None else self.on_loop

    def refuse_second(self) -> None:
        """Raises RuntimeError when the stream has a reader already."""
        if self.begun or self.on_loop is not None or self.on_thread is not None:
            raise RuntimeError("a stream is read once; call invoke() again for a new one")

    def begin(self) -> None:
        """Called at the first step of a reader, which becomes the only one."""
        self.refuse_second()
        self.begun = True

    def start_queue(self) -> StartQueue | None:
        """Where to wait before join_on_loop(), if that is necessary."""
        return None if self.on_loop is not None else self._opener._queue_on_loop()

    async def wait_in(self, queue: StartQueue) -> None:
        """Waits for its turn to start; whoever is cancelled meanwhile cancels the stream."""
        try:
            await queue.wait()
        except BaseException:
            self.cancelled = True
            raise

    def join_on_loop(self, mode: ReadMode) -> LoopReceiver:
        """The receiver on the running loop; starts the stream if need be."""
        if self.on_loop is None:
            if self.on_thread is not None:
                raise RuntimeError(
                    "this stream was started without an event loop; go on with for or complete()"
                )
            if self.cancelled:
                raise _cancelled()
            try:
                # Kept before the start, so that an interrupt leaves no stream without owner.
                self.on_loop = self._opener._open_on_loop(mode, self._fields, self._make_builder)
                self._start(self.on_loop, mode)
            except BaseException as error:
                self.abort(error)
                raise
        return self.on_loop

    def join_on_thread(self, mode: ReadMode) -> BlockingReceiver:
        """The receiver of threads; starts the stream if need be."""
        if self.on_thread is None:
            if self.on_loop is not None:
                raise RuntimeError(
                    "this stream was started on an event loop; go on with async for or await"
                )
            warn_if_on_loop()
            if self.cancelled:
                raise _cancelled()
            try:
                self.on_thread = self._opener._open_on_thread(
                    mode, self._fields, self._make_builder
                )
                self._start(self.on_thread, mode)
            except BaseException as error:
                self.abort(error)
                raise
        return self.on_thread

    async def wait_whole(self) -> Answer:
        """Waits for the whole response, including what was not read of a started stream."""
        receiver = self.on_thread
        if receiver is not None and receiver.ended:
            ended: Answer = _response(receiver)
            return ended
        try:
            queue = self.start_queue()
            if queue is not None:
                await self.wait_in(queue)
            joined = self.join_on_loop("whole")
            joined.mode = "whole"
            joined.items.clear()
            while not joined.ended:
                await joined.wait()
        except RuntimeError:
            raise  # misuse, which leaves the stream as it is
        except BaseException:
            self.stop()
            raise
        answer: Answer = _response(joined)
        return answer

    def block_whole(self) -> Answer:
        """The same as wait_whole(), for a thread."""
        receiver = self.on_loop
        if receiver is not None and receiver.ended:
            ended: Answer = _response(receiver)
            return ended
        try:
            joined = self.join_on_thread("whole")
            joined.mode = "whole"
            while not joined.ended:
                joined.items.clear()
                joined.wait()
            joined.items.clear()
        except BaseException:
            self.stop_on_thread()
            raise
        answer: Answer = _response(joined)
        return answer

    def cancel(self) -> None:
        self.cancelled = True
        self.stop()

    def stop(self) -> None:
        """Closes the connection, if there is one."""
        receiver = self.receiver
        if receiver is not None:
            receiver.cancel()

    def stop_on_thread(self) -> None:
        """The same as stop(), but leaves a stream that was started on an event loop alone."""
        if self.on_thread is not None:
            self.on_thread.cancel()

    def abort(self, error: BaseException) -> None:
        """Ends a stream whose start failed or was interrupted: nothing more will arrive. One whose
        request was not encoded is as it was before: the next use fails in the same way."""
        _process_hooks.park_if_exiting()
        receiver = self.receiver
        if receiver is not None:
            kind = getattr(error, "kind", "CANCELLED")
            receiver.client.end_locally(receiver, kind, str(error) or "the start was interrupted")
            if receiver.number == 0:
                self.on_loop = self.on_thread = None

    def drop(self) -> None:
        """Its reader has gone."""
        receiver = self.receiver
        if receiver is not None:
            receiver.drop()

    def _start(self, receiver: Any, mode: ReadMode) -> None:
        """Tells the observer, which is told of the end as well, whatever fails from here on."""
        fields, observer = self._fields, self._opener._observer
        receiver.context = copy_context()
        if observer is not None:
            observation = receiver.observation = self._observe(observer, mode)
            if observation is not None:
                fields = fields.with_headers(observation.headers(), self._opener._options)
        request = self._encode(fields, mode)
        if self.cancelled:  # meanwhile
            raise _cancelled()
        receiver.client.start(receiver, request)
        if self._make_builder is None:  # else output= may ask with them again
            del self._fields  # 10,000 open streams need not keep what was sent

    def _observe(self, observer: Observer, mode: ReadMode) -> Observation | None:
        """Tells the client's observer that the call starts."""
        operation = self._fields.operation
        if operation is None:
            operation = (self._defaults or _NOTHING).get("operation", "chat")
        options = self._opener._options
        return observer.begin(self._fields, options, str(operation), mode != "whole")

    def _encode(self, fields: Fields, mode: ReadMode) -> SecretJson:
        defaults = self._defaults
        if defaults is None:
            defaults = _WHOLE if mode == "whole" else _NOTHING
        if _overrides.active is not None:
            return _overrides.active.encode(self, self._opener._options, fields, defaults)
        return fields.encode(defaults)


def _cancelled() -> CancelledError:
    return CancelledError("the stream was cancelled before it started")


def _response(receiver: LoopReceiver | BlockingReceiver) -> Any:
    """The response of an ended stream; raises the error that it ended with."""
    if receiver.builder.failed:
        raise receiver.builder.error()
    return receiver.builder.response()
