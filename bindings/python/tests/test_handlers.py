"""Handlers of signals and of the log run on top of whatever their thread does, and may call in."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
import threading
import time
from collections.abc import Callable

import pytest

import liter_llm
from support import FAILURE, HANG, HELLO, REQUEST, as_coroutine, run_python, stream, token
from test_interrupts import LATE, Interrupt

END = [{"finish": "stop"}, {"done": True}, {"chunk_end": True}]
assert LATE, "what is imported late is imported now"


class Handler(Interrupt):
    """Calls a function at the given place, where CPython would run a signal handler."""

    def __init__(self, at: int, handle: Callable[[], object]) -> None:
        super().__init__(at)
        self.handle = handle
        self.result: object = None

    def strike(self) -> None:
        self.result = self.handle()


def test_a_signal_handler_may_start_a_stream_anywhere(mock, connect):
    """At every place of the way of a stream, also where its own thread polls for all."""
    hello = mock.base_url(mock.plan(HELLO))
    for at in itertools.count(1):
        llm = connect(mock.plan(stream(token("one "), {"pause_ms": 1}, token("two"), *END)))
        ask = in_time(lambda: llm.invoke(REQUEST, base_url=hello).complete().text)  # noqa: B023
        with Handler(at, ask) as handler:
            assert list(llm.invoke(REQUEST)) == ["one ", "two"], handler.place
        llm.close()
        if not handler.place:
            break
        assert handler.result == "Hello world", handler.place
    assert at > 60


def in_time(use: Callable[[], object]) -> Callable[[], object]:
    """A handler that waits for its own frame would wait for ever."""

    def run() -> object:
        def give_up(*_: object) -> None:
            raise AssertionError("the handler waits")

        before = signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, 5)
        try:
            return use()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    return run


def test_a_signal_handler_may_not_wait_for_what_waits_beneath(mock, connect):
    """An error in place of a hang, and both streams go on."""
    rest = [{"await": "go"}, token("two"), *END]
    key, other = (mock.plan(stream(token("one"), *rest)) for _ in range(2))
    llm = connect("unused")
    opened = iter(llm.invoke(REQUEST, base_url=mock.base_url(other)))
    assert next(opened) == "one"
    errors: list[str] = []

    def handle(*_: object) -> None:
        with pytest.raises(RuntimeError, match="start a new stream in the handler") as caught:
            opened_too._invocation.receiver.wait()
        errors.append(str(caught.value))
        mock.signal(key, "go")
        mock.signal(other, "go")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        opened_too = llm.invoke(REQUEST, base_url=mock.base_url(key))
        reader = iter(opened_too)
        assert next(reader) == "one"
        main = threading.main_thread().ident
        waiting = threading.Thread(target=interrupt_when_waiting, args=(llm, main), daemon=True)
        waiting.start()
        assert list(reader) == ["two"]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(errors) == 1
    assert list(opened) == ["two"]


def interrupt_when_waiting(llm: liter_llm.LiterLlm, thread: int) -> None:
    wait_until(lambda: bool(llm._blocking._waiting))
    signal.pthread_kill(thread, signal.SIGUSR1)


def test_who_is_beneath_a_handler_keeps_nobody_waiting(mock, connect):
    """The thread that polls for all is done, and the next in turn is beneath a signal handler that
    waits for the third."""
    llm = connect("unused")
    names = ("leader", "main", "third")
    keys = {name: mock.plan(stream({"await": "go"}, token(name), *END)) for name in names}
    texts: dict[str, str] = {}

    def read(name: str) -> None:
        texts[name] = "".join(llm.invoke(REQUEST, base_url=mock.base_url(keys[name])))

    threads = {name: threading.Thread(target=read, args=(name,), daemon=True) for name in names}

    def handle(*_: object) -> None:
        mock.signal(keys["leader"], "go")
        threads["leader"].join(10)
        mock.signal(keys["third"], "go")
        threads["third"].join(10)
        texts["handler"] = texts.get("third", "waits for ever")
        mock.signal(keys["main"], "go")

    def interrupt(main: int) -> None:
        wait_until(lambda: len(llm._blocking._sleepers) == 1)
        threads["third"].start()
        wait_until(lambda: len(llm._blocking._sleepers) == 2)
        signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        threads["leader"].start()
        wait_until(lambda: llm._blocking is not None and llm._blocking._leader is not None)
        main = threading.get_ident()
        threading.Thread(target=interrupt, args=(main,), daemon=True).start()
        read("main")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert texts == {**dict(zip(names, names)), "handler": "third"}


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up


@pytest.mark.parametrize("act", ["cancel", "close"])
def test_a_signal_handler_may_end_streams(mock, connect, act):
    key = mock.plan(stream(token("one"), HANG))
    llm = connect(key)
    call = llm.invoke(REQUEST)
    before = signal.signal(
        signal.SIGUSR1, lambda *_: call.cancel() if act == "cancel" else llm.close()
    )
    kinds = {"cancel": liter_llm.CancelledError, "close": liter_llm.ClosedError}
    try:
        assert next(call) == "one"
        main = threading.main_thread().ident
        threading.Thread(target=interrupt_when_waiting, args=(llm, main), daemon=True).start()
        with pytest.raises(kinds[act]):
            next(call)
    finally:
        signal.signal(signal.SIGUSR1, before)
    mock.wait(key, closed=1)


class Calling(logging.Handler):
    """Asks for something at its first line, as one that has a model sum up what went wrong."""

    def __init__(self, ask: Callable[[], str]) -> None:
        super().__init__()
        self.ask = ask
        self.answers: list[str] = []
        self.has_begun = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.has_begun:
            self.has_begun = True
            self.answers.append(self.ask())


def in_another_thread(use: Callable[[], str]) -> str:
    texts: list[str] = []
    thread = threading.Thread(target=lambda: texts.append(use()), daemon=True)
    thread.start()
    thread.join(5)
    return texts[0] if texts else "the handler waits"


WAYS: dict[str, Callable[[liter_llm.LiterLlm, str], str]] = {
    "complete": lambda llm, url: llm.invoke(REQUEST, base_url=url).complete().text,
    "for": lambda llm, url: "".join(llm.invoke(REQUEST, base_url=url)),
}


@pytest.mark.filterwarnings("ignore:`for` and complete")  # it blocks the loop
@pytest.mark.parametrize("place", ["here", "another_thread"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("read", ["thread", "loop"])
def test_a_log_handler_may_call_in(mock, connect, way, place, read):
    hello = mock.base_url(mock.plan(HELLO))
    llm = connect(mock.plan(FAILURE, HELLO), retries_max=1, log_level="debug")
    opened = iter(llm.invoke(REQUEST, base_url=hello))
    first = next(opened)

    def ask() -> str:
        assert first + "".join(opened) == "Hello world", "nor need it be a new stream"
        return way(llm, hello)

    handler = Calling(ask if place == "here" else lambda: in_another_thread(ask))
    logger = logging.getLogger("liter_llm")
    logger.addHandler(handler)
    try:
        call = llm.invoke(REQUEST)
        if read == "loop":
            assert asyncio.run(as_coroutine(call)).text == "Hello world"
        else:
            assert in_time(call.complete)().text == "Hello world"  # type: ignore[attr-defined]
    finally:
        logger.removeHandler(handler)
    assert handler.answers == ["Hello world"]


AT_EXIT = """
import atexit, sys
def late():
    try:
        print(llm.invoke(request).complete().text)
    except liter_llm.LlmError as error:
        print(error.kind, error)
if sys.argv[2] == "before":
    atexit.register(late)
import liter_llm
if sys.argv[2] == "after":
    atexit.register(late)
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
print(llm.invoke(request).complete().text)
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_what_an_atexit_handler_is_told_is_true(mock, order):
    """Handlers run in the reverse order of their registration."""
    ended = run_python(AT_EXIT, mock.base_url(mock.plan(HELLO)), order)
    first, second = ended.stdout.splitlines()
    assert (first, ended.stderr) == ("Hello world", "")
    if order == "after":
        assert second == "Hello world"
    else:
        assert second.startswith("CLOSED the interpreter is exiting; ")
        assert "registered after the import" in second
