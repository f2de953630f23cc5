"""LiterLlm: options, and the native clients that are made from them when they are needed.

One native client for each event loop that uses it, and one for all threads without a loop.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from . import _lifetime
from ._errors import ClosedError, ConfigError
from ._invocation import Invocation
from ._request import Fields, merge
from ._stream import Stream

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from typing_extensions import Unpack

    from ._blocking import BlockingChannel, BlockingClient
    from ._hub import AsyncChannel, Hub
    from ._mode import Mode
    from ._request import Sealed
    from ._types import AnyRequest, CallOptions, Options

_WINDOW_BYTES = 262_144
_GIVE_BACK_AT_MOST = 16_384
_FORKED = "this stream was inherited through fork; invoke() starts a new one"


class LiterLlm:
    """Talks to providers. Cheap to make: connections, threads and checks of the options wait for
    the first request. May be used from any thread and any event loop at the same time."""

    def __init__(self, provider: str | None = None, **options: Unpack[Options]) -> None:
        """provider: "openai", or None to take it from the model's prefix ("openai/gpt-4o-mini").
        The options are those of the guide; a request may override many of them."""
        named = {} if provider is None else {"provider": provider}
        self._options = Fields("options", ConfigError, {**options, **named})
        self._closed = False
        self._mutex = threading.RLock()
        self._hubs: weakref.WeakKeyDictionary[AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()
        self._blocking: BlockingClient | None = None
        _lifetime.watch(self)

    def invoke(self, request: AnyRequest, **options: Unpack[CallOptions]) -> Stream:
        """One request. Returns at once and sends nothing: see Stream for what can be done with it.

        request: a dict, or anything with model_dump(). options: the same fields, for this call."""
        return Stream(Invocation(self, merge(request, options)))

    def close(self) -> None:
        """Ends every live stream with ClosedError and takes no more. Any thread; at once."""
        with self._mutex:
            self._closed = True
            hubs, blocking = list(self._hubs.values()), self._blocking
        for hub in hubs:
            hub.close()
        if blocking is not None:
            blocking.close()

    async def aclose(self) -> None:
        """close(), and waits until the streams of this event loop have let go."""
        import asyncio

        hub = self._hubs.get(asyncio.get_running_loop())
        self.close()
        if hub is not None:
            await hub.wait_closed()

    async def __aenter__(self) -> LiterLlm:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def __enter__(self) -> LiterLlm:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        # No stream is live: each holds its LiterLlm. A hub may belong to another thread's loop.
        if not _lifetime.exiting and hasattr(self, "_mutex"):
            self.close()

    def _open_on_loop(self, mode: Mode, collect: bool) -> AsyncChannel:
        """A channel for a stream that is not started yet."""
        import asyncio

        from ._hub import AsyncChannel
        from ._thread_hub import make_hub

        loop = asyncio.get_running_loop()
        with self._mutex:
            self._refuse_when_closed()
            hub = self._hubs.get(loop)
            if hub is None or hub.closed:
                hub = self._hubs[loop] = make_hub(loop, *self._native_options())
        return AsyncChannel(mode, hub, self, collect)

    def _open_on_thread(self, mode: Mode, collect: bool) -> BlockingChannel:
        """The same without a loop."""
        from ._blocking import BlockingChannel, BlockingClient

        with self._mutex:
            self._refuse_when_closed()
            if self._blocking is None:
                self._blocking = BlockingClient(*self._native_options())
            blocking = self._blocking
        return BlockingChannel(mode, blocking, self, collect)

    def _native_options(self) -> tuple[Sealed, int]:
        """The options as JSON, and from how many bytes on a window is worth reopening."""
        from ._log import enabled_level

        window = self._options.get("stream_window_bytes", _WINDOW_BYTES)
        give_back_at = window // 4 if isinstance(window, int) else 0
        sealed = self._options.encode(log_level=enabled_level())
        return sealed, max(1, min(give_back_at, _GIVE_BACK_AT_MOST))

    def _refuse_when_closed(self) -> None:
        _lifetime.park_if_exiting()
        if self._closed or _lifetime.exiting:
            raise ClosedError("this LiterLlm is closed; make a new one")

    def _after_fork(self) -> None:
        """In the child: leaves what belongs to the parent and starts afresh."""
        self._mutex = threading.RLock()
        hubs, self._hubs = list(self._hubs.values()), weakref.WeakKeyDictionary()
        blocking, self._blocking = self._blocking, None
        for hub in hubs:
            hub.forget(_FORKED)
        if blocking is not None:
            blocking.forget(_FORKED)

    def _at_exit(self) -> None:
        """Frees the core's side, so that no thread of it outlives the interpreter."""
        for hub in list(self._hubs.values()):
            hub.abandon()
        if self._blocking is not None:
            self._blocking.abandon()
