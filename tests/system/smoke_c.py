"""llm_invoke and a client's poll in a shared library, by ctypes alone: `smoke_c.py LIBRARY`."""

from __future__ import annotations

import ctypes
import json
import sys

TEXT = "Wer nicht fragt, bleibt dumm: 日本語, \N{SNOWMAN}."
REQUEST = {"model": "echo", "messages": [{"role": "user", "content": TEXT}]}
END, WAIT_MS = 7, 10_000


class Event(ctypes.Structure):
    """LlmEvent."""

    _fields_ = (
        ("stream", ctypes.c_uint64),
        ("kind", ctypes.c_uint32),
        ("error", ctypes.c_int32),
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("ends", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
    )


CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


def invoke(library: ctypes.CDLL) -> None:
    """The blocking call, with its callback."""
    pieces: list[bytes] = []
    take = CALLBACK(lambda data, length, _: pieces.append(ctypes.string_at(data, length)))
    error = library.llm_invoke(b"script", json.dumps(REQUEST).encode(), take, None)
    assert error == 0, error
    assert b"".join(pieces).decode() == TEXT, pieces


def poll(library: ctypes.CDLL) -> None:
    """A stream of a client, polled until its END."""
    library.llm_client_poll.restype = ctypes.c_size_t
    client, events = ctypes.c_void_p(), ctypes.POINTER(Event)()
    error = library.llm_client_new(b"{}", None, None, ctypes.byref(client))
    assert error == 0, error
    number, request = ctypes.c_uint64(7), json.dumps(REQUEST).encode()
    error = library.llm_client_start(client, number, b"script", request)
    assert error == 0, error
    ended = False
    while not ended:
        wait = ctypes.c_int64(WAIT_MS)
        count = library.llm_client_poll(client, wait, ctypes.byref(events))
        assert count > 0, "no event came"
        for event in events[:count]:
            assert event.stream == number.value, event.stream
            assert event.error == 0, ctypes.string_at(event.data, event.length)
            ended = ended or event.kind == END
    library.llm_client_free(client)


if __name__ == "__main__":
    loaded = ctypes.CDLL(sys.argv[1])
    print("ABI", loaded.llm_abi_version())
    invoke(loaded)
    poll(loaded)
    print("C: a call and a stream ended as they should")
