"""LiterLlm: options, and the native clients that are made from them when they are needed.

One native client for each event loop that uses it, and one for all threads without a loop.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Optional

from . import _lazy_types as late
from . import _process_hooks, _wake_descriptor
from ._errors import ClosedError, ConfigError
from ._invocation import Invocation
from ._library import NativeClient
from ._request import Fields, Given
from ._stream import Stream

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ._blocking_client import BlockingChannel, BlockingClient
    from ._loop_client import AsyncChannel, Hub
    from ._mode import Mode
    from ._request import Sealed

_WINDOW_BYTES = 262_144
_GIVE_BACK_AT_MOST = 16_384
_FORKED = "this stream was inherited through fork; invoke() starts a new one"
_NOT_COPIED = {"_closed", "_mutex", "_hubs", "_blocking", "_more_blocking", "_pool"}


class LiterLlm:
    """Talks to providers. Cheap to make: connections, threads and checks of the options wait for
    the first request. May be used from any thread and any event loop at the same time.

    A copy, and what comes out of a pickle, is a client of its own with the same options. A key that
    was given as an option is one of them; a key of the environment stays where it is."""

    def __init__(
        self, provider: Optional[str] = None, **options: late.Unpack[late.Options]
    ) -> None:
        """provider: "openai", or None to take it from the model's prefix ("openai/gpt-4o-mini").
        The options are those of the guide; a request may override many of them."""
        named = {} if provider is None else {"provider": provider}
        self._options = Fields("options", ConfigError, {**options, **named})
        del options  # tools that report exceptions print the locals of every frame
        self._set_up()

    def _set_up(self) -> None:
        self._closed = False
        self._mutex = threading.RLock()
        self._hubs: weakref.WeakKeyDictionary[AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()
        self._blocking: BlockingClient | None = None
        self._more_blocking: list[BlockingClient] = []  # for greenlets, and for signal handlers
        self._pool: NativeClient | None = None
        _process_hooks.watch(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._set_up()

    def invoke(self, request: late.AnyRequest, **options: late.Unpack[late.CallOptions]) -> Stream:
        """One request. Returns at once and sends nothing: see Stream for what can be done with it.

        request: a dict or another mapping, or anything with model_dump(). options: the same fields,
        for this call."""
        given = Given(request, options)
        del request, options  # either may hold a key
        return Stream(Invocation(self, given.merge()))

    def close(self) -> None:
        """Ends every live stream with ClosedError and takes no more. Any thread; at once."""
        _process_hooks.notice_fork()
        with self._mutex:
            self._closed = True
            hubs, pool, self._pool = list(self._hubs.values()), self._pool, None
            blocking = self._all_blocking()
        for hub in hubs:
            hub.close()
        for client in blocking:
            client.close()
        if pool is not None:
            pool.free()

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
        if not _process_hooks.exiting and hasattr(self, "_pool"):
            self.close()

    def _open_on_loop(self, mode: Mode, collect: bool) -> AsyncChannel:
        """A channel for a stream that is not started yet."""
        import asyncio

        from ._loop_client import AsyncChannel
        from ._poll_thread import make_hub

        _process_hooks.notice_fork()
        loop = asyncio.get_running_loop()
        with self._mutex:
            self._refuse_when_closed()
            hub = self._hubs.get(loop)
            if hub is None or hub.closed:
                sealed, give_back_at = self._native_options()
                hub = self._hubs[loop] = make_hub(loop, sealed, give_back_at)
                self._keep_pool(sealed)
        return AsyncChannel(mode, hub, self, collect)

    def _open_on_thread(self, mode: Mode, collect: bool) -> BlockingChannel:
        """The same without a loop."""
        from ._blocking_client import BlockingChannel, BlockingClient

        _process_hooks.notice_fork()
        with self._mutex:
            self._refuse_when_closed()
            blocking = self._blocking
            if blocking is None or not blocking.suits():
                blocking = next((one for one in self._more_blocking if one.suits()), None)
            if blocking is None:
                blocking = BlockingClient(*self._native_options())
                if self._blocking is None:  # still: a signal handler may have been here
                    self._blocking = blocking
                else:
                    self._more_blocking.append(blocking)
        return BlockingChannel(mode, blocking, self, collect)

    def _all_blocking(self) -> list[BlockingClient]:
        return [*([] if self._blocking is None else [self._blocking]), *self._more_blocking]

    def _keep_pool(self, sealed: Sealed) -> None:
        """Native clients with equal options share their connections as long as one of them lives.
        That of an event loop ends with the loop, so there is one for no other purpose: connections
        outlive an asyncio.run(). It is renewed with each, as proxy variables may have changed."""
        kept, self._pool = self._pool, NativeClient(sealed, None)
        if kept is not None:
            kept.free()

    def _native_options(self) -> tuple[Sealed, int]:
        """The options as JSON, and from how many bytes on a window is worth reopening."""
        from ._log import enabled_level

        window = self._options.get("stream_window_bytes", _WINDOW_BYTES)
        give_back_at = window // 4 if isinstance(window, int) else 0
        sealed = self._options.encode(log_level=enabled_level())
        return sealed, max(1, min(give_back_at, _GIVE_BACK_AT_MOST))

    def _refuse_when_closed(self) -> None:
        _process_hooks.park_if_exiting()
        if _process_hooks.exiting:
            raise ClosedError(_wake_descriptor.EXITING)
        if self._closed:
            raise ClosedError("this LiterLlm is closed; make a new one")

    def _after_fork(self) -> None:
        """In the child: leaves what belongs to the parent and starts afresh."""
        self._mutex = threading.RLock()
        hubs, self._hubs = list(self._hubs.values()), weakref.WeakKeyDictionary()
        blocking, self._blocking, self._more_blocking = self._all_blocking(), None, []
        self._pool = None
        for hub in hubs:
            hub.forget(_FORKED)
        for client in blocking:
            client.forget(_FORKED)

    def _at_exit(self) -> None:
        """Frees the core's side, so that no thread of it outlives the interpreter."""
        for hub in list(self._hubs.values()):
            hub.abandon()
        for client in self._all_blocking():
            client.abandon()
        if self._pool is not None:
            self._pool.free()
