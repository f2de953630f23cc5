"""The files of this package that a token passes, from the wake to the caller's loop."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import liter_llm
from support import HANG, REQUEST, stream, token

PACKAGE = Path(liter_llm.__file__).parent
ON_A_LOOP = {"_loop_client.py", "_native_client.py", "_iterators.py"}
ON_A_THREAD = {"_blocking_client.py", "_native_client.py", "_iterators.py"}


@contextmanager
def files_called() -> Iterator[set[str]]:
    """The files of the package whose functions this thread calls."""
    files: set[str] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.parent == PACKAGE:
            files.add(path.name)

    sys.setprofile(look)
    try:
        yield files
    finally:
        sys.setprofile(None)


@pytest.fixture
def waiting(mock, connect):
    """A stream whose second token comes when its name is signalled, from another thread."""
    key = mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG))
    return connect(key).invoke(REQUEST), threading.Thread(target=mock.signal, args=(key, "go"))


def test_a_token_passes_three_files_on_a_loop(waiting):
    call, signal = waiting

    async def read() -> set[str]:
        async with call:
            reader = call.__aiter__()
            assert await reader.__anext__() == "one"
            signal.start()
            with files_called() as files:
                assert await reader.__anext__() == "two"
            return files

    assert asyncio.run(read()) == ON_A_LOOP


def test_a_token_passes_three_files_on_a_thread(waiting):
    call, signal = waiting
    with call:
        reader = iter(call)
        assert next(reader) == "one"
        signal.start()
        with files_called() as files:
            assert next(reader) == "two"
    assert files == ON_A_THREAD


def test_a_token_passes_three_files_to_a_sleeping_thread(mock, connect):
    """The thread that polls is another one's; it wakes this one."""
    llm = connect("unused")
    keys = [mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG)) for _ in range(2)]
    files: dict[str, set[str]] = {}
    leading, sleeping = (llm.invoke(REQUEST, base_url=mock.base_url(key)) for key in keys)

    def read(name: str, call: liter_llm.Stream, begun: threading.Event) -> None:
        reader = iter(call)
        assert next(reader) == "one"
        begun.set()
        with files_called() as called:
            assert next(reader) == "two"
        files[name] = called

    threads: list[threading.Thread] = []
    for name, call in (("leading", leading), ("sleeping", sleeping)):
        begun = threading.Event()
        threads.append(threading.Thread(target=read, args=(name, call, begun), daemon=True))
        threads[-1].start()
        assert begun.wait(10)
    give_up = time.monotonic() + 10
    while not llm._blocking._sleepers:
        assert time.monotonic() < give_up
    for key, thread in zip(reversed(keys), reversed(threads)):
        mock.signal(key, "go")
        thread.join(10)

    files["leading"].discard("_receiver.py")  # it polled the START of the other stream, too
    assert files == {"leading": ON_A_THREAD, "sleeping": ON_A_THREAD}


def test_a_whole_response_takes_few_calls(mock, connect):
    """Functions of this package, from invoke() to the response, on a warm client: 47, and four
    more for a second wake, which is the network's; so the least of many counts."""
    llm = connect(mock.plan({"answer": {"text": "Hello world"}}))
    counts: list[int] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            counts[-1] += 1

    async def ask() -> None:
        for _ in range(100):
            counts.append(0)
            sys.setprofile(look)
            try:
                await llm.invoke(REQUEST)
            finally:
                sys.setprofile(None)

    asyncio.run(ask())
    assert min(counts) <= 50, "it was 69, and 12 % of the time of a request"
