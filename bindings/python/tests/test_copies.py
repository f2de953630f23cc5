"""Copies of a client are clients of their own; connections belong to a client, not to a loop."""

from __future__ import annotations

import asyncio
import collections
import copy
import gc
import pickle
import types

import pytest
import uvloop

import liter_llm
from loops import NoReaderLoop
from support import HANG, HELLO, REQUEST, keys_sent, stream, token

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda llm: pickle.loads(pickle.dumps(llm)),
}


@pytest.fixture(params=COPIES.values(), ids=COPIES)
def make_copy(request):
    return request.param


def test_a_copy_is_a_client_of_its_own(mock, connect, make_copy):
    key = mock.plan(stream(token("one"), {"await": "go"}, token("two"), {"finish": "stop"}))
    hello = mock.plan(HELLO)
    llm = connect(key)
    reader = iter(llm.invoke(REQUEST))
    assert next(reader) == "one"

    copied = make_copy(llm)
    assert copied.invoke(REQUEST, base_url=mock.base_url(hello)).complete().text == "Hello world"
    copied.close()
    del copied
    gc.collect()
    mock.signal(key, "go")

    assert next(reader) == "two"
    assert keys_sent(mock, hello) == ["test-key"]
    assert llm.invoke(REQUEST, base_url=mock.base_url(hello)).complete().text == "Hello world"


def test_dropping_a_copy_that_nobody_used_closes_nothing(mock, connect, make_copy):
    llm = connect(mock.plan(stream(token("one"), {"await": "go"}, token("two"), HANG)))

    async def read() -> list[str]:
        async with llm.invoke(REQUEST) as call:
            first = await call.__anext__()
            make_copy(llm)
            gc.collect()
            mock.signal(llm_key, "go")
            return [first, await call.__anext__()]

    llm_key = llm._options.get("base_url", "").split("/")[-2]
    assert asyncio.run(read()) == ["one", "two"]


def test_a_copy_of_a_closed_client_is_open(mock, connect, make_copy):
    llm = connect(mock.plan(HELLO))
    llm.close()
    with make_copy(llm) as copied:
        assert copied.invoke(REQUEST).complete().text == "Hello world"
    with pytest.raises(liter_llm.ClosedError):
        llm.invoke(REQUEST).complete()


def test_a_key_of_the_environment_is_not_in_a_pickle(mock, monkeypatch):
    key = mock.plan(HELLO)
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-this-machine")
    llm = liter_llm.LiterLlm("openai", base_url=mock.base_url(key))
    llm.invoke(REQUEST).complete()

    pickled = pickle.dumps(llm)
    assert b"key-of-this-machine" not in pickled
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-worker")
    pickle.loads(pickled).invoke(REQUEST).complete()

    expected = ["key-of-this-machine", "key-of-the-worker"]
    assert keys_sent(mock, key) == expected


class Named(liter_llm.LiterLlm):
    def __init__(self, name: str, **options) -> None:
        super().__init__("openai", **options)
        self.name = name


def test_what_a_subclass_adds_is_copied(mock, make_copy):
    headers = types.MappingProxyType({"x-team": "one"})
    base_url = mock.base_url(key := mock.plan(HELLO))
    llm = Named("first", api_key="k", base_url=base_url, headers=headers)

    copied = make_copy(llm)

    assert type(copied) is Named
    assert copied.name == "first"
    copied.invoke(REQUEST).complete()
    assert ["x-team", "one"] in mock.seen(key)["requests"][0]["headers"]


@pytest.mark.parametrize(
    "run", [asyncio.run, uvloop.run, "no_reader"], ids=["asyncio", "uvloop", "no_reader"]
)
def test_a_job_per_loop_keeps_the_connection(mock, connect, run):
    llm = connect(key := mock.plan(HELLO))

    def run_without_reader(main) -> str:
        loop = NoReaderLoop()
        try:
            return loop.run_until_complete(main)
        finally:
            loop.close()

    async def job() -> str:
        return (await llm.invoke(REQUEST)).text

    for _ in range(20):
        assert (run_without_reader if run == "no_reader" else run)(job()) == "Hello world"

    requests = mock.seen(key)["requests"]
    assert (len(requests), len({sent["connection"] for sent in requests})) == (20, 1)


class Words(collections.UserList):  # type: ignore[type-arg]
    """A sequence that is no list."""


def test_any_mapping_and_sequence_is_taken(mock, connect):
    key = mock.plan(HELLO)
    frozen = types.MappingProxyType
    options = frozen({"headers": frozen({"x-team": "one"})})
    message = frozen({"role": "user", "content": Words([frozen({"type": "text", "text": "Hi"})])})
    asked = frozen(
        {
            "model": "m",
            "messages": collections.deque([message]),
            "stop": Words(["x"]),
            "extra_body": frozen({"more": (1, 2)}),
        }
    )

    connect(key, **options).invoke(asked).complete()
    call_options = collections.ChainMap({}, dict(options))
    connect(key).invoke(collections.UserDict(asked), **call_options).complete()

    for sent in mock.seen(key)["requests"]:
        assert sent["body"]["messages"] == [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
        ]
        assert (sent["body"]["stop"], sent["body"]["more"]) == (["x"], [1, 2])
        assert ["x-team", "one"] in sent["headers"]


def test_bytes_are_no_sequence(connect):
    with pytest.raises(liter_llm.InvalidRequestError, match=r"stop: expected JSON .*, got bytes"):
        connect("unused").invoke({**REQUEST, "stop": b"text"}).complete()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a\ud83d", "a\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud83d\ud83d\ude00é", "\ufffd\U0001f600é"),
    ],
)
def test_halves_of_characters_are_sent_as_what_they_are(mock, connect, written, sent):
    key = mock.plan(HELLO)
    message = {"role": "user", "content": written, written: 1}
    connect(key).invoke({"model": "m", "messages": [message]}, user=written).complete()
    body = mock.seen(key)["requests"][0]["body"]
    assert (body["messages"][0]["content"], body["user"]) == (sent, sent)
