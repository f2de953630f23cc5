"""llm_invoke and a client's poll in a shared library, by ctypes alone: `smoke_c.py LIBRARY`."""

from __future__ import annotations

import ctypes
import json
import sys

from boundary import Boundary

TEXT = "Wer nicht fragt, bleibt dumm: 日本語, \N{SNOWMAN}."
REQUEST = {"model": "script/echo", "messages": [{"role": "user", "content": TEXT}]}
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


def invoke(library: ctypes.CDLL) -> None:
    """The blocking call, with its callback."""
    pieces: list[bytes] = []
    take = CALLBACK(lambda data, length, _: pieces.append(ctypes.string_at(data, length)))
    error = library.llm_invoke(b"", json.dumps(REQUEST).encode(), take, None)
    assert error == 0, error
    assert b"".join(pieces).decode() == TEXT, pieces


def poll(library: str) -> None:
    """A stream of a client, polled until its END."""
    outcome = Boundary(library).call({}, REQUEST)
    assert outcome.text == TEXT, outcome


if __name__ == "__main__":
    loaded = ctypes.CDLL(sys.argv[1])
    print("ABI", loaded.llm_abi_version())
    invoke(loaded)
    poll(sys.argv[1])
    print("C: a call and a stream ended as they should")
