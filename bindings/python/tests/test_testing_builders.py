"""Responses and errors that a test builds are those that calls return and raise."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

import liter_llm
from liter_llm import LlmError, OutputError, RateLimitedError
from liter_llm.testing import make_error, make_response

KINDS = sorted(LlmError.__subclasses__(), key=lambda kind: kind.kind)


def test_make_response():
    response = make_response("Hello", usage={"input_tokens": 3}, request_id="r")
    assert isinstance(response, liter_llm.Response)
    assert response.message == {"role": "assistant", "content": "Hello"}
    assert (response.outcome, response.finish_reason) == ("complete", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, None)
    assert response.request_id == "r"
    assert make_response().usage.total_tokens == 15
    assert pickle.loads(pickle.dumps(response)) == response


def test_make_response_with_tool_calls():
    calls = [
        ("weather", {"city": "Rome"}),
        {"name": "time", "arguments": "{}", "id": "own"},
        liter_llm.ToolCall(2, "three", "noop", "{}", None),
    ]
    response = make_response(tool_calls=calls)
    assert response.finish_reason == "tool_calls"
    assert [call.id for call in response.tool_calls] == ["call_1", "own", "three"]
    assert json.loads(response.tool_calls[0].arguments) == {"city": "Rome"}
    assert [message["tool_call_id"] for message in run(response)] == ["call_1", "own", "three"]


def run(response: liter_llm.Response) -> list[dict[str, object]]:
    return liter_llm.run_tools(response, []).complete()


@pytest.mark.parametrize("wrong", [{"txt": "a"}, {"usage": {"tokens": 1}}, {"tool_calls": [{}]}])
def test_a_misspelt_field_is_found(wrong):
    with pytest.raises(TypeError, match="has"):
        make_response("a", **wrong)


def test_attributes_of_an_error_by_keyword():
    error = RateLimitedError("slow", retry_after_ms=5)
    assert (str(error), error.retry_after_ms, error.status) == ("slow", 5, None)
    with pytest.raises(TypeError, match="RateLimitedError has no attribute 'retry_after'"):
        RateLimitedError("slow", retry_after=5)
    with pytest.raises(TypeError, match="has no attribute 'text'"):
        RateLimitedError("slow", text="a")
    output = OutputError("no JSON", text="{", reason="cut", partial=make_response("{"))
    assert (output.text, output.reason, output.response.text) == ("{", "cut", "{")


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_defaults_and_can_be_copied(kind):
    error = make_error(kind)
    assert type(error) is kind
    assert str(error).startswith("script: ")
    assert error.provider == "script"
    whole = kind("message", retry_after_ms=5, partial=make_response("half"))
    for copied in (pickle.loads(pickle.dumps(whole)), copy.copy(whole)):
        assert type(copied) is kind
        assert (str(copied), copied.retry_after_ms) == ("message", 5)
        assert copied.partial.text == "half"


def test_usual_status_of_an_error():
    error = make_error(RateLimitedError, "slow", code="c")
    assert (error.status, error.retryable, error.attempts, error.code) == (429, True, 1, "c")
    assert make_error(liter_llm.TimeoutError).timer == "headers"
    assert make_error(liter_llm.ConfigError).attempts == 0
