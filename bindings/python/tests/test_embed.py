"""embed(): its vectors, as Python and numpy have them, and what is kept of a call that failed."""

from __future__ import annotations

import asyncio
import json
import pickle
import struct
import threading
from typing import Any

import pytest

import liter_llm
from liter_llm import CancelledError, ClosedError, InvalidRequestError, LlmError, _native_client
from liter_llm._library import END, RESULT, START, VECTORS
from liter_llm._operations import EmbedBuilder
from support import as_coroutine
from test_operations import ANSWERS, EMBED, HANGS, WORDS, answered
from test_receiver import deliver, make_receiver

REFUSED = {"status": 400, "error": {"message": "no", "type": "invalid_request_error"}}


def test_embed_gives_vectors_and_receipt(mock, connect):
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    key = mock.plan(answered([1.0, 0.5], [-2.0, 0.25], usage=usage))

    reply = connect(key).embed({"model": "m", "input": ["one", "two"]}).complete()

    assert reply.vectors.tolist() == [[1.0, 0.5], [-2.0, 0.25]]
    assert (reply.count, reply.dimensions, reply.outcome) == (2, 2, "complete")
    assert (reply.model, reply.provider, reply.request_id) == ("m-1", "openai", "req_9")
    assert (reply.attempts, reply.requests, reply.warnings) == (1, 1, ())
    assert (reply.truncated, reply.finished_ranges, reply.failed_ranges) == ((), (), ())
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.raw) == (5, usage)
    assert reply.total_ms is not None


def test_no_input_has_no_vectors(mock, connect):
    import numpy

    key = mock.plan(ANSWERS)
    reply = connect(key).embed(EMBED, input=[]).complete()
    assert (reply.count, list(reply.vectors), len(reply.__buffer__(0))) == (0, [], 0)
    # numpy asks for the buffer itself from Python 3.12 on.
    for given in (reply, reply.__buffer__(0)):
        assert (numpy.asarray(given).shape, numpy.asarray(given).dtype) == ((0, 0), "<f4")
    assert mock.seen(key)["requests_count"] == 0


def test_many_vectors_pass_a_small_window(mock, connect):
    """More bytes than the window holds, in several requests: order is kept."""
    texts = [f"text {number}" for number in range(200)]
    request = {"model": "m", "input": texts, "dimensions": 1536}
    key = mock.plan(ANSWERS)
    llm = connect(key, stream_window_bytes=65_536)
    wanted = [llm.embed(request, input=[text]).complete() for text in (texts[0], texts[199])]

    for read in (lambda call: call.complete(), lambda call: asyncio.run(as_coroutine(call))):
        reply = read(llm.embed(request, inputs_per_request=32))
        assert (reply.count, reply.dimensions, reply.requests) == (200, 1536, 7)
        ends = [reply.vectors[0].tolist(), reply.vectors[199].tolist()]
        assert ends == [one.vectors[0].tolist() for one in wanted]


# ---- vectors


@pytest.fixture
def reply(mock, connect):
    return connect(mock.plan(answered([1, 2, 3], [4, 5, 6]))).embed(
        EMBED, input=["a", "b"], dimensions=3
    )


def test_vectors_are_views_of_one_memory(reply):
    vectors = reply.complete().vectors
    assert (len(vectors), vectors.dimensions) == (2, 3)
    assert [list(vector) for vector in vectors] == [[1, 2, 3], [4, 5, 6]]
    assert (vectors[1].tolist(), vectors[-2].tolist()) == ([4, 5, 6], [1, 2, 3])
    assert [list(vector) for vector in vectors[1:]] == [[4, 5, 6]]
    assert (vectors[0].format, vectors[0].readonly) == ("f", True)
    assert vectors[0].obj is vectors[1].obj
    with pytest.raises(IndexError):
        vectors[2]


@pytest.mark.parametrize("of", [lambda reply: reply, lambda reply: reply.vectors])
def test_numpy_copies_nothing(reply, of):
    import numpy

    whole = reply.complete()
    array = numpy.asarray(of(whole))

    assert (array.shape, array.dtype) == ((2, 3), numpy.dtype("<f4"))
    assert array.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert not array.flags.writeable
    assert numpy.shares_memory(array, numpy.frombuffer(whole.vectors[0], "<f4"))
    changed = numpy.array(of(whole))
    changed[0] = 0
    assert whole.vectors[0].tolist() == [1, 2, 3]


def test_buffers_have_two_dimensions(reply):
    """As Python 3.12 asks for them with memoryview(reply)."""
    whole = reply.complete()
    view = whole.__buffer__(0)
    assert (view.shape, view.format, view.readonly) == ((2, 3), "f", True)
    assert view.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_vectors_are_acknowledged_and_what_is_unknown_is_ignored():
    """Events as the core would write them, and ones that only a later core has."""
    receiver = make_receiver("whole", make_builder=EmbedBuilder)
    client = receiver.client
    start = json.dumps({"id": "e", "model": "m", "provider": "openai"}).encode()
    end = json.dumps({"outcome": "complete", "attempts": 1, "requests": 1}).encode()

    deliver(client, START, start)
    deliver(client, VECTORS, struct.pack("<4f", 1, 2, 3, 4), ends=[8, 16])
    receiver.acknowledge()
    deliver(client, 99, b"\xff")
    deliver(client, VECTORS, struct.pack("<2f", 5, 6), ends=[8])
    deliver(client, END, end)

    assert client.calls == [("consumed", 7, len(start) + 16)]
    reply = receiver.builder.response()
    assert reply.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert (reply.count, reply.dimensions, reply.id, reply.outcome) == (3, 2, "e", "complete")


def test_a_stream_ignores_vectors_and_results():
    receiver = make_receiver("events")
    deliver(receiver.client, VECTORS, struct.pack("<f", 1))
    deliver(receiver.client, RESULT, b'{"models": []}')
    assert list(receiver.items) == []
    assert not receiver.ended


def test_vectors_are_copied_once(mock, connect, monkeypatch):
    """What the builder gets is the library's own memory, and what it keeps is the reply's."""
    copies: list[int] = []
    given: list[tuple[str, Any]] = []
    unpack = _native_client._unpack
    add = EmbedBuilder.add_vectors
    noted = lambda data, size: copies.append(size) or unpack(data, size)  # noqa: E731
    monkeypatch.setattr(_native_client, "_unpack", noted)

    def take(builder: EmbedBuilder, data: Any, count: int) -> None:
        given.append((type(data).__name__, builder._bytes))
        add(builder, data, count)

    monkeypatch.setattr(EmbedBuilder, "add_vectors", take)
    request = {"model": "m", "input": WORDS, "dimensions": 1536}
    reply = connect(mock.plan(ANSWERS)).embed(request).complete()

    assert max(copies) < 1536 * 4
    assert {name for name, _ in given} == {"buffer"}
    assert all(kept is reply.vectors[0].obj for _, kept in given)


# ---- many at once


def test_five_hundred_embeds_at_once(mock, connect):
    llm = connect(mock.plan(ANSWERS))
    texts = [f"text {number}" for number in range(500)]
    one = llm.embed(EMBED, input=texts).complete()

    async def all_of_them() -> list[Any]:
        calls = [llm.embed(EMBED, input=[text, "more"]) for text in texts]
        return await asyncio.gather(*(as_coroutine(call) for call in calls))

    found = [reply.vectors[0].tolist() for reply in asyncio.run(all_of_them())]
    assert found == one.vectors.tolist()


def test_threads_share_a_client(mock, connect):
    llm = connect(mock.plan(ANSWERS))
    wanted = llm.embed(EMBED).complete().vectors
    found: list[Any] = []
    work = lambda: found.append(llm.embed(EMBED).complete().vectors)  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [wanted] * 16


# ---- early ends


def check_partial(partial: Any, wanted: list[list[float]]) -> None:
    """What is there is whole, and the ranges say what it is."""
    finished = [
        place for first, behind in partial.finished_ranges for place in range(first, behind)
    ]
    failed = [place for first, behind in partial.failed_ranges for place in range(first, behind)]
    assert sorted(finished + failed) == list(range(len(wanted)))
    assert partial.vectors.tolist() == [wanted[place] for place in finished]
    assert (partial.count, partial.count > 0, len(failed) > 0) == (len(finished), True, True)


def test_a_failure_keeps_the_vectors_that_came(mock, connect):
    wanted = connect(mock.plan(ANSWERS)).embed(EMBED).complete().vectors.tolist()
    key = mock.plan({**ANSWERS, "times": 8}, REFUSED)

    with pytest.raises(InvalidRequestError) as raised:
        connect(key).embed(EMBED, inputs_per_request=1).complete()

    assert isinstance(raised.value.partial, liter_llm.EmbedResponse)
    assert (raised.value.status, raised.value.partial.outcome) == (400, "failed")
    check_partial(raised.value.partial, wanted)
    again = pickle.loads(pickle.dumps(raised.value))
    assert again.partial == raised.value.partial


@pytest.mark.parametrize(
    ("end", "kind"),
    [("cancel", CancelledError), ("close", ClosedError)],
)
def test_an_end_in_the_middle_keeps_the_vectors_that_came(mock, connect, end, kind):
    wanted = connect(mock.plan(ANSWERS)).embed(EMBED).complete().vectors.tolist()
    key = mock.plan({**ANSWERS, "times": 8}, HANGS)
    llm = connect(key)

    async def run() -> LlmError:
        call = llm.embed(EMBED, inputs_per_request=1)
        waiting = asyncio.ensure_future(as_coroutine(call))
        await asyncio.to_thread(mock.wait, key, requests=9)
        (call.cancel if end == "cancel" else llm.close)()
        with pytest.raises(kind) as raised:
            await waiting
        return raised.value

    error = asyncio.run(run())
    check_partial(error.partial, wanted)
    mock.wait(key, closed=1)
