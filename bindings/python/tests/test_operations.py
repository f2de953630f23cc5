"""embed(), rerank(), models() and count_tokens(): their replies, every way to wait for them, what
ends them early, and mistakes. Vectors are tested in test_embed."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import threading
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from liter_llm import CancelledError, ConfigError, InvalidRequestError
from support import MESSAGES, REQUEST, as_coroutine, run_python

ANSWERS = {"answer": {"text": "Hello world"}}
HANGS = {"raw": [{"hang": True}]}
WORDS = [f"text {number}" for number in range(9)]
EMBED: dict[str, Any] = {"model": "m", "input": WORDS, "dimensions": 4}
RERANK: dict[str, Any] = {"model": "m", "query": "red fox", "documents": ["dog", "red fox", "red"]}


def answered(*vectors: list[float], **more: Any) -> dict[str, Any]:
    """A step with these vectors."""
    data = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    body = {"object": "list", "data": data, "model": "m-1", **more}
    headers = [["content-type", "application/json"], ["x-request-id", "req_9"]]
    return {"status": 200, "headers": headers, "body": json.dumps(body)}


# ---- replies


def test_rerank_orders_documents(mock, connect):
    llm = connect(mock.plan(ANSWERS), provider="jina")
    reply = llm.rerank(RERANK, top_n=2).complete()
    assert [(result.index, result.document) for result in reply.results] == [
        (1, "red fox"),
        (2, "red"),
    ]
    assert all(isinstance(result.score, float) for result in reply.results)


def test_models_are_those_of_all_pages(mock, connect):
    key = mock.plan(ANSWERS)
    place = f"{mock.places['http']}/{key}/v1beta"
    reply = connect(key, provider="gemini", base_url=place).models().complete()
    assert len({model.id for model in reply.models}) == 5
    assert all(model.raw for model in reply.models)
    assert (reply.requests, reply.attempts) == (3, 3)


def test_what_a_provider_says_of_a_model_is_in_our_words(mock, connect):
    said = {"capabilities": ["completion", "vision", "new"], "lifecycle": "deprecated"}
    models = [{"id": "old", "shutdown_date": "2026-01-01", **said}, {"id": "plain"}]
    body = json.dumps({"object": "list", "data": models})
    headers = [["content-type", "application/json"]]
    key = mock.plan({"status": 200, "headers": headers, "body": body})

    old, plain = connect(key).models().complete().models

    assert old.capabilities == ("chat", "image_input")
    assert (old.deprecated, old.retires_at) == (True, 1_767_225_600)
    assert old.raw == models[0]
    assert (plain.capabilities, plain.deprecated, plain.retires_at) == (None, None, None)


def test_tokens_are_counted(mock, connect):
    llm = connect(mock.plan(ANSWERS), provider="anthropic")
    request = {"model": "m", "messages": [{"role": "user", "content": "one two three"}]}
    assert llm.count_tokens(request).complete().input_tokens == 3


def test_replies_are_values(mock, connect):
    ask = {"model": "m", "input": ["a", "b"], "dimensions": 3}
    key = mock.plan(answered([1, 2, 3], [4, 5, 6]), answered([1, 2, 3], [4, 5, 7]))
    llm = connect(key)
    reply, other = llm.embed(ask).complete(), llm.embed(ask).complete()
    ranked = connect(mock.plan(ANSWERS), provider="jina").rerank(RERANK).complete()

    for value in (reply, ranked):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        with pytest.raises(FrozenInstanceError):
            value.outcome = "failed"
    assert other.vectors != reply.vectors


# ---- every way to wait


def test_every_loop_embeds(mock, connect, make_loop):
    llm = connect(mock.plan(ANSWERS))
    running = make_loop()
    try:
        reply = running.run_until_complete(as_coroutine(llm.embed(EMBED)))
    finally:
        running.run_until_complete(llm.aclose())
        running.close()
    assert reply.count == len(WORDS)


@pytest.mark.parametrize("method", ["embed", "models"])
def test_a_reply_may_be_awaited_again(mock, connect, method):
    key = mock.plan(ANSWERS)
    call = getattr(connect(key), method)(EMBED if method == "embed" else {})

    async def twice() -> None:
        assert await call is await call

    asyncio.run(twice())
    assert call.complete() is call.complete()
    assert mock.seen(key)["requests_count"] == 1


def test_a_key_function_is_asked(mock, connect):
    keys = ["old", "new"]
    key = mock.plan({"status": 401, "error": {"message": "expired"}}, ANSWERS)
    reply = connect(key, api_key=lambda: keys.pop(0)).embed(EMBED).complete()
    assert (reply.count, keys) == (len(WORDS), [])


def test_fork_child_embeds(mock):
    code = """
import os, sys, liter_llm
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=sys.argv[1])
request = {"model": "m", "input": ["one", "two"]}
wanted = llm.embed(request).complete().vectors
child = os.fork()
assert llm.embed(request).complete().vectors == wanted
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("both")
else:
    os._exit(0)
"""
    ended = run_python(code, mock.base_url(mock.plan(ANSWERS)))
    assert (ended.returncode, ended.stdout) == (0, "both\n"), ended.stderr


# ---- early ends


def test_a_cancelled_task_closes_the_connection(mock, connect):
    key = mock.plan(HANGS)
    llm = connect(key)

    async def run() -> None:
        waiting = asyncio.ensure_future(as_coroutine(llm.models()))
        await asyncio.to_thread(mock.wait, key, requests=1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.to_thread(mock.wait, key, closed=1)

    asyncio.run(run())


def test_a_call_that_was_cancelled_before_sends_nothing(mock, connect):
    key = mock.plan(ANSWERS)
    call = connect(key).embed(EMBED)
    with call:
        pass
    with pytest.raises(CancelledError):
        call.complete()
    assert mock.seen(key)["requests_count"] == 0


def test_cancel_from_another_thread(mock, connect):
    key = mock.plan(HANGS)
    call = connect(key, provider="jina").rerank(RERANK)
    threading.Thread(target=lambda: (mock.wait(key, requests=1), call.cancel())).start()
    with pytest.raises(CancelledError) as raised:
        call.complete()
    assert raised.value.partial is None
    mock.wait(key, closed=1)


# ---- mistakes


@pytest.mark.parametrize(
    ("method", "request_", "options", "message"),
    [
        (
            "invoke",
            {**EMBED, "operation": "embed"},
            {},
            "operation: invoke() is not for 'embed'; call embed()",
        ),
        (
            "embed",
            {**EMBED, "operation": "rerank"},
            {},
            "operation: embed() is not for 'rerank'; call rerank()",
        ),
        ("invoke", {**REQUEST, "operation": []}, {}, "operation"),
        ("embed", EMBED, {"collect": False}, "collect: embed() returns all there is"),
        ("embed", EMBED, {"timeout": 5}, 'option "timeout" is unknown'),
        ("models", {}, {"input": 5}, 'option "input" is unknown'),
        ("embed", {**EMBED, "input": b"text"}, {}, "input: expected JSON"),
        ("embed", {"model": "m"}, {}, "input"),
        ("rerank", {**RERANK, "documents": 5}, {}, "documents"),
        ("count_tokens", {"model": "m"}, {}, "messages"),
        ("embed", 5, {}, "request: expected a dict"),
    ],
)
def test_mistakes_name_the_field(mock, connect, method, request_, options, message):
    key = mock.plan(ANSWERS)
    llm = connect(key)
    kind = ConfigError if message.startswith("option ") else InvalidRequestError
    with pytest.raises(kind) as raised:
        getattr(llm, method)(request_, **options).complete()
    assert message in str(raised.value)
    assert mock.seen(key)["requests_count"] == 0
    assert llm.embed(EMBED).complete().count == len(WORDS)


def test_a_request_may_say_its_operation(mock, connect):
    """So that one dict serves a file of requests."""
    llm = connect(mock.plan(ANSWERS))
    assert llm.embed({**EMBED, "operation": "embed"}).complete().count == len(WORDS)
    assert llm.invoke({**REQUEST, "operation": "chat"}).complete().text == "Hello world"


def test_collect_of_the_client_is_for_streams(mock, connect):
    llm = connect(mock.plan(ANSWERS), collect=False)
    assert llm.embed(EMBED).complete().count == len(WORDS)


def test_a_provider_without_an_operation_says_which_have_it(mock, connect):
    llm = connect(mock.plan(ANSWERS))
    with pytest.raises(InvalidRequestError) as raised:
        llm.rerank(RERANK).complete()
    assert "rerank" in str(raised.value)


def test_a_reply_that_was_not_awaited_says_so(connect):
    call = connect("unused").count_tokens({"model": "m", "messages": MESSAGES})
    with pytest.raises(AttributeError, match="await the call, or complete"):
        call.input_tokens  # noqa: B018
    assert repr(call) == "<liter_llm.Call, not started>"
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(call)
