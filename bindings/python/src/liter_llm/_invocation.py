"""Invocation: one request, before and after it is started, and the one way to its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _process_hooks
from ._errors import CancelledError
from ._mode import Mode

if TYPE_CHECKING:
    from ._blocking_client import BlockingChannel
    from ._client import LiterLlm
    from ._events import Response
    from ._loop_client import AsyncChannel
    from ._request import Fields, Sealed


class Invocation:
    """Starts when it is first used, on the running event loop or for the calling thread."""

    __slots__ = ("_fields", "_llm", "begun", "cancelled", "on_loop", "on_thread")

    def __init__(self, llm: LiterLlm, fields: Fields) -> None:
        self._llm = llm
        self._fields = fields
        self.begun = False
        self.cancelled = False
        self.on_loop: AsyncChannel | None = None
        self.on_thread: BlockingChannel | None = None

    @property
    def channel(self) -> AsyncChannel | BlockingChannel | None:
        """None before the start."""
        return self.on_thread if self.on_loop is None else self.on_loop

    def refuse_second(self) -> None:
        """There is one reader of a stream."""
        if self.begun or self.channel is not None:
            raise RuntimeError("a stream is read once; call invoke() again for a new one")

    def begin(self) -> None:
        """A reader takes its first step."""
        self.refuse_second()
        self.begun = True

    def join_on_loop(self, mode: Mode) -> AsyncChannel:
        """The channel on the running loop; starts the stream if need be."""
        if self.on_loop is None:
            self._refuse(self.on_thread, "without an event loop; go on with for or complete()")
            collect, request = self._collect(), self._encode(mode)
            try:
                # Kept before the start, so that an interrupt leaves no stream without owner.
                channel = self.on_loop = self._llm._open_on_loop(mode, collect)
                channel.hub.start(channel, request)
            except BaseException as error:
                self.abort(error)
                raise
        return self.on_loop

    def join_on_thread(self, mode: Mode) -> BlockingChannel:
        """The channel of threads; starts the stream if need be."""
        if self.on_thread is None:
            self._refuse(self.on_loop, "on an event loop; go on with async for or await")
            collect, request = self._collect(), self._encode(mode)
            try:
                channel = self.on_thread = self._llm._open_on_thread(mode, collect)
                channel.client.start(channel, request)
            except BaseException as error:
                self.abort(error)
                raise
        return self.on_thread

    async def wait_whole(self) -> Response:
        """All of the answer; what was not read of a started stream goes into it too."""
        channel = self.on_thread
        if channel is None or not channel.ended:
            try:
                joined = self.join_on_loop(Mode.WHOLE)
                joined.mode = Mode.WHOLE
                joined.items.clear()
                while not joined.ended:
                    await joined.arm()
            except RuntimeError:
                raise  # misuse, which leaves the stream as it is
            except BaseException:
                self.stop()
                raise
        return self._response()

    def block_whole(self) -> Response:
        """wait_whole for a thread."""
        channel = self.on_loop
        if channel is None or not channel.ended:
            try:
                joined = self.join_on_thread(Mode.WHOLE)
                joined.mode = Mode.WHOLE
                while not joined.ended:
                    joined.items.clear()
                    joined.wait()
                joined.items.clear()
            except BaseException:
                self.stop_on_thread()
                raise
        return self._response()

    def _response(self) -> Response:
        channel = self.channel
        assert channel is not None
        if channel.answer.failed:
            raise channel.answer.error()
        return channel.answer.response()

    def cancel(self) -> None:
        self.cancelled = True
        self.stop()

    def stop(self) -> None:
        """Closes the way upstream, if there is one."""
        if self.channel is not None:
            self.channel.cancel()

    def stop_on_thread(self) -> None:
        """The same, unless the stream was started on an event loop and not for this caller."""
        if self.on_thread is not None:
            self.on_thread.cancel()

    def abort(self, error: BaseException) -> None:
        """The start did not come to its end: nothing more will arrive."""
        _process_hooks.park_if_exiting()
        if self.channel is not None:
            kind = getattr(error, "kind", "CANCELLED")
            self.channel.line.lose(self.channel, kind, str(error) or "the start was interrupted")

    def drop(self) -> None:
        """Its reader has gone."""
        if self.channel is not None:
            self.channel.drop()

    def _collect(self) -> bool:
        return self._fields.collect(self._llm._options.collect(True))

    def _encode(self, mode: Mode) -> Sealed:
        if self.cancelled:
            raise CancelledError("the stream was cancelled before it started")
        return self._fields.encode(**({"stream": False} if mode is Mode.WHOLE else {}))

    def _refuse(self, channel: object, where: str) -> None:
        if channel is not None:
            raise RuntimeError(f"this stream was started {where}")
