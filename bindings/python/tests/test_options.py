"""Options of a LiterLlm and of one call, requests that are models, and the log."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

import liter_llm
from liter_llm import ToolCall
from support import HELLO, REQUEST, as_coroutine


def sent_headers(mock, key: str, number: int = 0) -> dict[str, str]:
    headers = mock.seen(key)["requests"][number]["headers"]
    return {name.lower(): value for name, value in headers}


def test_options_of_one_call_win(mock, connect):
    key, other = mock.plan(HELLO), mock.plan(HELLO)
    llm = connect(key, headers={"x-from": "client"})

    llm.invoke(REQUEST).complete()
    llm.invoke(
        REQUEST,
        api_key="other-key",
        base_url=mock.base_url(other),
        headers={"x-from": "call"},
        extra_body={"top_k": 5},
    ).complete()

    first, second = sent_headers(mock, key), sent_headers(mock, other)
    assert (first["authorization"], first["x-from"]) == ("Bearer test-key", "client")
    assert (second["authorization"], second["x-from"]) == ("Bearer other-key", "call")
    assert mock.seen(other)["requests"][0]["body"]["top_k"] == 5


def test_headers_of_the_response_are_reported(mock, connect):
    message = {"role": "assistant", "content": "hi"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    headers = [["content-type", "application/json"], ["X-Cost", "0.1"], ["x-other", "1"]]
    key = mock.plan({"status": 200, "headers": headers, "body": json.dumps(body)})
    call = connect(key, report_headers=["x-cost", "x-missing"]).invoke(REQUEST)
    first, *_ = call.events()
    assert isinstance(first, liter_llm.Start)
    assert (first.headers, call.response.headers) == ({"x-cost": "0.1"}, {"x-cost": "0.1"})


def test_fields_of_the_provider_pass(mock, connect):
    key = mock.plan(HELLO)
    connect(key).invoke({**REQUEST, "logit_bias": {"50256": -100}}).complete()
    assert mock.seen(key)["requests"][0]["body"]["logit_bias"] == {"50256": -100}


def test_the_callers_request_is_not_changed(mock, connect):
    request = dict(REQUEST)
    connect(mock.plan(HELLO)).invoke(request, extra_body={"a": 1}).complete()
    assert request == REQUEST


def test_retries_are_an_option(mock, connect):
    failure = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
    key = mock.plan(failure, HELLO)
    llm = connect(key)

    with pytest.raises(liter_llm.ProviderError):
        llm.invoke(REQUEST).complete()
    key = mock.plan(failure, HELLO, key=key)
    response = llm.invoke(REQUEST, retries_max=2).complete()

    assert (response.text, response.attempts) == ("Hello world", 2)


def test_anything_with_model_dump(mock, connect):
    class Question:
        def model_dump(self):
            return dict(REQUEST)

    key = mock.plan(HELLO)
    assert connect(key).invoke(Question()).complete().text == "Hello world"
    assert mock.seen(key)["requests"][0]["body"]["model"] == "gpt-4o-mini"


def test_a_model_sends_only_what_was_set(mock, connect):
    class Message:
        """As pydantic's models behave, as far as it matters here."""

        model_fields_set = frozenset({"role", "content"})

        def model_dump(self, *, mode="python", exclude_unset=False):
            assert (mode, exclude_unset) == ("json", True)
            return {"role": "user", "content": "Hello"}

    key = mock.plan(HELLO)
    connect(key).invoke({"model": "m", "messages": [Message()]}).complete()
    body = mock.seen(key)["requests"][0]["body"]
    assert body["messages"] == [{"role": "user", "content": "Hello"}]


def test_environment_is_read(mock, connect, monkeypatch):
    key = mock.plan(HELLO)
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", mock.base_url(key))
    with liter_llm.LiterLlm("openai") as llm:
        assert llm.invoke(REQUEST).complete().text == "Hello world"
    assert sent_headers(mock, key)["authorization"] == "Bearer from-environment"


def test_provider_from_the_models_prefix(mock, connect, monkeypatch):
    key = mock.plan(HELLO)
    with liter_llm.LiterLlm(api_key="k", base_url=mock.base_url(key)) as llm:
        response = llm.invoke({**REQUEST, "model": "openai/gpt-4o-mini"}).complete()
    assert response.text == "Hello world"
    assert mock.seen(key)["requests"][0]["body"]["model"] == "gpt-4o-mini"


def test_options_that_are_not_json_are_named():
    with pytest.raises(liter_llm.ConfigError, match=r"headers: expected JSON .*, got set"):
        liter_llm.LiterLlm("openai", headers={"x"}).invoke(REQUEST).complete()


def test_no_key_says_what_to_do():
    llm = liter_llm.LiterLlm("openai")
    with pytest.raises(liter_llm.ConfigError, match="OPENAI_API_KEY"):
        llm.invoke(REQUEST).complete()


@pytest.mark.parametrize("way", ["loop", "thread"])
def test_logs_reach_the_logger(mock, connect, caplog, way):
    failure = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
    llm = connect(mock.plan(failure, HELLO), retries_max=2)

    with caplog.at_level(logging.DEBUG, logger="liter_llm"):
        call = llm.invoke({**REQUEST, "stream": True})
        response = asyncio.run(as_coroutine(call)) if way == "loop" else call.complete()

    assert response.attempts == 2
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings, caplog.records
    assert all(record.name == "liter_llm" for record in caplog.records)
    assert "Hello" not in caplog.text
    assert "test-key" not in caplog.text


class Interrupting(logging.Handler):
    """Ctrl-C, as if pressed while the first warning is on its way."""

    interrupted = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt


class Broken(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        raise ZeroDivisionError


def test_an_interrupted_poll_loses_nothing(mock, connect):
    failure = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
    llm = connect(mock.plan(failure, HELLO), retries_max=2)
    handler = Interrupting()
    logger = logging.getLogger("liter_llm")
    logger.addHandler(handler)
    loop = asyncio.new_event_loop()
    task = loop.create_task(as_coroutine(llm.invoke(REQUEST)))

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(task)
    response = loop.run_until_complete(task)
    logger.removeHandler(handler)
    loop.run_until_complete(llm.aclose())
    loop.close()

    assert (response.text, response.attempts) == ("Hello world", 2)


def test_a_broken_log_filter_loses_nothing(mock, connect):
    failure = {"status": 500, "headers": [["retry-after-ms", "1"]], "body": "{}"}
    llm = connect(mock.plan(failure, HELLO), retries_max=2)
    broken = Broken()
    logger = logging.getLogger("liter_llm")
    logger.addFilter(broken)

    response = llm.invoke(REQUEST).complete()
    logger.removeFilter(broken)

    assert (response.text, response.attempts) == ("Hello world", 2)


def test_log_level_is_an_option(mock, connect, caplog):
    llm = connect(mock.plan(HELLO), log_level="off")
    with caplog.at_level(logging.DEBUG, logger="liter_llm"):
        llm.invoke(REQUEST).complete()
    assert caplog.records == []


def test_a_response_is_the_next_requests_message(mock, connect):
    from liter_llm._response_builder import ResponseBuilder

    builder = ResponseBuilder()
    builder.text.append("let me look")
    builder.keep(ToolCall(0, "call_1", "look", '{"at":"it"}'))
    function = {"name": "look", "arguments": '{"at":"it"}'}
    assert builder.response().message == {
        "role": "assistant",
        "content": "let me look",
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }


def test_call_keeps_its_fields(mock, connect):
    """What a provider says of a call beside its function goes back with the call."""
    sign = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, **sign}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]]}
    answer = {"raw": [{"head": head}, {"sse": {"choices": [choice]}}, {"done": True}]}
    key = mock.plan(answer, HELLO)
    llm = connect(key)

    response = llm.invoke(REQUEST).complete()
    result = {"role": "tool", "tool_call_id": "c1", "content": "r"}
    messages = [*REQUEST["messages"], response.message, result]
    llm.invoke({**REQUEST, "messages": messages}).complete()

    assert response.tool_calls == (ToolCall(0, "c1", "f", "{}", sign),)
    assert response.message["tool_calls"] == [call]
    assert mock.seen(key)["requests"][1]["body"]["messages"][1]["tool_calls"] == [call]
