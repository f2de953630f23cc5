"""Responses, replies and events as JSON, and what their repr shows, and that of what gives them."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
from typing import Any

import pytest

import liter_llm
from liter_llm import LiterLlm, MapResult, Reasoning, Text, ToolCall
from liter_llm._late_fields import Late
from liter_llm._record import Record
from support import HANG, HELLO, REQUEST, failing, stream, token

JSON = [["content-type", "application/json"]]
MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "me"}]}
VECTORS = {
    "object": "list",
    "model": "e",
    "data": [{"object": "embedding", "index": i, "embedding": [0.5, i]} for i in range(2)],
    "usage": {"prompt_tokens": 2, "total_tokens": 2},
}
SIGN = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
TOOL = {
    "role": "assistant",
    "content": "look",
    "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}, **SIGN}
    ],
}
SECRET = "sk-hidden-0123456789"


def document(body: dict[str, Any]) -> dict[str, Any]:
    return {"status": 200, "headers": JSON, "body": json.dumps(body)}


def whole(message: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return document({"id": "1", "model": "gpt", "choices": [choice], "usage": usage})


def through_json(record: Any) -> dict[str, Any]:
    """As it comes back from a file; nothing was changed on the way."""
    made = record.to_dict()
    back: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    assert back == made
    return back


def test_a_response_is_json_and_its_message_goes_into_the_next_request(mock, connect):
    key = mock.plan(whole(TOOL), HELLO)
    llm = connect(key)
    response = llm.invoke(REQUEST).complete()

    saved = through_json(response)

    assert saved["text"] == "look"
    assert saved["tool_calls"] == [
        {"index": 0, "id": "c", "name": "f", "arguments": "{}", "extra": SIGN}
    ]
    assert saved["usage"]["input_tokens"] == 3
    assert saved["outcome"] == "complete"
    assert saved["message"] == response.message
    result = {"role": "tool", "tool_call_id": "c", "content": "r"}
    llm.invoke(
        {"model": "m", "messages": [*REQUEST["messages"], saved["message"], result]}
    ).complete()
    assert mock.seen(key)["requests"][1]["body"]["messages"][1] == TOOL


def test_a_response_that_was_not_collected_has_no_message(mock, connect):
    response = connect(mock.plan(HELLO), collect=False).invoke(REQUEST).complete()
    assert "message" not in through_json(response)


def test_every_field_of_a_record_is_in_it(mock, connect):
    response = connect(mock.plan(whole(TOOL))).invoke(REQUEST).complete()
    assert set(response.to_dict()) == {*liter_llm.Response.__dataclass_fields__, "message"}
    assert set(response.usage.to_dict()) == set(liter_llm.Usage.__dataclass_fields__)


def test_replies_of_all_operations_are_json(mock, connect):
    llm = connect(mock.plan(document(VECTORS)))
    reply = llm.embed({"model": "e", "input": ["a", "b"]}).complete()
    saved = through_json(reply)
    assert saved["vectors"] == [[0.5, 0.0], [0.5, 1.0]]
    assert (saved["count"], saved["dimensions"], saved["finished_ranges"]) == (2, 2, [])

    models = connect(mock.plan(document(MODELS))).models().complete()
    assert through_json(models)["models"][0]["id"] == "m"
    assert through_json(llm.stats().complete())["providers"]["openai"]["requests"] == 1


def test_results_of_a_map_are_json(mock, connect):
    llm = connect(mock.plan(HELLO, failing(429, {"retry-after-ms": "1"})))
    good, bad = llm.map([REQUEST, REQUEST], concurrency=1)
    assert through_json(good)["response"]["text"] == "Hello world"
    assert through_json(good)["request"] == REQUEST
    assert through_json(bad)["response"] is None
    error = through_json(bad)["error"]
    assert (error["kind"], error["status"], error["retryable"]) == ("RATE_LIMITED", 429, True)
    raised = MapResult(0, REQUEST, None, KeyError("a"))
    assert through_json(raised)["error"]["kind"] == "KeyError"


def test_all_public_dataclasses_have_it():
    for name in liter_llm.__all__:
        value = getattr(liter_llm, name)
        if hasattr(value, "__dataclass_fields__"):
            assert issubclass(value, Record), name


# ---- repr


@pytest.mark.parametrize("is_free_threaded", [False, True])
def test_a_record_of_a_draft_is_as_any_other(mock, connect, monkeypatch, is_free_threaded):
    monkeypatch.setattr(liter_llm._draft, "IS_FREE_THREADED", is_free_threaded)
    response = connect(mock.plan(whole(TOOL))).invoke(REQUEST).complete()
    for record in (response, response.usage):
        assert type(record) in (liter_llm.Response, liter_llm.Usage)
        values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
        made = type(record)(**values)
        assert made == record == copy.deepcopy(record) == pickle.loads(pickle.dumps(record))
        assert repr(made) == repr(record)
        assert sys.getsizeof(made) == sys.getsizeof(record)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, next(iter(values)), None)
    assert response.usage.total_tokens == 5


def test_a_field_of_the_receipt_is_made_when_it_is_first_read(mock, connect):
    llm = connect(mock.plan(whole(TOOL)))
    eager = llm.invoke(REQUEST).complete()
    names = [field.name for field in dataclasses.fields(eager)]
    expected = {name: getattr(eager, name) for name in names}
    varies = {"first_token_ms", "total_ms"}
    for name in names:
        response = llm.invoke(REQUEST).complete()
        value = getattr(response, name)
        assert type(value) is type(expected[name])
        assert name in varies or value == expected[name], name
        assert getattr(response, name) is value
    for make in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        response = llm.invoke(REQUEST).complete()
        made = make(response)  # before anything was read
        assert made == response
        assert made.usage == expected["usage"]
    with pytest.raises(AttributeError, match=r"no attribute 'choices'; use response\.text"):
        _ = llm.invoke(REQUEST).complete().choices
    with pytest.raises(AttributeError, match="no attribute 'late'"):
        _ = made.late


def test_what_is_late_are_the_fields_of_start_and_receipt():
    assert {"outcome", "model", "usage", "warnings", "tried"} < Late.names
    assert Late.names < {field.name for field in dataclasses.fields(liter_llm.Response)}


def test_the_repr_of_a_record_shows_what_it_has():
    assert repr(Text("Hi")) == "Text(text='Hi')"
    assert repr(Reasoning("x" * 300)) == f"Reasoning(text='{'x' * 200}'... (300 characters))"
    assert (
        repr(ToolCall(0, "c", "f", "{}")) == "ToolCall(index=0, id='c', name='f', arguments='{}')"
    )


def test_the_repr_of_a_response_is_short(mock, connect):
    response = connect(mock.plan(whole({**TOOL, "content": "t" * 5000}))).invoke(REQUEST).complete()
    shown = repr(response)
    assert shown.startswith("Response(outcome='complete', collected=True, text='ttt")
    assert "finish_reason='tool_calls'" in shown
    assert "input_tokens=3" in shown
    assert "None" not in shown
    assert len(shown) < 1500


def test_the_repr_of_a_stream_says_how_far_it_is(mock, connect):
    call = connect(mock.plan(stream(token("one"), HANG))).invoke(REQUEST)
    assert repr(call) == "<liter_llm.Stream, not started>"
    assert next(call) == "one"
    assert repr(call) == "<liter_llm.Stream, started, gpt-4o-mini, 3 characters>"
    call.cancel()
    assert repr(call) == "<liter_llm.Stream, cancelled, gpt-4o-mini, 3 characters>"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, "<liter_llm.LiterLlm>"),
        ({"provider": "openai"}, "<liter_llm.LiterLlm, openai>"),
        (
            {
                "provider": "openai",
                "api_key": SECRET,
                "base_url": f"https://host:8443/{SECRET}",
                "headers": {"x-api-key": SECRET},
            },
            "<liter_llm.LiterLlm, openai, https://host:8443, with api_key and headers>",
        ),
        (
            {"api_key": lambda: SECRET, "collect": False, "retries_max": 0, "lenient": True},
            "<liter_llm.LiterLlm, with api_key, retries_max and lenient>",
        ),
    ],
)
def test_the_repr_of_a_client_shows_no_secret(options, shown):
    llm = LiterLlm(**options)
    assert repr(llm) == shown
    llm.close()
    assert repr(llm) == f"{shown[:-1]}, closed>"
