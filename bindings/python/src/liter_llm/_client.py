"""LiterLlm: holds the options, and makes native clients from them when they are needed.

There is one native client for each event loop, and one for all threads without an event loop.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, NoReturn, Optional, cast

from . import _lazy_types as late
from . import _overrides, _process_hooks
from ._batches import Batches
from ._call import Call
from ._call_options import find_unknown
from ._constants_generated import STREAM_WINDOW_BYTES
from ._errors import ClosedError, ConfigError, InvalidRequestError, LlmError
from ._host import get_running_loop
from ._invocation import Invocation
from ._key_function import find_key_function
from ._map import Map, Requests
from ._request import Fields, UnmergedRequest, should_collect
from ._stream import Stream

if TYPE_CHECKING:
    from ._base_builder import MakeBuilder
    from ._blocking_client import BlockingClient, BlockingReceiver
    from ._host import HostLoop
    from ._loop_client import LoopClient, LoopReceiver
    from ._native_client import NativeClient
    from ._receiver import ReadMode
    from ._request import SecretJson
    from ._start_queue import StartQueue

_NO_OUTPUT: type[object] = cast(Any, None)  # for type checkers, as then the output is no more
_ACKNOWLEDGE_AT_MOST = 16_384
_FORKED = "this stream was inherited through fork; invoke() starts a new one"
_NOT_COPIED = {
    "_blocking",
    "_closed",
    "_latest",
    "_loop_clients",
    "_more_blocking",
    "_mutex",
    "_observer",
    "_pool",
}


class LiterLlm:
    """A client for LLM providers.

    It is cheap to make: it checks its options, and starts threads, reads files and opens
    connections only at the first request. Any number of threads and event loops may use it at the
    same time, so make one for the whole program.

    A copy (copy, deepcopy, pickle) is an independent client with the same options. A key that was
    given as an option is copied with them; a key from the environment is not."""

    _observer: Any = None
    """The Observer that liter_llm.otel sets, which is told of each call."""

    def __init__(
        self, provider: Optional[str] = None, **options: late.Unpack[late.Options]
    ) -> None:
        """provider: such as "openai"; None takes it from the model's prefix ("openai/gpt-4o-mini").
        options: those of `Options`; a request may override many of them."""
        named = {} if provider is None else {"provider": provider}
        self._options = Fields("option ", ConfigError, {**options, **named})
        del options  # tools that report exceptions print the locals of every frame
        should_collect(self._options, self._options)
        from ._option_check import check_options  # which needs the native library

        check_options(self._options)
        self._set_up()

    def _set_up(self) -> None:
        self._closed = False
        self._mutex = threading.RLock()
        self._loop_clients: weakref.WeakKeyDictionary[HostLoop, LoopClient] = (
            weakref.WeakKeyDictionary()
        )
        self._latest: LoopClient | None = None  # the one used last; not a closed one
        self._blocking: BlockingClient | None = None
        self._more_blocking: list[BlockingClient] = []  # for greenlets, and for signal handlers
        self._pool: NativeClient[Any] | None = None
        _process_hooks.watch(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._set_up()

    def invoke(
        self,
        request: late.Request,
        *,
        output: late.TypeForm[late.Output] = _NO_OUTPUT,  # type: ignore[assignment]
        output_retries: int = 0,
        **options: late.Unpack[late.CallOptions],
    ) -> Stream[late.Output]:
        """Returns one request as a Stream: iterate over it, or await it. Nothing is sent yet.

        request: a dict or another mapping, or anything with model_dump().
        output: the type that the response's JSON is to be, such as a pydantic model, a dataclass, a
        TypedDict or a list of them; the response has it as `output`.
        output_retries: how often `await` and complete() ask again when the JSON is not of it.
        options: for this call; they take precedence over the request's. See `CallOptions`."""
        unknown = find_unknown(options) if options else None
        if unknown is not None:
            del request, options  # either may hold a key
            raise unknown
        if type(request) is dict:
            fields = Fields("", InvalidRequestError, {**request, **options})
            del request, options  # either may hold a key, and what follows may raise
        else:
            unmerged = UnmergedRequest(request, options)
            del request, options  # either may hold a key, and merge() may raise
            fields = unmerged.merge()
        if fields.operation is not None:
            fields.refuse_other_operation("invoke")
        if output is _NO_OUTPUT and output_retries == 0:
            return Stream(Invocation(self, fields))
        from ._output_stream import open_stream

        return open_stream(self, fields, output, output_retries)

    def embed(
        self, request: late.EmbedRequest, **options: late.Unpack[late.CallOptions]
    ) -> Call[late.EmbedResponse]:
        """Returns a call for a vector of each input: await it, or complete() it. `input` may be of
        any length: it is split by the provider's limits.

        request, options: as for invoke(). See `EmbedRequest`."""
        return _make_call(self, "embed", UnmergedRequest(request, options))

    def rerank(
        self, request: late.RerankRequest, **options: late.Unpack[late.CallOptions]
    ) -> Call[late.RerankResponse]:
        """Returns a call that orders documents by how well they answer a query.

        request, options: as for invoke(). See `RerankRequest`."""
        return _make_call(self, "rerank", UnmergedRequest(request, options))

    def models(
        self,
        request: Optional[late.ModelsRequest] = None,
        **options: late.Unpack[late.CallOptions],
    ) -> Call[late.ModelsResponse]:
        """Returns a call for the models that the provider has."""
        return _make_call(self, "models", UnmergedRequest(request or {}, options))

    def count_tokens(
        self, request: late.Request, **options: late.Unpack[late.CallOptions]
    ) -> Call[late.TokenCount]:
        """Returns a call that has the provider count the tokens of a request of invoke()."""
        return _make_call(self, "count_tokens", UnmergedRequest(request, options))

    def map(
        self,
        requests: Requests,
        *,
        concurrency: int = 32,
        ordered: bool = False,
        output: object = None,
        output_retries: int = 0,
        **options: late.Unpack[late.CallOptions],
    ) -> Map:
        """Returns the results of many requests: read them with `async for` or `for`. Each is a
        MapResult with a response or an error; a request that fails raises nothing.

        requests: as for invoke(), embed() and the others. They are read one by one, at most
        `concurrency` ahead of what the loop has taken. A request that names no `operation` is an
        embed() if it has `input`, a rerank() if it has `documents`, and else a chat.
        concurrency: how many are in flight at most.
        ordered: in the order of the requests, not as they end. Then up to four times `concurrency`
        results wait for a slow one before them.
        output, output_retries: as for invoke(), for each request.
        options: for each call."""
        unknown = find_unknown(options)
        if unknown is not None:
            del requests, options
            raise unknown
        asked: Any = None
        if output is not None or output_retries != 0:
            from ._output import find_output

            asked = find_output(output, output_retries)
            if isinstance(asked, LlmError):
                del requests, options  # either may hold a key
                raise asked
        return Map(self, requests, options, concurrency, ordered, asked)

    def stats(self) -> Call[late.Stats]:
        """Returns a call for what the client has done so far, and does now: await it, or complete()
        it. It asks nobody, so it comes at once.

        Each event loop has a native client of its own, and all threads without one share another;
        the stats are those of the one that the call uses."""
        return _make_call(self, "stats", UnmergedRequest({}, {}))

    @property
    def batch(self) -> Batches:
        """Batches of requests, which a provider answers within a day at a lower price: submit(),
        status(), results(), cancel() and list()."""
        return Batches(self)

    def close(self) -> None:
        """Ends every live stream with ClosedError and refuses new ones.

        It does not wait for them, and may be called from any thread."""
        _process_hooks.notice_fork()
        with self._mutex:
            self._closed = True
        self._close_clients()

    async def aclose(self) -> None:
        """Like close(), and waits until the streams of this event loop have ended."""
        client = self._loop_clients.get(get_running_loop())
        self.close()
        if client is not None:
            await client.wait_closed()

    async def __aenter__(self) -> LiterLlm:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def __enter__(self) -> LiterLlm:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Names of options, and of their values only those that cannot hold a secret."""
        from ._describe import describe_client

        known = vars(self)  # not all, where __init__ raises
        return describe_client(known.get("_options"), known.get("_closed", False))

    if not TYPE_CHECKING:  # else a type checker would take any attribute

        def __getattr__(self, name: str) -> NoReturn:
            from ._habits import missing

            raise missing("LiterLlm", name)

    def __del__(self) -> None:
        # No stream is live: each keeps its LiterLlm. A client may belong to another thread's loop.
        if not _process_hooks.exiting and hasattr(self, "_pool"):
            self.close()

    def _queue_on_loop(self) -> Optional[StartQueue]:
        """Where a start on the running event loop has to wait, when that is necessary."""
        client = self._latest
        if client is None or not client.starts.is_full() or not client.is_usable_here():
            return None
        return client.starts

    def _open_on_loop(
        self, mode: ReadMode, fields: Fields, make_builder: Optional[MakeBuilder] = None
    ) -> LoopReceiver:
        """Makes a receiver, on the running event loop, for a stream that is not started yet."""
        if os.getpid() != _process_hooks.process:
            _process_hooks.notice_fork()
        options = self._options
        collect = should_collect(fields, options)
        client = self._latest
        if client is None or not client.is_usable_here():
            client = self._latest = self._client_of_running_loop()
        receiver = client.receive(mode, self, collect, make_builder)
        receiver.key_function = find_key_function(fields, options)
        return receiver

    def _client_of_running_loop(self) -> LoopClient:
        from ._poll_thread import make_loop_client

        loop = get_running_loop()
        with self._mutex:
            self._refuse_when_closed()
            client = self._loop_clients.get(loop)
            if client is None or client.closed:
                options, acknowledge_at = self._native_options()
                client = self._loop_clients[loop] = make_loop_client(loop, options, acknowledge_at)
                self._keep_pool(options)
        return client

    def _open_on_thread(
        self, mode: ReadMode, fields: Fields, make_builder: Optional[MakeBuilder] = None
    ) -> BlockingReceiver:
        """Makes a receiver, for a thread without a loop, for a stream that is not started yet."""
        _process_hooks.notice_fork()
        collect = should_collect(fields, self._options)
        with self._mutex:
            self._refuse_when_closed()
            client = self._blocking
            if client is None or not client.is_usable_here():
                client = next((one for one in self._more_blocking if one.is_usable_here()), None)
            if client is None:
                from ._blocking_client import BlockingClient

                client = BlockingClient(*self._native_options())
                if self._blocking is None:  # a signal handler may have set it meanwhile
                    self._blocking = client
                else:
                    self._more_blocking.append(client)
        receiver = client.receive(mode, self, collect, make_builder)
        receiver.key_function = find_key_function(fields, self._options)
        return receiver

    def _all_blocking(self) -> list[BlockingClient]:
        return [*([] if self._blocking is None else [self._blocking]), *self._more_blocking]

    def _keep_pool(self, options: SecretJson) -> None:
        """Opens a native client that makes no requests, so that connections outlive asyncio.run().

        Native clients with equal options share connections while one of them exists, and the client
        of an event loop is freed with its loop. This one is replaced whenever a client of an event
        loop is made, because the proxy variables may have changed."""
        from ._native_client import NativeClient

        kept, self._pool = self._pool, NativeClient()
        self._pool.open(options, None)
        if kept is not None:
            kept.free()

    def _native_options(self) -> tuple[SecretJson, int]:
        """The options as JSON, and how many bytes a stream reads before it acknowledges them."""
        from ._log import enabled_level

        window = self._options.get("stream_window_bytes", STREAM_WINDOW_BYTES)
        acknowledge_at = window // 4 if isinstance(window, int) else 0
        options = self._options.encode({"log_level": enabled_level(), **_overrides.options()})
        return options, max(1, min(acknowledge_at, _ACKNOWLEDGE_AT_MOST))

    def _refuse_when_closed(self) -> None:
        _process_hooks.refuse_when_exiting()
        if self._closed:
            raise ClosedError("this LiterLlm is closed; make a new one")

    def _close_clients(self) -> None:
        with self._mutex:
            self._latest = None
            loop_clients, pool, self._pool = list(self._loop_clients.values()), self._pool, None
            blocking = self._all_blocking()
        clients: list[NativeClient[Any]] = [*loop_clients, *blocking]
        for client in clients:
            client.close()
        if pool is not None:
            pool.free()

    def _renew(self) -> None:
        """Closes the native clients; the next request makes others, with the options of then."""
        self._close_clients()
        with self._mutex:
            live = [client for client in self._all_blocking() if client.receivers]
            self._blocking, self._more_blocking = None, live

    def _after_fork(self) -> None:
        """In the child: abandons what belongs to the parent and starts afresh."""
        self._mutex = threading.RLock()
        loop_clients = list(self._loop_clients.values())
        self._loop_clients = weakref.WeakKeyDictionary()
        blocking, self._blocking, self._more_blocking = self._all_blocking(), None, []
        self._pool = self._latest = None
        clients: list[NativeClient[Any]] = [*loop_clients, *blocking]
        for client in clients:
            client.forget(_FORKED)

    def _at_exit(self) -> None:
        """Frees the native clients, so that no thread of theirs outlives the interpreter."""
        clients: list[NativeClient[Any]] = [*self._loop_clients.values(), *self._all_blocking()]
        for client in clients:
            client.abandon()
        if self._pool is not None:
            self._pool.free()


def _make_call(llm: LiterLlm, operation: str, unmerged: UnmergedRequest) -> Call[Any]:
    from ._operations import make_call

    return make_call(llm, operation, unmerged)
