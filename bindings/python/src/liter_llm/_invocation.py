"""Invocation: one request, before and after it is started, and the one way to its response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from . import _process_hooks
from ._errors import CancelledError

if TYPE_CHECKING:
    from ._blocking_client import BlockingReceiver
    from ._events import Response
    from ._loop_client import LoopReceiver
    from ._native_client import ReadMode
    from ._request import Fields, SecretJson

# Fields that a request has by default.
_NOTHING: dict[str, object] = {}
_WHOLE: dict[str, object] = {"stream": False}


class Opener(Protocol):
    """Makes receivers for streams that are not started yet: a LiterLlm. The stream holds it, so
    that its client lives as long."""

    def _open_on_loop(self, mode: ReadMode, fields: Fields) -> LoopReceiver: ...

    def _open_on_thread(self, mode: ReadMode, fields: Fields) -> BlockingReceiver: ...


class Invocation:
    """Starts when it is first used, on the running event loop or for the calling thread."""

    __slots__ = ("_fields", "_opener", "begun", "cancelled", "on_loop", "on_thread")

    def __init__(self, opener: Opener, fields: Fields) -> None:
        self._opener = opener
        self._fields = fields
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
        if self.begun or self.receiver is not None:
            raise RuntimeError("a stream is read once; call invoke() again for a new one")

    def begin(self) -> None:
        """Called at the first step of a reader, which becomes the only one."""
        self.refuse_second()
        self.begun = True

    def join_on_loop(self, mode: ReadMode) -> LoopReceiver:
        """The receiver on the running loop; starts the stream if need be."""
        if self.on_loop is None:
            if self.on_thread is not None:
                raise RuntimeError(
                    "this stream was started without an event loop; go on with for or complete()"
                )
            request = self._encode(mode)
            try:
                # Kept before the start, so that an interrupt leaves no stream without owner.
                receiver = self.on_loop = self._opener._open_on_loop(mode, self._fields)
                receiver.client.start(receiver, request)
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
            request = self._encode(mode)
            try:
                receiver = self.on_thread = self._opener._open_on_thread(mode, self._fields)
                receiver.client.start(receiver, request)
            except BaseException as error:
                self.abort(error)
                raise
        return self.on_thread

    async def wait_whole(self) -> Response:
        """Waits for the whole response, including what was not read of a started stream."""
        receiver = self.on_thread
        if receiver is not None and receiver.ended:
            return _response(receiver)
        try:
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
        return _response(joined)

    def block_whole(self) -> Response:
        """The same as wait_whole(), for a thread."""
        receiver = self.on_loop
        if receiver is not None and receiver.ended:
            return _response(receiver)
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
        return _response(joined)

    def cancel(self) -> None:
        self.cancelled = True
        self.stop()

    def stop(self) -> None:
        """Closes the connection, if there is one."""
        if self.receiver is not None:
            self.receiver.cancel()

    def stop_on_thread(self) -> None:
        """The same as stop(), but leaves a stream that was started on an event loop alone."""
        if self.on_thread is not None:
            self.on_thread.cancel()

    def abort(self, error: BaseException) -> None:
        """Ends a stream whose start failed or was interrupted: nothing more will arrive."""
        _process_hooks.park_if_exiting()
        if self.receiver is not None:
            kind = getattr(error, "kind", "CANCELLED")
            self.receiver.client.end_locally(
                self.receiver, kind, str(error) or "the start was interrupted"
            )

    def drop(self) -> None:
        """Its reader has gone."""
        if self.receiver is not None:
            self.receiver.drop()

    def _encode(self, mode: ReadMode) -> SecretJson:
        if self.cancelled:
            raise CancelledError("the stream was cancelled before it started")
        return self._fields.encode(_WHOLE if mode == "whole" else _NOTHING)


def _response(receiver: LoopReceiver | BlockingReceiver) -> Response:
    """The response of an ended stream; raises the error that it ended with."""
    if receiver.builder.failed:
        raise receiver.builder.error()
    return receiver.builder.response()
