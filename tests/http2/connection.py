"""One HTTP/2 connection: the `h2` state machine for what the peer sends, bytes of our own for what
h2 would never do. Owns the socket, the stream limit and the windows; the script defines what is
sent, and the server that accepts connections joins both (`Script`)."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Protocol

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame, SettingsFrame
from record import ConnectionSeen, Record, RequestSeen, now_ms

UNBOUNDED = 2**31 - 1
BODY_KEPT_BYTES_MAX = 4 * 1024


class StreamOverError(Exception):
    """The stream or the connection is over."""


class Stream:
    """One request and the task that serves it."""

    def __init__(self, identifier: int, seen: RequestSeen) -> None:
        self.identifier, self.seen = identifier, seen
        self.start_of_body = self.end_of_body = b""
        self.changed = asyncio.Event()
        self.reads = True
        self.unread_bytes = 0
        self.task: asyncio.Task[None] | None = None

    @property
    def wants_stream(self) -> bool:
        """Whether the request wants a streamed response; the field is near one of its ends."""
        return b'"stream":true' in self.start_of_body + b" " + self.end_of_body

    def tell(self) -> None:
        """Wakes the tasks that wait for this stream."""
        self.changed.set()
        self.changed = asyncio.Event()


class Script(Protocol):
    """What a connection needs from the server that accepted it."""

    record: Record
    settings: dict[SettingCodes, int]

    async def before_settings(self, connection: Connection) -> None:
        """Returns when SETTINGS may leave."""

    def step(self, path: str) -> dict[str, Any]:
        """The step of the next request."""

    async def respond(self, connection: Connection, stream: Stream, step: dict[str, Any]) -> None:
        """Plays that step."""


class Connection(asyncio.Protocol):
    """One connection, from the end of its TLS handshake on."""

    def __init__(self, script: Script, seen: ConnectionSeen) -> None:
        self.script, self.seen = script, seen
        self.record = script.record
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self.streams: dict[int, Stream] = {}
        self.frozen = False
        self.held = True
        self.last_stream = UNBOUNDED
        self._limit_announced = self._limit_kept = UNBOUNDED
        self._limits_sent: list[int] = []
        self._preface = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio passes the socket. SETTINGS leave when the script sends them."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        settings = self.script.settings
        # This file watches the limit on streams: h2 would end the connection where RFC 9113 has
        # other ways. The other settings hold from their acknowledgement on.
        unbounded = {SettingCodes.MAX_CONCURRENT_STREAMS: UNBOUNDED}
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values=unbounded)
        self.h2.initiate_connection()
        self.h2.clear_outbound_data_buffer()
        for code, value in settings.items():
            if code != SettingCodes.MAX_CONCURRENT_STREAMS:
                self.h2.local_settings[code] = value
        numbers = {int(code): value for code, value in settings.items()}
        self._preface = SettingsFrame(0, settings=numbers).serialize()
        self._announce(settings.get(SettingCodes.MAX_CONCURRENT_STREAMS, UNBOUNDED))
        self.spawn(self._begin())

    async def _begin(self) -> None:
        await self.script.before_settings(self)
        self.held = False
        self.flush()

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """A task that lives no longer than the connection."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self.seen.open = False
        if not self._closing:
            self.seen.closed_by_peer_ms = now_ms()
            self.record.add("closed")
        for task in list(self._tasks):
            task.cancel()
        self._writable.set()
        self.record.tell()

    def pause_writing(self) -> None:
        """The socket is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The socket has room again."""
        self._writable.set()

    def flush(self) -> None:
        """Sends what h2 wants to send, unless the script holds it back."""
        if self.held or self.frozen:
            return
        if data := self._preface + self.h2.data_to_send():
            self._preface = b""
            self.transport.write(data)

    async def drained(self) -> None:
        """Returns when the socket has room."""
        await self._writable.wait()
        if self.transport.is_closing():
            raise StreamOverError
        await asyncio.sleep(0)

    def raw(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """One frame, right or wrong."""
        self.flush()
        if not self.frozen:
            length = len(payload)
            head = struct.pack(">BHBBL", length >> 16, length & 0xFFFF, kind, flags, stream)
            self.transport.write(head + payload)

    def close(self, how: str) -> None:
        """Ends the connection: `fin` after what was written, or `reset`."""
        self._closing = True
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            raw_socket = self.transport.get_extra_info("socket")
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        else:
            self.flush()
            self.transport.close()

    # ---- what the script does with the connection

    def goaway(self, last_stream: int, code: int) -> None:
        """Announces that streams above this one are not served."""
        self.last_stream = last_stream
        self.flush()
        frame = GoAwayFrame(0, last_stream_id=last_stream, error_code=code)
        if not self.frozen:
            self.transport.write(frame.serialize())

    def announce(self, settings: dict[SettingCodes | int, int]) -> None:
        """New SETTINGS."""
        limit = settings.pop(SettingCodes.MAX_CONCURRENT_STREAMS, None)
        if limit is not None:
            self.flush()
            settings_frame = SettingsFrame(0, settings={SettingCodes.MAX_CONCURRENT_STREAMS: limit})
            self.transport.write(settings_frame.serialize())
            self._announce(limit)
        if settings:
            self.h2.update_settings(settings)
            self._announce(self._limit_announced)

    def _announce(self, limit: int) -> None:
        self._limit_announced = limit
        self._limits_sent.append(limit)

    # ---- what the peer sends

    def data_received(self, data: bytes) -> None:
        """Bytes of the peer."""
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self.record.violation(f"{type(error).__name__}: {error}")
            self.flush()
            self.close("fin")
            return
        for event in events:
            self._on(event)
        self.flush()

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._on_request(event)
        elif isinstance(event, h2.events.DataReceived):
            self._on_data(event)
        elif isinstance(event, h2.events.StreamEnded):
            self._on_end(self.streams.get(event.stream_id or 0))
        elif isinstance(event, h2.events.StreamReset):
            self._on_reset(event)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            self._on_window(event)
        elif isinstance(event, h2.events.SettingsAcknowledged):
            if self._limits_sent:
                self._limit_kept = self._limits_sent.pop(0)
            self.record.add("settings_acknowledged")
        elif isinstance(event, h2.events.PingReceived):
            self.seen.pings_received += 1
            self.record.add("pings_received")
        elif isinstance(event, h2.events.PingAckReceived):
            self.record.add("pings_answered")
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.seen.goaway_code = int(event.error_code or 0)
            self.record.tell()

    def _on_window(self, event: h2.events.WindowUpdated | h2.events.RemoteSettingsChanged) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged):
            changed = event.changed_settings.values()
            self.seen.settings |= {
                SettingCodes(one.setting).name.lower(): one.new_value
                for one in changed
                if isinstance(one.setting, SettingCodes)
            }
        else:
            self.record.add("window_updates")
        for stream in self.streams.values():
            stream.tell()

    def _on_request(self, event: h2.events.RequestReceived) -> None:
        identifier = event.stream_id or 0
        headers = [(str(name), str(value)) for name, value in event.headers or []]
        named = dict(headers)
        seen = RequestSeen(
            self.seen.number,
            identifier,
            "HTTP/2",
            named.get(":method", ""),
            named.get(":path", ""),
            headers,
        )
        if identifier > self.last_stream:
            self.record.add("after_goaway")
            return
        if len(self.streams) >= self._limit_announced:
            kept = len(self.streams) < self._limit_kept
            self.record.add("refused" if kept else "over_limit")
            self.h2.reset_stream(identifier, ErrorCodes.REFUSED_STREAM)
            return
        stream = self.streams[identifier] = Stream(identifier, seen)
        self.seen.requests += 1
        self.seen.streams_at_once_max = max(self.seen.streams_at_once_max, len(self.streams))
        self.record.requests.append(seen)
        self.record.tell()
        step = self.script.step(seen.path)
        stream.reads = step.get("read", True)
        stream.task = self.spawn(self.script.respond(self, stream, step))

    def _on_data(self, event: h2.events.DataReceived) -> None:
        stream = self.streams.get(event.stream_id or 0)
        size = event.flow_controlled_length or 0
        if stream is None:
            if size:
                self.h2.increment_flow_control_window(size)
            return
        data = event.data or b""
        stream.start_of_body = (stream.start_of_body + data)[:BODY_KEPT_BYTES_MAX]
        stream.end_of_body = (stream.end_of_body + data)[-BODY_KEPT_BYTES_MAX:]
        stream.seen.body_bytes += len(data)
        if stream.reads:
            self.h2.acknowledge_received_data(size, stream.identifier)
        else:
            stream.unread_bytes += size
        stream.tell()
        self.record.tell()

    def _on_end(self, stream: Stream | None) -> None:
        if stream is not None:
            stream.seen.whole = True
            stream.tell()
            self.record.tell()

    def _on_reset(self, event: h2.events.StreamReset) -> None:
        stream = self.streams.pop(event.stream_id or 0, None)
        if stream is None or not event.remote_reset:
            return
        stream.seen.reset_code, stream.seen.reset_ms = int(event.error_code or 0), now_ms()
        if stream.task is not None:
            stream.task.cancel()
        self.record.add("resets")
        self.over(stream)

    def over(self, stream: Stream) -> None:
        """Ends this stream; its unread bytes are returned to the connection's window."""
        self.streams.pop(stream.identifier, None)
        stream.seen.stuck = False
        if stream.unread_bytes:
            self.h2.increment_flow_control_window(stream.unread_bytes)
            stream.unread_bytes = 0
            self.flush()
        self.record.tell()
