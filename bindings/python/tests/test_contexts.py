"""Context variables: each callback and each line of the log has those of its own request."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import threading
import weakref

import pytest

from support import FAILURE, HANG, HELLO, REQUEST, as_coroutine, stream, token

request: contextvars.ContextVar[object] = contextvars.ContextVar("request", default=None)


class Session:
    """What a framework keeps for one request: large, and to be freed with it."""


def test_the_first_request_is_not_kept(mock, connect, loop):
    llm = connect(mock.plan(HELLO))

    async def first() -> weakref.ref[Session]:
        session = Session()
        request.set(session)
        await llm.invoke(REQUEST)
        return weakref.ref(session)

    async def both() -> object:
        kept = await asyncio.create_task(first())
        await asyncio.create_task(as_coroutine(llm.invoke(REQUEST)))  # the client goes on
        gc.collect()
        return kept()

    assert loop.run_until_complete(both()) is None


def test_the_first_request_without_a_loop_is_not_kept(mock, connect):
    llm = connect(mock.plan(HELLO))

    def first() -> weakref.ref[Session]:
        session = Session()
        request.set(session)
        reader = iter(llm.invoke(REQUEST))
        assert "".join(reader) == "Hello world"
        held.append(reader)
        return weakref.ref(session)

    held: list[object] = []
    kept = contextvars.Context().run(first)
    gc.collect()
    assert kept() is None, "not even by a reader that came to its end"


class Noting(logging.Handler):
    """Notes which request each line is about, and which one it believes to be in."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[object, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = record.liter_llm  # type: ignore[attr-defined]
        self.seen.append((request.get(), fields.get("stream", 0)))


@pytest.fixture
def noting():
    handler = Noting()
    logger = logging.getLogger("liter_llm")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def check(noting: Noting, names: list[str]) -> None:
    """Each request has lines of one stream, and none of them is in another's context."""
    assert noting.seen, "else the test shows nothing"
    pairs = {(name, number) for name, number in noting.seen if number}
    assert len(pairs) == len(names), pairs
    assert {name for name, _ in pairs} == set(names), pairs
    assert {name for name, number in noting.seen if not number} <= {None}


def test_lines_of_the_log_are_in_their_request_on_a_loop(mock, connect, loop, noting):
    llm = connect("unused", log_level="debug", retries_max=1)
    names = [f"request-{number}" for number in range(5)]

    async def one(name: str) -> None:
        request.set(name)
        key = mock.plan(FAILURE, HELLO)
        await llm.invoke(REQUEST, base_url=mock.base_url(key))

    async def several() -> None:
        await asyncio.gather(*(asyncio.create_task(one(name)) for name in names))

    loop.run_until_complete(several())
    check(noting, names)


def test_lines_of_the_log_are_in_their_request_in_threads(mock, connect, noting):
    """One thread polls for all: here the one whose stream says nothing."""
    llm = connect("unused", log_level="debug", retries_max=1)
    names = [f"request-{number}" for number in range(5)]
    silent = mock.plan(stream(token("one"), {"await": "go"}, HANG))
    leading = threading.Event()

    def lead() -> None:
        request.set("silent")
        call = llm.invoke(REQUEST, base_url=mock.base_url(silent))
        for _ in call:
            leading.set()

    def one(name: str) -> None:
        request.set(name)
        key = mock.plan(FAILURE, HELLO)
        assert llm.invoke(REQUEST, base_url=mock.base_url(key)).complete().text == "Hello world"

    leader = threading.Thread(target=ended_by_close, args=(lead,), daemon=True)
    leader.start()
    assert leading.wait(10)
    threads = [threading.Thread(target=one, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    llm.close()
    leader.join(10)

    noting.seen = [(name, number) for name, number in noting.seen if name != "silent"]
    check(noting, names)


def ended_by_close(use) -> None:
    from liter_llm import ClosedError

    with pytest.raises(ClosedError):
        use()
