"""What other systems lack, taken away here: no eventfd as on macOS, no watched descriptors as on
Windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liter_llm import _platform, _poll_thread
from support import HELLO, REQUEST


@pytest.fixture
def without_eventfd(monkeypatch):
    monkeypatch.delattr(os, "eventfd", raising=False)


def pipes() -> list[str]:
    """Of this process; the library has none."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the descriptor of this list
            found.append(str(Path("/proc/self/fd", name).readlink()))
    return sorted(link for link in found if link.startswith("pipe:"))


def test_a_pipe_wakes_as_an_eventfd_does(mock, connect, without_eventfd):
    llm = connect(mock.plan(HELLO))
    before = pipes()

    async def read() -> list[str]:
        texts = [(await llm.invoke(REQUEST)).text for _ in range(20)]
        client = llm._loop_clients[asyncio.get_running_loop()]
        assert len(set(client._descriptors)) == 2
        await llm.aclose()
        return texts

    assert asyncio.run(read()) == ["Hello world"] * 20
    assert pipes() == before


def test_ends_of_a_pipe_do_not_block_and_are_not_inherited(without_eventfd):
    ends = _platform.make_descriptors()
    try:
        assert [os.get_blocking(end) or os.get_inheritable(end) for end in ends] == [False, False]
        with pytest.raises(BlockingIOError):
            os.read(ends[0], 1)
        _platform.silence_descriptors(ends)
        assert os.read(ends[0], 1) == b""
    finally:
        _platform.close_descriptors(ends)


def test_a_thread_polls_where_loops_watch_no_descriptors(mock, connect, monkeypatch):
    monkeypatch.setattr(_poll_thread, "LOOPS_WATCH_DESCRIPTORS", False)
    monkeypatch.setattr(_platform, "make_descriptors", None)
    llm = connect(mock.plan(HELLO))

    async def read() -> str:
        text = (await llm.invoke(REQUEST)).text
        client = llm._loop_clients[asyncio.get_running_loop()]
        assert type(client) is _poll_thread.PollThreadClient
        await llm.aclose()
        return text

    assert asyncio.run(read()) == "Hello world"


def test_a_second_process_cannot_lock_a_file(tmp_path):
    flags = os.O_RDWR | os.O_CREAT | _platform.OPEN_FLAGS
    file, path = os.open(tmp_path / "output", flags), str(tmp_path / "output")
    program = "import os, sys; from liter_llm import _platform\n"
    program += "_platform.lock_file(os.open(sys.argv[1], os.O_RDWR))"
    command = [sys.executable, "-c", program, path]

    _platform.lock_file(file)
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    os.close(file)

    assert "BlockingIOError" in refused.stderr
    subprocess.run(command, timeout=60, check=True)


def test_a_system_without_locks_refuses_a_run(tmp_path, monkeypatch):
    from liter_llm.bulk.faults import BulkError
    from liter_llm.bulk.journal import Journal

    monkeypatch.setattr(_platform, "CAN_LOCK_FILES", False)
    with pytest.raises(BulkError, match="cannot lock the output"):
        Journal(tmp_path / "output")
    assert list(tmp_path.iterdir()) == []
