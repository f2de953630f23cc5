"""What frameworks do with an iterable before, and after, they read it."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
from collections.abc import AsyncIterator, Iterator

import pytest

import liter_llm
from support import HANG, HELLO, REQUEST, stream, token


def test_iter_may_be_called_before_reading_begins(mock, connect):
    """To see whether it can be done at all; the iterator is dropped or kept."""
    key = mock.plan(HELLO)
    call = connect(key).invoke(REQUEST)

    iter(call)
    call.__aiter__()
    call.events()
    kept = iter(call)

    assert iter(call) is kept
    assert "".join(call) == "Hello world"
    assert mock.seen(key)["requests_count"] == 1
    with pytest.raises(RuntimeError, match="read once"):
        iter(call)
    assert list(kept) == [], "it is the one that was read"


def test_aiter_may_be_called_before_reading_begins(mock, connect):
    call = connect(mock.plan(HELLO)).invoke(REQUEST)

    async def read() -> str:
        call.__aiter__()
        iter(call)
        kept = call.__aiter__()
        assert call.__aiter__() is kept
        text = "".join([piece async for piece in call])
        assert [piece async for piece in kept] == []
        with pytest.raises(RuntimeError, match="read once"):
            call.__aiter__()
        return text

    assert asyncio.run(read()) == "Hello world"


def test_a_reader_that_comes_too_late_leaves_the_stream_alone(mock, connect):
    call = connect(mock.plan(stream(token("one"), token("two"), {"done": True}))).invoke(REQUEST)
    late, events, reader = iter(call), call.events(), call.__iter__()
    assert late is reader
    assert next(call) == "one"

    for other in (late, events):
        with pytest.raises(RuntimeError, match="read once"):
            next(other)
    del late, events, reader, other
    assert next(call) == "two"
    call.cancel()


def test_each_iterator_is_of_one_kind(connect):
    """Frameworks look for __iter__ first, and then block the event loop or a thread."""
    call = connect("unused").invoke(REQUEST)
    on_loop, on_thread = call.__aiter__(), call.__iter__()

    assert isinstance(on_loop, AsyncIterator)
    assert not isinstance(on_loop, Iterator)
    assert isinstance(on_thread, Iterator)
    assert not isinstance(on_thread, AsyncIterator)
    with pytest.raises(TypeError):
        iter(on_loop)  # type: ignore[call-overload]


def test_a_stream_that_was_peeked_at_is_handed_on(mock, connect):
    """The first token, or the error, decides about a status; the rest goes to a framework."""
    key = mock.plan(stream(token("one"), token("two"), {"finish": "stop"}, {"done": True}))
    call = connect(key).invoke(REQUEST)

    async def read() -> list[str]:
        first = await call.__anext__()
        rest = call.__aiter__()
        assert not isinstance(rest, Iterator)
        return [first, *[piece async for piece in rest]]

    assert asyncio.run(read()) == ["one", "two"]


@pytest.mark.parametrize("what", ["stream", "reader"])
def test_closing_closes_upstream(mock, connect, what):
    key = mock.plan(stream(token("one"), HANG))
    call = connect(key).invoke(REQUEST)

    with contextlib.closing(call if what == "stream" else iter(call)) as closing:
        assert next(closing) == "one"

    mock.wait(key, closed=1)
    assert call.response.outcome == "cancelled"
    with pytest.raises(liter_llm.CancelledError):
        next(closing)


@pytest.mark.parametrize("what", ["stream", "reader"])
def test_aclosing_closes_upstream(mock, connect, what):
    key = mock.plan(stream(token("one"), HANG))
    call = connect(key).invoke(REQUEST)

    async def leave() -> None:
        closing = call if what == "stream" else call.__aiter__()
        try:  # contextlib.aclosing, which Python 3.9 lacks
            assert await closing.__anext__() == "one"
        finally:
            await closing.aclose()
        await asyncio.to_thread(mock.wait, key, closed=1)

    asyncio.run(leave())
    assert call.response.outcome == "cancelled"


def test_closing_what_never_began_sends_nothing(mock, connect):
    key = mock.plan(HELLO)
    call = connect(key).invoke(REQUEST)
    with contextlib.closing(iter(call)) as reader, pytest.raises(liter_llm.CancelledError):
        reader.close()
        next(reader)
    assert mock.seen(key)["requests_count"] == 0


def test_closing_another_reader_leaves_the_stream_alone(mock, connect):
    call = connect(mock.plan(HELLO)).invoke(REQUEST)
    other = call.events()
    reader = iter(call)
    text = next(reader)
    other.close()
    assert text + "".join(reader) == "Hello world"


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_stream_is_not_copied(mock, connect, way):
    """A copy that is dropped would close what it was copied from."""
    call = connect(mock.plan(HELLO)).invoke(REQUEST)
    reader = iter(call)
    text = next(reader)
    for each in (call, reader):
        with pytest.raises(TypeError, match="cannot be copied"):
            way(each)
    assert text + "".join(reader) == "Hello world"
