"""Runs the actions of a script on one stream. Owns what each action does; `ACTIONS` at the end
names them, and README.md lists their arguments. A script that does not end its stream leaves it
open."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import h2.exceptions
import h2.settings
import wire
from connection import Connection, Stream, StreamOverError
from h2.errors import ErrorCodes

DATA, HEADERS, CONTINUATION = 0, 1, 9
END_STREAM, END_HEADERS = 1, 4
# The longest frame that every peer takes (RFC 9113, 4.2).
FRAME_BYTES = 16_384
# Indexed field ":status: 200" (RFC 7541, appendix A).
STATUS_200 = b"\x88"


class Run:
    """One run of a script, on one stream."""

    def __init__(self, connection: Connection, stream: Stream) -> None:
        self._connection, self._stream = connection, stream
        self._ended = False

    async def step(self, step: dict[str, Any]) -> None:
        """Plays a step: `acts` once the request is whole, `early` as soon as its head is here."""
        try:
            if "early" not in step:
                await self._request_end(True)
            await self._actions(step["early"] if "early" in step else step["acts"])
            if self._ended:
                await self._request_end(True)
                self._connection.over(self._stream)
        except (StreamOverError, h2.exceptions.ProtocolError):
            self._connection.over(self._stream)
        except (KeyError, TypeError, ValueError) as error:
            self._connection.record.violation(f"script {step}: {type(error).__name__}: {error}")

    async def _actions(self, actions: list[dict[str, Any]]) -> None:
        for action in actions:
            if "repeat" in action:
                for _ in range(action["repeat"]):
                    await self._actions(action["acts"])
                    await self._connection.drained()
                continue
            ((name, value),) = action.items()
            await ACTIONS[name](self, value)
            self._connection.flush()

    # ---- a good response, and its parts

    async def _head(self, value: dict[str, Any]) -> None:
        headers = [(":status", str(value.get("status", 200)))]
        headers += [(name, text) for name, text in value["headers"]]
        end = value.get("end", False)
        self._connection.h2.send_headers(self._stream.identifier, headers, end_stream=end)
        self._ended |= end

    async def _answer(self, text: str) -> None:
        kind, body = wire.response(text, self._stream.wants_stream)
        await self._head({"headers": [["content-type", kind]]})
        await self._data(body)
        await self._end(True)

    async def _start(self, _: bool) -> None:
        await self._head({"headers": [["content-type", "text/event-stream"]]})

    async def _token(self, text: str) -> None:
        await self._data(wire.token(text))

    async def _mark(self, _: bool) -> None:
        await self._data(wire.end())

    async def _finish(self, _: bool) -> None:
        await self._mark(True)
        await self._end(True)

    async def _data(self, text: str) -> None:
        await self._send(text.encode())

    async def _end(self, _: bool) -> None:
        self._connection.h2.end_stream(self._stream.identifier)
        self._ended = True

    async def _trailers(self, headers: list[list[str]]) -> None:
        fields = [(name, text) for name, text in headers]
        self._connection.h2.send_headers(self._stream.identifier, fields, end_stream=True)
        self._ended = True

    async def _flood(self, size: int) -> None:
        """Tokens of a kibibyte each, as fast as the windows allow."""
        piece = wire.token("x" * 1024).encode()
        for _ in range(max(1, size // len(piece))):
            await self._send(piece)

    async def _send(self, data: bytes) -> None:
        protocol, identifier = self._connection.h2, self._stream.identifier
        view = memoryview(data)
        while view:
            own = protocol.streams[identifier].outbound_flow_control_window
            shared = protocol.outbound_flow_control_window
            room = min(own, shared, protocol.max_outbound_frame_size)
            if room <= 0:
                await self._blocked(own)
                continue
            piece, view = bytes(view[:room]), view[room:]
            protocol.send_data(identifier, piece)
            self._stream.seen.bytes_sent += len(piece)
            least = self._connection.seen.window_least
            left = protocol.outbound_flow_control_window
            self._connection.seen.window_least = left if least is None else min(least, left)
            self._connection.flush()
            await self._connection.drained()

    async def _blocked(self, own: int) -> None:
        """Waits for a window. An exhausted connection window stops streams that are read."""
        if own > 0:
            self._connection.record.add("connection_window_dry")
        else:
            self._stream.seen.stuck = True
            self._connection.record.tell()
        await self._stream.changed.wait()
        self._stream.seen.stuck = False

    # ---- waiting

    async def _request_end(self, _: bool) -> None:
        while not self._stream.seen.whole:
            await self._stream.changed.wait()

    async def _request_bytes(self, count: int) -> None:
        while self._stream.seen.body_bytes < count and not self._stream.seen.whole:
            await self._stream.changed.wait()

    async def _await(self, name: str) -> None:
        self._connection.flush()
        await self._connection.record.until_released(name)

    async def _signal(self, name: str) -> None:
        self._connection.flush()
        self._connection.record.event(name)

    async def _pause_ms(self, milliseconds: int) -> None:
        self._connection.flush()
        await asyncio.sleep(milliseconds / 1000)

    async def _hang(self, _: bool) -> None:
        self._connection.flush()
        await asyncio.Event().wait()

    # ---- ends

    async def _reset(self, code: str) -> None:
        self._connection.h2.reset_stream(self._stream.identifier, ErrorCodes[code])
        self._connection.flush()
        raise StreamOverError

    async def _close(self, how: str) -> None:
        self._connection.close(how)
        raise StreamOverError

    async def _goaway(self, value: dict[str, Any]) -> None:
        """`last` counts from this stream: `this`, `below`, `none` at all, or `all` there can be."""
        own = self._stream.identifier
        last = {"this": own, "below": own - 2, "none": 0, "all": 2**31 - 1}[value["last"]]
        self._connection.goaway(max(0, last), ErrorCodes[value.get("code", "NO_ERROR")])

    # ---- the connection

    async def _freeze(self, _: bool) -> None:
        """From here on only the kernel acknowledges; nothing is sent, not even for a PING."""
        self._connection.flush()
        self._connection.frozen = True

    async def _settings(self, value: dict[str, int]) -> None:
        codes = h2.settings.SettingCodes
        settings: dict[h2.settings.SettingCodes | int, int] = {
            codes[name.upper()]: number for name, number in value.items()
        }
        self._connection.announce(settings)

    async def _ping(self, _: bool) -> None:
        self._connection.h2.ping(b"are-you?")

    # ---- what h2 would not do

    async def _frame(self, value: dict[str, Any]) -> None:
        payload = base64.b64decode(value.get("payload_base64", "")) or value.get("payload", "")
        encoded = payload.encode() if isinstance(payload, str) else payload
        stream = value.get("stream", self._stream.identifier)
        for _ in range(value.get("times", 1)):
            self._connection.raw(value["type"], value.get("flags", 0), stream, encoded)
            await self._connection.drained()

    async def _large_head(self, value: dict[str, int]) -> None:
        """A head of many fields, in as many CONTINUATION frames as it takes."""
        fields = [[f"x-{number}", "v" * value["bytes"]] for number in range(value["count"])]
        await self._head({"headers": [["content-type", "text/event-stream"], *fields]})

    async def _bomb(self, value: dict[str, int]) -> None:
        """One field in the dynamic table, then one byte for each repetition."""
        name, text = b"x-bomb", b"b" * value["bytes"]
        encoder = self._connection.h2.encoder
        first = encoder.encode([(name, text)], huffman=False)
        # Index 62 is the newest entry of the dynamic table (RFC 7541, 2.3.3).
        await self._block(STATUS_200 + first + b"\xbe" * value["times"])

    async def _block(self, block: bytes) -> None:
        pieces = [block[at : at + FRAME_BYTES] for at in range(0, len(block), FRAME_BYTES)]
        for number, piece in enumerate(pieces):
            kind = CONTINUATION if number else HEADERS
            flags = END_HEADERS if number == len(pieces) - 1 else 0
            self._connection.raw(kind, flags, self._stream.identifier, piece)
            await self._connection.drained()

    async def _continuations(self, value: dict[str, int]) -> None:
        """A head without an end: a small literal field in each CONTINUATION frame, or nothing."""
        size = value["bytes"]
        field = b"\x00\x01a" + bytes([size]) + b"v" * size if size else b""
        self._connection.raw(HEADERS, 0, self._stream.identifier, STATUS_200)
        self._connection.held = True
        for _ in range(value["count"]):
            self._connection.raw(CONTINUATION, 0, self._stream.identifier, field)
            await self._connection.drained()


def _named(run: type[Run]) -> dict[str, Callable[[Run, Any], Awaitable[None]]]:
    parts = "head answer start token mark finish data end trailers flood"
    waits = "request_end request_bytes await signal pause_ms hang"
    ends = "reset close goaway freeze settings ping"
    odd = "frame large_head bomb continuations"
    names = f"{parts} {waits} {ends} {odd}".split()
    return {name: getattr(run, f"_{name}") for name in names}


ACTIONS = _named(Run)


def check(steps: list[dict[str, Any]]) -> None:
    """Refuses a script with an unknown action when it is set, not when it is played."""
    for step in steps:
        kinds = [kind for kind in ("acts", "early") if kind in step]
        if len(kinds) != 1 or step.keys() - {*kinds, "read", "times"}:
            raise ValueError(f"{json.dumps(step)}: one of acts and early; read, times")
        _check_actions(step[kinds[0]])


def _check_actions(actions: list[dict[str, Any]]) -> None:
    for action in actions:
        if "repeat" in action:
            _check_actions(action["acts"])
        elif len(action) != 1 or action.keys() - ACTIONS.keys():
            raise ValueError(f"{json.dumps(action)}: unknown action")
