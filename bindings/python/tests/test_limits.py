"""A process that may have no more threads or descriptors is told so, and works once it may."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from support import MESSAGES, run_python

# Everything is loaded before the limit is set: importing needs descriptors, and the folder of
# Python may be closed to the user that the limit of threads is tried with (root has none).
PROGRAM = f"""
import asyncio, encodings.idna, json, logging, os, queue, resource, signal, sys, traceback
import liter_llm
from liter_llm import _blocking_client, _events, _log, _loop_client, _poll_thread

what, way, room, url = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
number = resource.RLIMIT_NPROC if what == "threads" else resource.RLIMIT_NOFILE
request = {{"model": "m", "messages": {MESSAGES!r}}}
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=url, retries_max=0)

class NoReaderLoop(asyncio.SelectorEventLoop):
    def add_reader(self, fd, callback, *arguments):
        raise NotImplementedError

def limit():
    if what == "threads":
        if os.getuid() == 0:
            os.setuid(50_000 + os.getpid() % 10_000)  # nobody else's
        tasks = threads_of_this_user()
        return tasks + room
    free = os.dup(0)
    os.close(free)
    return free + room

def threads_of_this_user():
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat("/proc/" + name).st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{{name}}/task"))
        except OSError:
            pass
    return count

def use():
    if way == "thread":
        return llm.invoke(request).complete()
    async def whole():
        return await llm.invoke(request)
    return loop.run_until_complete(whole())

if way != "thread":
    loop = NoReaderLoop() if way == "no_reader" else asyncio.new_event_loop()
    if way == "loop":
        loop.run_until_complete(asyncio.sleep(0))
mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
_, hard = resource.getrlimit(number)
resource.setrlimit(number, (limit(), hard))
try:
    outcome = use().text
except liter_llm.LlmError as error:
    outcome = f"{{error.kind}}: {{error}}"
assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask, "signals stay as they were"
resource.setrlimit(number, (hard, hard))
again = use().text
llm.close()
if way != "thread":
    loop.close()
print(outcome)
print(again)
"""


def run_limited(mock, what: str, way: str, room: int) -> tuple[str, str]:
    """What the first call gave under the limit, and the second one without it."""
    key = mock.plan({"answer": {"text": "Hello world"}})
    ended = run_python(PROGRAM, what, way, str(room), mock.base_url(key), timeout=20)
    # jemalloc says on its own account that it goes on without its background thread.
    noise = [line for line in ended.stderr.splitlines() if not line.startswith("<jemalloc>: ")]
    assert (ended.returncode, noise) == (0, []), ended.stdout
    first, second = ended.stdout.splitlines()
    return first, second


WAYS = ["thread", "loop", "no_reader"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", ["threads", "descriptors"])
def test_no_room_is_a_config_error(mock, what, way):
    first, second = run_limited(mock, what, way, 0)
    assert first.startswith("CONFIG: ")
    assert "cannot start the runtime" in first
    assert second == "Hello world"


@pytest.mark.parametrize("room", [1, 2, 3, 4, 5, 6, 8, 10, 12])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", ["threads", "descriptors"])
def test_little_room_is_no_hang(mock, what, way, room):
    """Wherever it runs out: a clear error or a response, and a response afterwards."""
    if what == "threads" and room > 5:
        pytest.skip("the runtime has no more threads than that")
    first, second = run_limited(mock, what, way, room)
    if first != "Hello world":
        assert first.startswith(("CONFIG: ", "NETWORK: "))
        assert "cannot start the runtime" in first or "open files" in first
    assert second == "Hello world"


def test_the_limit_of_threads_is_felt():
    """Else the tests above show nothing."""
    code = """
import os, resource, threading
if os.getuid() == 0:
    os.setuid(54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
else:
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    threading.Thread(target=print).start()
except RuntimeError as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
        env=dict(os.environ),
    )
    assert ended.stdout == "can't start new thread\n"
