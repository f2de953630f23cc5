"""NativeClient: one client of the native library; Receiver: what one of its streams brought.

Every token passes here: poll() asks the library for events, dispatch() gives each to the receiver
of its stream, and the receiver keeps it until an iterator takes it. The subclasses in _loop_client
and _blocking_client define who polls.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._deferred import Deferred
from ._errors import ClosedError
from ._library import END, LOG, REASONING, TEXT, VECTORS, ffi, last_error, lib
from ._lone_texts import GROUP, MANY, LoneTexts
from ._receiver import COMPACT_BYTES, BaseReceiver
from ._runs import cut, make_reasonings, make_texts

if TYPE_CHECKING:
    from ._request import SecretJson

_unpack = ffi.unpack
_EXIT_WAIT_SECONDS = 1.0


class Receiver(BaseReceiver):
    """Takes the text of a stream. A run of it is decoded once and cut by `ends`; no object is made
    for a token but its str."""

    __slots__ = ()

    def feed(self, event: Any) -> None:
        """Takes one event: a run of text or reasoning deltas here, anything else below."""
        kind = event.kind
        if kind != TEXT and kind != REASONING:
            if kind == VECTORS:
                self._feed_vectors(event)
            elif kind == END:
                self._feed_end(_unpack(event.data, event.length), event.error != 0)
            else:
                self._feed_json(kind, _unpack(event.data, event.length))
            return
        data = _unpack(event.data, event.length)
        text = data.decode()
        delivered = self.delivered = self.delivered + len(data)
        if self.collect:
            if kind == TEXT:
                self.builder.text.append(text)
            else:
                self.builder.keep_reasoning(text)
            if delivered >= self._compact_at:
                self._compact()
        mode = self.mode
        if mode == "tokens":
            if kind == TEXT:
                if event.count == 1:
                    self.items.insert(0, text)
                else:
                    self._add(cut(event, text, data))
        elif mode == "events":
            make = make_texts if kind == TEXT else make_reasonings
            self._add(make(cut(event, text, data)))
        self.wake()

    def feed_text(self, text: str, size: int) -> None:
        """The same for one delta of text, of so many bytes, that was taken out of its event."""
        delivered = self.delivered = self.delivered + size
        if self.collect:
            self.builder.text.append(text)
            if delivered >= self._compact_at:
                self._compact()
        mode = self.mode
        if mode == "tokens":
            self.items.insert(0, text)
        elif mode == "events":
            self._add(make_texts([text]))
        self.wake()

    def _compact(self) -> None:
        """Joins the pieces of the response, each time that as much has come again."""
        self._compact_at = self.delivered + COMPACT_BYTES
        self.builder.compact()

    def _add(self, items: list[Any]) -> None:
        """Behind what is there, in one step: the reader may be another thread."""
        items.reverse()
        self.items[:0] = items

    def acknowledge(self) -> None:
        """Reopens the window, once every item was taken and enough bytes are owed."""
        owed = self.delivered - self._acknowledged
        if owed >= self._acknowledge_at and not self.ended:
            self._acknowledged += owed
            self.client.consumed(self.number, owed)


AnyReceiver = TypeVar("AnyReceiver", bound=Receiver)


class NativeClient(Generic[AnyReceiver]):
    """One LlmClient: numbers streams, starts and ends them, and dispatches what was polled. Calls
    after free() do nothing; a start is refused with ClosedError."""

    def __init__(self, acknowledge_at: int = 1) -> None:
        """acknowledge_at: how many bytes a stream reads before it acknowledges them."""
        self.acknowledge_at = acknowledge_at
        self.receivers: dict[int, AnyReceiver] = {}
        self.closed = False
        self._stopped = False
        self._pointer = ffi.NULL
        self._events = ffi.new("const LlmEvent **")  # of the last poll; live until the next one
        self._counts: list[int] = []  # of polled events, as long as some are not dispatched
        self._index = 0
        self._numbers = itertools.count(1)
        self._lone = LoneTexts()
        self._dispatching = threading.RLock()
        self._is_dispatching = False
        self.deferred = Deferred()  # lines of the log, and ends that observers are to be told of

    def open(self, options: SecretJson, wake_descriptor: int | None) -> None:
        """Makes the native client, which writes to the descriptor when events have come. Without
        one, a thread has to block in poll()."""
        wake = ctx = ffi.NULL
        if wake_descriptor is not None:
            wake = ffi.addressof(lib, "llm_wake_fd")
            ctx = ffi.cast("void *", wake_descriptor)
        client_out = ffi.new("LlmClient **")
        if lib.llm_client_new(options.data, wake, ctx, client_out) != 0:
            raise last_error()
        self._pointer = client_out[0]

    def start(self, receiver: AnyReceiver, request: SecretJson) -> None:
        """Starts a stream; raises what the library refuses. Whatever is raised, the caller has to
        end_locally() the receiver: Ctrl-C may come after the start."""
        receiver.number = number = next(self._numbers)
        self.receivers[number] = receiver
        if lib.llm_client_start(self._pointer, number, b"", request.data) != 0:
            error = last_error()
            raise error if self._pointer else ClosedError("the client was closed")

    def end_locally(self, receiver: BaseReceiver, kind: str, message: str) -> None:
        """Ends a stream on this side, wherever it is: started or not, ended or not."""
        receiver.cancel()
        self.receivers.pop(receiver.number, None)
        receiver.fail(kind, message)

    def cancel(self, number: int) -> None:
        """Cancels a stream; its END is still to come."""
        if not self._stopped:
            lib.llm_client_cancel(self._pointer, number)

    def answer(self, number: int, answer: SecretJson) -> None:
        """Answers the KEY of a stream; nothing happens if that has ended."""
        if not self._stopped:
            lib.llm_client_answer(self._pointer, number, answer.data)

    def consumed(self, number: int, size: int) -> None:
        """Acknowledges bytes of a stream, so that more may come."""
        lib.llm_client_consumed(self._pointer, number, size)

    def poll(self, timeout_ms: int) -> bool:
        """Whether there is something to dispatch. What an interrupt left over comes first."""
        counts = self._counts
        if counts and self._index >= counts[0]:
            counts.clear()
        if not counts:
            self._index = 0
            # In one step, as Ctrl-C is noticed when a call returns: a number that is returned first
            # could be lost, and the events with it.
            counts += map(lib.llm_client_poll, (self._pointer,), (timeout_ms,), (self._events,))
        return self._index < counts[0]

    def dispatch(self) -> None:
        """Gives polled events to their receivers, as long as the events live. An error on the way
        ends its stream and no other. Ctrl-C may come at any line."""
        counts, receivers, events = self._counts, self.receivers, self._events[0]
        begin = until = 0  # these were looked at together
        texts: list[str] = []
        with self._dispatching:
            try:
                self._is_dispatching = True
                while counts and self._index < counts[0] and not self._stopped:
                    index = self._index
                    if index >= until:
                        begin, until = index, counts[0]
                        if until - begin < MANY:
                            texts = []
                        else:
                            until = min(until, begin + GROUP)
                            looked = self._lone.look_at(events + begin, until - begin)
                            texts, streams, sizes = looked
                    if texts and (text := texts[index - begin]):
                        number = streams[index - begin]
                    else:
                        text, event = "", events[index]
                        number = event.stream
                    try:
                        self._index = index + 1
                        receiver = receivers.get(number)
                        if receiver is None:
                            if not text:
                                self._keep_if_log(event)
                            continue
                        try:
                            if text:
                                receiver.feed_text(text, sizes[index - begin])
                            else:
                                receiver.feed(event)
                        except Exception as error:
                            reason = f"cannot read an event: {error!r}"
                            self.end_locally(receiver, "INTERNAL", reason)
                        if receiver.ended:
                            receivers.pop(number, None)  # last: until then an interrupt finds it
                    except BaseException:
                        self._fail_interrupted(number)
                        raise
            finally:
                self._is_dispatching = False
                if self._stopped:
                    self._free_native()

    def _fail_interrupted(self, number: int) -> None:
        """An event was interrupted on its way: its stream cannot go on as if it were whole."""
        receiver = self.receivers.get(number)
        if receiver is not None:
            self.end_locally(receiver, "INTERNAL", "the delivery of an event was interrupted")

    def close(self) -> None:
        """Ends every stream with CLOSED."""
        self.closed = True
        if self._pointer:  # else it would fail, and a finalizer replace the thread's last error
            lib.llm_client_close(self._pointer)

    def free(self) -> None:
        """Frees the native client, but not while events are dispatched, since a receiver's error or
        a log handler may call this. Waits until its streams have stopped: well under a second."""
        with self._dispatching:
            self._stopped = True
            if not self._is_dispatching:
                self._free_native()

    def _free_native(self) -> None:
        pointer, self._pointer = self._pointer, ffi.NULL
        lib.llm_client_free(pointer)

    def abandon(self) -> None:
        """The interpreter ends: frees the native client and wakes nobody, as CPython may crash when
        a daemon thread wakes just as it is finalized."""
        self.closed = self._stopped = True
        if self._dispatching.acquire(timeout=_EXIT_WAIT_SECONDS):
            self.free()
            self._dispatching.release()

    def forget(self, reason: str) -> None:
        """In a forked child: the native client belongs to the parent, and so may the lock."""
        self.closed = self._stopped = True
        self._pointer = ffi.NULL
        self._fail_all(reason)

    def _fail_all(self, reason: str) -> None:
        receivers = list(self.receivers.values())
        self.receivers.clear()
        for receiver in receivers:
            if not self._pointer:
                receiver.observation = None  # the parent's
            # In a forked child a loop in debug mode takes no call from this thread.
            with contextlib.suppress(RuntimeError):
                receiver.fail("CLOSED", reason)

    def _keep_if_log(self, event: Any) -> None:
        """Keeps a line of the log, with the context of the request that it is about. Any other
        event is of a stream that has ended on this side."""
        if event.kind != LOG:
            return
        try:
            fields = json.loads(_unpack(event.data, event.length))
            receiver = self.receivers.get(fields.get("stream"))
        except (ValueError, AttributeError):
            return
        self.deferred.add_log(None if receiver is None else receiver.context, fields)

    def observe_end(self, receiver: BaseReceiver) -> None:
        """Has the observer of a stream told of its end."""
        observation, receiver.observation = receiver.observation, None
        if observation is not None:
            self.deferred.add(receiver.context, partial(observation.end, receiver.builder))
            if not self._is_dispatching:
                self.deferred.run()
