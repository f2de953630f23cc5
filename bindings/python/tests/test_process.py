"""The process around the package: import, exit, fork, sub-interpreters, late loading."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support import HANG, MESSAGES, run_python, stream, token

PRELUDE = f"""
import asyncio, os, sys, threading
import liter_llm
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {{"model": "m", "messages": {MESSAGES!r}}}
"""

EXITS = {
    "return": (0, "kept = llm.invoke(request); reader = iter(kept); next(reader)"),
    "return_unread": (0, "kept = llm.invoke(request); next(kept)"),
    "sys_exit": (3, "for _ in llm.invoke(request): sys.exit(3)"),
    "uncaught": (1, "for _ in llm.invoke(request): raise SystemError('meant')"),
    "loop_return": (
        0,
        """
async def main():
    global reader
    reader = aiter(llm.invoke(request))
    await reader.__anext__()
asyncio.run(main())
""",
    ),
    "loop_sys_exit": (
        3,
        """
async def main():
    async for _ in llm.invoke(request):
        sys.exit(3)
asyncio.run(main())
""",
    ),
    "loop_uncaught": (
        1,
        """
async def main():
    async for _ in llm.invoke(request):
        raise SystemError("meant")
asyncio.run(main())
""",
    ),
    "loop_open": (
        0,
        """
loop = asyncio.new_event_loop()
reader = aiter(llm.invoke(request))
loop.run_until_complete(reader.__anext__())
""",
    ),
    "daemon_threads": (
        0,
        """
seen = threading.Semaphore(0)
def read():
    for _ in llm.invoke(request):
        seen.release()
for _ in range(4):
    threading.Thread(target=read, daemon=True).start()
for _ in range(4):
    seen.acquire()
""",
    ),
    "daemon_loops": (
        5,
        """
seen = threading.Semaphore(0)
async def read():
    async for _ in llm.invoke(request):
        seen.release()
for _ in range(4):
    threading.Thread(target=asyncio.run, args=(read(),), daemon=True).start()
for _ in range(4):
    seen.acquire()
sys.exit(5)
""",
    ),
    "no_reader": (
        0,
        """
class Loop(asyncio.SelectorEventLoop):
    def add_reader(self, *arguments):
        raise NotImplementedError
loop = Loop()
reader = aiter(llm.invoke(request))
loop.run_until_complete(reader.__anext__())
""",
    ),
}


@pytest.mark.parametrize("endless", [False, True], ids=["silent", "flowing"])
@pytest.mark.parametrize("name", EXITS)
def test_exit_with_live_stream(mock, name, endless):
    key = mock.new_key("tokens~100000~1") if endless else mock.plan(stream(token("one"), HANG))
    code, body = EXITS[name]
    body = body.replace("aiter(llm.invoke(request))", "llm.invoke(request).__aiter__()")

    # A loop that is left open has Python warn on its own account.
    warnings = "ignore" if name in ("loop_open", "no_reader") else "default"
    # Freed memory is overwritten: a thread that wakes too late is a crash, not luck.
    environment = {"PYTHONWARNINGS": warnings, "PYTHONMALLOC": "debug"}

    ended = run_python(PRELUDE + body, mock.base_url(key), environment=environment)

    assert ended.returncode == code, ended.stderr
    if "uncaught" in name:
        assert ended.stderr.endswith("SystemError: meant\n")
        assert ended.stderr.count("Traceback") == 1
    else:
        assert ended.stderr == ""
    mock.wait(key, closed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", EXITS)
def test_exit_with_live_stream_two_hundred_times(mock, name):
    for _ in range(200):
        test_exit_with_live_stream(mock, name, True)


FORK = (
    PRELUDE
    + """
whole = {**request, "base_url": sys.argv[2]}
reader = iter(llm.invoke(request))
assert next(reader) == "one"
async def start():
    global on_loop
    on_loop = llm.invoke(request)
    await on_loop.__anext__()
loop = asyncio.new_event_loop()
loop.run_until_complete(start())

def work():
    assert llm.invoke(whole).complete().text == "Hello world"
    async def read():
        return "".join([piece async for piece in llm.invoke(whole)])
    assert asyncio.run(read()) == "Hello world"

def in_child():
    try:
        next(reader)
    except liter_llm.ClosedError as error:
        assert "fork" in str(error), error
    else:
        raise AssertionError("an inherited stream went on")
    assert on_loop.response.outcome == "cancelled"
    work()

def fork_and_check():
    child = os.fork()
    if child == 0:
        status = 1
        try:
            in_child()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0

for _ in range(int(sys.argv[3])):
    fork_and_check()
    work()

import multiprocessing
worker = multiprocessing.get_context("fork").Process(target=in_child)
worker.start()
worker.join()
assert worker.exitcode == 0
import urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[4], method="POST")).read()
assert next(reader) == "two", "the parent's own stream goes on"
on_loop.cancel()
loop.close()
print("fine")
"""
)


HOOKLESS_FORK = """
import ctypes
c_fork = ctypes.PyDLL(None).fork

def fork_and_check():
    child = c_fork()
    if child == 0:
        status = 1
        try:
            check_child()
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize("first", ["next", "anext", "invoke", "close", "cancel", "drop", "on_loop"])
def test_a_fork_without_hooks_is_noticed(mock, first):
    """uWSGI and others fork in C. Whatever the child does first, it has a client of its own."""
    key = mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG))
    hello = mock.plan({"answer": {"text": "Hello world"}})
    steps = {
        "next": "in_child()",
        "anext": "in_child_on_loop()",
        "invoke": "work(); in_child()",
        "close": "llm.close()",
        "cancel": "call.cancel(); on_loop.cancel(); work()",
        "drop": "reader = call = None; on_loop = None; work()",
        "on_loop": "work_on_loop(); in_child()",
    }
    body = f"""
call = llm.invoke(request)
reader = iter(call)
assert next(reader) == "one"
async def start():
    global on_loop
    on_loop = llm.invoke(request)
    await on_loop.__anext__()
loop = asyncio.new_event_loop()
loop.run_until_complete(start())

def work_on_loop():
    async def read():
        return "".join([piece async for piece in llm.invoke(whole)])
    assert asyncio.run(read()) == "Hello world"

def work():
    assert llm.invoke(whole).complete().text == "Hello world"
    work_on_loop()

def in_child():
    try:
        next(reader)
    except liter_llm.ClosedError as error:
        assert "fork" in str(error), error
    else:
        raise AssertionError("an inherited stream went on")

def in_child_on_loop():
    try:
        loop.run_until_complete(asyncio.wait_for(on_loop.__anext__(), 5))
    except liter_llm.ClosedError as error:
        assert "fork" in str(error), error
    else:
        raise AssertionError("an inherited stream went on")

def check_child():
    global reader, call, on_loop
    {steps[first]}

whole = {{**request, "base_url": sys.argv[2]}}
fork_and_check()
work()
import urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[3], method="POST")).read()
assert next(reader) == "two", "the parent's own stream goes on"
reader.close()
on_loop.cancel()
loop.close()
print("fine")
"""
    signal = f"{mock.places['http']}/_/signal/{key}/go"
    ended = run_python(
        PRELUDE + HOOKLESS_FORK + body, mock.base_url(key), mock.base_url(hello), signal
    )
    assert (ended.returncode, ended.stdout) == (0, "fine\n"), ended.stderr


def check_fork(mock, times: int) -> None:
    actions = [token("one"), {"await": "go"}, token("two"), HANG]
    key = mock.plan(stream(*actions))
    hello = mock.plan({"answer": {"text": "Hello world"}})
    signal = f"{mock.places['http']}/_/signal/{key}/go"

    ended = run_python(
        FORK, mock.base_url(key), mock.base_url(hello), str(times), signal, timeout=600
    )

    noise = [line for line in ended.stderr.splitlines() if "use of fork() may lead" not in line]
    assert (ended.returncode, ended.stdout) == (0, "fine\n"), ended.stderr
    assert [line for line in noise if "Error" in line] == []


def test_fork_child_works(mock):
    check_fork(mock, 5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fork_child_works_six_hundred_times(mock):
    check_fork(mock, 600)


def test_import_is_quick_and_starts_nothing():
    code = """
import os, sys, time
begin = time.process_time()  # on a clock of the wall it would be the whole machine's
import liter_llm
spent = (time.process_time() - begin) * 1000
llm = liter_llm.LiterLlm("openai", api_key="k")
call = llm.invoke({"model": "m", "messages": []})
late = "asyncio", "ssl", "dataclasses", "liter_llm._events"
print(spent, len(os.listdir("/proc/self/task")), [name for name in late if name in sys.modules])
print([name for name in os.listdir("/proc/self/fd")
    if os.path.exists(f"/proc/self/fd/{name}")
    and os.readlink(f"/proc/self/fd/{name}").startswith("socket")])
"""
    times = []
    for _ in range(5):
        ended = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
        )
        first, sockets = ended.stdout.splitlines()
        spent, *rest = first.split()
        times.append(float(spent))
        assert rest == ["1", "[]"]
        assert sockets == "[]"

    assert min(times) <= 50


def test_late_load_after_many_threads():
    """Static TLS is scarce: a library that wants it cannot be loaded late."""
    code = """
import ctypes.util, decimal, json, socket, sqlite3, ssl, threading, zlib
stop = threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(200)]
for thread in threads: thread.start()
import liter_llm
errors = []
def use():
    try:
        liter_llm.LiterLlm("openai", api_key="k", base_url="http://127.0.0.1:9/v1",
            retries_max=0).invoke({"model": "m", "messages": MESSAGES}).complete()
    except liter_llm.LlmError as error:
        errors.append(error.kind)
users = [threading.Thread(target=use) for _ in range(50)]
for thread in users: thread.start()
for thread in users: thread.join()
stop.set()
for thread in threads: thread.join()
print(set(errors), len(errors))
"""
    ended = run_python(f"MESSAGES = {MESSAGES!r}" + code)
    assert (ended.stdout, ended.stderr) == ("{'NETWORK'} 50\n", "")


def test_sub_interpreter_is_a_clear_import_error():
    code = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
inner = "import sys\\nsys.path[:] = %r\\ntry:\\n import liter_llm\\nexcept ImportError as error:\\n"
inner += " print(error)\\nelse:\\n print('loaded')"
interpreters.run_string(interpreters.create(), inner % sys.path)
"""
    ended = run_python(code)
    assert "sub-interpreter" in ended.stdout, ended.stderr


def test_gunicorn_style_preload(mock):
    """Made before the fork, used after it, by several children at once."""
    hello = mock.plan({"answer": {"text": "Hello world"}})
    code = (
        PRELUDE
        + """
assert llm.invoke(request).complete().text == "Hello world"
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for _ in range(5):
                assert llm.invoke(request).complete().text == "Hello world"
            status = 0
        finally:
            os._exit(status)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
assert llm.invoke(request).complete().text == "Hello world"
"""
    )
    ended = run_python(code, mock.base_url(hello), environment={"PYTHONWARNINGS": "ignore"})
    assert (ended.returncode, ended.stderr) == (0, "")
