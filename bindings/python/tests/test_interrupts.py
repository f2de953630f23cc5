"""Ctrl-C at every place where Python notices it: no stream is left open, no text is lost silently,
and nobody who reads another stream of the same client waits for ever."""

from __future__ import annotations

import asyncio
import itertools
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import liter_llm

# What is imported late is imported now: the places that are counted stay the same from run to run.
from liter_llm import LlmError, _blocking_client, _events, _log, _loop_client, _poll_thread
from loops import NoReaderLoop
from support import HANG, REQUEST, as_coroutine, stream, token

LATE = (_blocking_client, _events, _log, _loop_client, _poll_thread)
PACKAGE = str(Path(liter_llm.__file__).parent)
PIECES = [f"{number} " for number in range(5)]
PACED = stream(
    *(action for piece in PIECES for action in ({"pause_ms": 1}, token(piece))),
    {"finish": "stop"},
    {"done": True},
    {"chunk_end": True},
)


class Interrupt:
    """A KeyboardInterrupt at the given place. CPython looks for signals where a function begins and
    where a call to C returns; both are what a profiler sees, so this one counts and raises."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.place = ""

    def __enter__(self) -> Interrupt:
        sys.setprofile(self._look)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event not in ("call", "c_return") or not code.co_filename.startswith(PACKAGE):
            return
        if is_cleaning_up(frame):
            return
        self.count += 1
        if self.count == self.at:
            sys.setprofile(None)
            self.place = f"{event} in {code.co_name}"
            self.strike()

    def strike(self) -> None:
        """What happens there."""
        raise KeyboardInterrupt

    @property
    def came(self) -> bool:
        return bool(self.place)


def is_cleaning_up(frame: FrameType | None) -> bool:
    """What is raised while an object goes away reaches nobody."""
    while frame is not None:
        if frame.f_code.co_name in ("__del__", "<genexpr>"):
            return True
        frame = frame.f_back
    return False


taken: list[str] = []
"""What a task has got, whatever happens to the loop after that."""


def first_on_loop(call: liter_llm.Stream) -> str:
    async def take() -> str:
        taken.append(await call.__anext__())
        return taken[-1]

    return asyncio.run(take())


def whole_on_loop(call: liter_llm.Stream) -> liter_llm.Response:
    return asyncio.run(as_coroutine(call))


# The first three look for an interrupt in every poll, so they are always interrupted.
WAYS = {
    "for": (list, []),
    "events": (lambda call: list(call.events()), []),
    "complete": (lambda call: call.complete(), []),
    "async_for": (first_on_loop, [token("one")]),
    "await": (whole_on_loop, [token("one"), {"finish": "stop"}, {"done": True}]),
}


@pytest.mark.parametrize("way", WAYS)
def test_interrupt_before_first_event(mock, connect, way):
    """From the first line on, until the first poll has returned, or what it waits for has come."""
    use, actions = WAYS[way]
    held, keys = [], []
    for at in itertools.count(1):
        llm = connect("unused")
        taken.clear()
        keys.append(mock.plan(stream(*actions, HANG)))
        call = llm.invoke({**REQUEST, "stream": True}, base_url=mock.base_url(keys[-1]))
        with Interrupt(at) as interrupt:
            try:
                use(call)
            except KeyboardInterrupt as error:
                if not taken:  # else it is the reader that keeps it, who could go on
                    held.append(error)  # whoever keeps the exception must not keep the connection
        if not interrupt.came:
            break
        receiver = call._invocation.receiver
        is_closed = receiver is None or receiver.ended or receiver.cancelled
        assert is_closed or taken, interrupt.place
        if receiver is not None and receiver is call._invocation.on_thread:
            with pytest.raises((liter_llm.CancelledError, liter_llm.ClosedError)):
                call.complete()
        assert llm._blocking is None or llm._blocking.receivers == {}
        if interrupt.place == "c_return in poll" and not actions:
            break

    assert len(held) > 20
    for key in keys:
        mock.wait(key, closed=mock.seen(key)["requests_count"])


def read(call: liter_llm.Stream, ends: list[object]) -> None:
    """Appends all tokens, or the error."""
    try:
        ends.append(list(call))
    except LlmError as error:
        ends.append(error)


def check_end(end: object, place: str) -> bool:
    """Whole, or an error that says why not; its partial text has no hole."""
    if isinstance(end, LlmError):
        assert (end.kind, end.partial is None) == ("INTERNAL", False), place
        assert end.partial is not None
        assert "".join(PIECES).startswith(end.partial.text), place
        return False
    assert end == PIECES, place
    return True


def test_an_interrupted_leader_costs_nobody_else(mock, connect):
    """The main thread polls for both streams when Ctrl-C comes."""
    whole = 0
    for at in itertools.count(1):
        llm = connect("unused")
        key, other = mock.plan(PACED), mock.plan(PACED)
        ends: list[object] = []
        follower = threading.Thread(
            target=read,
            args=(llm.invoke(REQUEST, base_url=mock.base_url(other)), ends),
            daemon=True,  # so that a hang is this test's failure and not the end of the run
        )
        with Interrupt(at) as interrupt:
            try:
                reader = iter(llm.invoke(REQUEST, base_url=mock.base_url(key)))
                next(reader)
                sys.setprofile(None)
                follower.start()
                sys.setprofile(interrupt._look)
                list(reader)
            except KeyboardInterrupt:
                assert interrupt.came
        if follower.ident is None:
            follower.start()
        follower.join(10)
        assert not follower.is_alive(), f"{at}: {interrupt.place}"
        whole += check_end(ends[0], interrupt.place)
        if not interrupt.came:
            break
    assert at > 40
    assert whole > at // 2


@pytest.mark.parametrize("make", [asyncio.SelectorEventLoop, NoReaderLoop])
def test_an_interrupted_loop_costs_nobody_else(mock, connect, make):
    """Ctrl-C in whatever runs on the loop; afterwards the loop goes on."""
    for at in itertools.count(1):
        llm = connect(mock.plan(PACED))
        loop = make()
        tasks = [loop.create_task(read_on_loop(llm.invoke(REQUEST))) for _ in range(3)]
        both = asyncio.gather(*tasks, return_exceptions=True)
        with Interrupt(at) as interrupt:
            try:
                loop.run_until_complete(asyncio.wait_for(asyncio.shield(both), 10))
            except KeyboardInterrupt:
                assert interrupt.came
        ends = loop.run_until_complete(asyncio.wait_for(both, 10))
        loop.run_until_complete(asyncio.wait_for(llm.aclose(), 10))
        loop.close()
        for end in ends:
            assert isinstance(end, KeyboardInterrupt) or check_end(end, interrupt.place) in (0, 1)
        if not interrupt.came:
            break
    assert at > 40


async def read_on_loop(call: liter_llm.Stream) -> object:
    try:
        return [piece async for piece in call]
    except LlmError as error:
        return error


class DroppingLoop(NoReaderLoop):
    """Ctrl-C comes inside the loop itself, just before it makes the call that another thread asked
    for: that call is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0

    def call_soon_threadsafe(self, callback, *args, **more):
        def interrupted() -> None:
            self.dropped += 1

        self.calls = getattr(self, "calls", 0) + 1
        lost = self.calls % 2
        return super().call_soon_threadsafe(interrupted if lost else callback, *args, **more)


def test_a_call_that_the_loop_loses_is_made_again(mock, connect):
    """For the events, and for letting go in the end."""
    llm = connect(mock.plan(PACED))
    loop = DroppingLoop()

    async def use() -> object:
        pieces = await read_on_loop(llm.invoke(REQUEST))
        await asyncio.wait_for(llm.aclose(), 10)
        return pieces

    assert loop.run_until_complete(asyncio.wait_for(use(), 30)) == PIECES
    assert loop.dropped >= 2
    loop.close()


def test_an_interrupt_before_the_first_line_of_a_callback(mock, connect, monkeypatch):
    """Where no finally can see it."""
    llm = connect(mock.plan(PACED))
    loop = NoReaderLoop()
    interrupts = [KeyboardInterrupt("meant"), KeyboardInterrupt("meant")]
    take = _poll_thread.PollThreadClient._dispatch_on_loop

    def interrupted(client: Any, dispatched: threading.Event) -> None:
        if interrupts:
            raise interrupts.pop()
        take(client, dispatched)

    monkeypatch.setattr(_poll_thread.PollThreadClient, "_dispatch_on_loop", interrupted)
    task = loop.create_task(read_on_loop(llm.invoke(REQUEST)))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt, match="meant"):
            loop.run_until_complete(asyncio.shield(task))
    assert loop.run_until_complete(asyncio.wait_for(task, 10)) == PIECES
    loop.run_until_complete(llm.aclose())
    loop.close()


def test_a_wake_is_not_lost_to_what_an_interrupt_left_over(mock, connect, monkeypatch):
    """Events of another stream arrive while those of the interrupted one still wait: the library
    says so once, and polling is what has it say so again."""
    llm = connect("unused")
    end = [{"finish": "stop"}, {"done": True}, {"chunk_end": True}]
    first = mock.plan(stream(token("one"), *end))
    second = mock.plan(stream({"await": "go"}, token("two"), *end))
    loop = asyncio.new_event_loop()
    feed = _loop_client.LoopReceiver.feed
    interrupts = [KeyboardInterrupt("meant")]
    asked: list[Callable[[], None]] = []

    def interrupted(receiver: Any, event: Any) -> None:
        if interrupts:
            raise interrupts.pop()
        feed(receiver, event)

    def call_later(_: object, call: Callable[[], None]) -> bool:
        asked.append(call)
        return True

    monkeypatch.setattr(_loop_client.LoopReceiver, "feed", interrupted)
    monkeypatch.setattr(_loop_client, "call_soon", call_later)
    tasks = [
        loop.create_task(read_on_loop(llm.invoke(REQUEST, base_url=mock.base_url(key))))
        for key in (first, second)
    ]
    both = asyncio.gather(*tasks)
    with pytest.raises(KeyboardInterrupt, match="meant"):
        loop.run_until_complete(asyncio.shield(both))
    client = llm._loop_clients[loop]
    assert client._index < client._counts[0], "else the test shows nothing"
    mock.signal(second, "go")
    assert select.select([client._descriptors[0]], [], [], 10)[0]
    monkeypatch.undo()
    (again,) = asked
    again()

    interrupted_end, whole = loop.run_until_complete(asyncio.wait_for(both, 10))

    assert (interrupted_end.kind, whole) == ("INTERNAL", ["two"])
    loop.run_until_complete(llm.aclose())
    loop.close()
