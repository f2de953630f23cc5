"""Reading without an event loop: one thread polls for all, and Ctrl-C is noticed."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from support import HANG, HELLO, REQUEST, run_python, stream, token

TOKENS = 40


def test_many_threads_share_one_client(mock, connect):
    llm = connect(mock.new_key(f"tokens~{TOKENS}~5"))
    counts: list[int] = []

    def read() -> None:
        counts.append(len(list(llm.invoke(REQUEST))))
        counts.append(len(list(llm.invoke(REQUEST).events())) - 2)

    threads = [threading.Thread(target=read, daemon=True) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert counts == [TOKENS] * 48


def test_the_lead_is_handed_over(mock, connect):
    """The thread that polls ends first; the others must go on."""
    short = connect(mock.plan(HELLO))
    slow_key = mock.plan(
        stream(token("a"), {"await": "go"}, token("b"), {"finish": "stop"}, {"done": True})
    )
    slow_url = mock.base_url(slow_key)
    texts: dict[str, str] = {}

    def read(name: str, **options: str) -> None:
        texts[name] = "".join(short.invoke(REQUEST, **options))

    threads = [
        threading.Thread(target=read, args=(str(n),), kwargs={"base_url": slow_url}, daemon=True)
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    mock.wait(slow_key, requests=4)
    for number in range(20):
        read(f"short {number}")
    mock.signal(slow_key, "go")
    for thread in threads:
        thread.join(10)

    assert [texts[str(number)] for number in range(4)] == ["ab"] * 4


def test_the_lead_is_handed_over_to_a_sleeper(mock, connect):
    """The second thread sleeps when the first one, which polls, has all that it wants."""
    llm = connect("unused")
    rest = [token("b"), {"finish": "stop"}, {"done": True}, {"chunk_end": True}]
    keys = [mock.plan(stream(token("a"), {"await": "go"}, *rest)) for _ in range(2)]
    texts: dict[str, str] = {}

    def read(key: str) -> None:
        texts[key] = "".join(llm.invoke(REQUEST, base_url=mock.base_url(key)))

    threads = [threading.Thread(target=read, args=(key,), daemon=True) for key in keys]
    threads[0].start()
    mock.wait(keys[0], requests=1)
    threads[1].start()
    mock.wait(keys[1], requests=1)
    give_up = time.monotonic() + 10
    leader = None
    while leader is None or not llm._blocking._sleepers:
        assert time.monotonic() < give_up
        leader = llm._blocking._leader
    first = leader.number - 1  # streams are numbered from 1 as they are started
    mock.signal(keys[first], "go")
    threads[first].join(10)
    mock.signal(keys[1 - first], "go")
    threads[1 - first].join(10)

    assert texts == dict.fromkeys(keys, "ab")


INTERRUPTED = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
import liter_llm
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
mode = sys.argv[2]
if mode == "follower":
    def lead():
        for _ in llm.invoke(request):
            pass
    leader = llm.invoke(request)
    started = threading.Event()
    def lead():
        for _ in leader:
            started.set()
    threading.Thread(target=lead, daemon=True).start()
    started.wait()
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
timer = None
begin = None
call = llm.invoke(request)
try:
    if mode == "await":
        import asyncio
        async def main():
            global timer
            async for _ in call:
                timer = time.monotonic()
                threading.Thread(target=interrupt).start()
        asyncio.run(main())
    else:
        for _ in call:
            timer = time.monotonic()
            threading.Thread(target=interrupt).start()
except KeyboardInterrupt:
    print(time.monotonic() - timer, call.response.outcome)
"""


@pytest.mark.parametrize("mode", ["leader", "follower", "await"])
def test_ctrl_c_is_noticed_in_time(mock, mode):
    key = mock.plan(stream(token("one"), HANG))

    ended = run_python(INTERRUPTED, mock.base_url(key), mode)

    assert ended.stderr == ""
    seconds, outcome = ended.stdout.split()
    assert float(seconds) < 0.1
    assert outcome == "cancelled"
    mock.wait(key, closed=2 if mode == "follower" else 1)


def test_ctrl_c_before_the_first_token(mock, connect):
    key = mock.plan(stream(HANG))
    call = connect(key).invoke(REQUEST)
    interrupted_at: list[float] = []

    def interrupt() -> None:
        mock.wait(key, requests=1)
        interrupted_at.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            call.complete()
    finally:
        signal.signal(signal.SIGINT, before)

    assert time.monotonic() - interrupted_at[0] < 0.1
    mock.wait(key, closed=1)


class Late(list):  # type: ignore[type-arg]
    """Empty when it is first looked at: another thread, which polls, fills it right after that."""

    looked = False

    def __bool__(self) -> bool:
        self.looked, looked = True, self.looked
        return looked and len(self) > 0


def test_the_last_tokens_are_not_lost_to_the_end(mock, connect):
    """They come, with the END, between the two looks of the reader."""
    call = connect(mock.plan(HELLO)).invoke(REQUEST)
    reader = iter(call)
    assert next(reader) == "Hello"
    receiver = call._invocation.receiver
    list(reader)
    assert receiver.ended
    receiver.items = Late(["last"])
    assert list(reader) == ["last"]
