"""A script answers every client of the process, in order, and shows what was asked."""

from __future__ import annotations

import asyncio
import copy
import json
import threading

import pytest

import liter_llm
from liter_llm import LiterLlm
from liter_llm.testing import make_error, make_response, scripted
from liter_llm.testing._answers import _NAMES
from support import MESSAGES, REQUEST, ROOT, run_python, show

EMBED = {"model": "text-embedding-3-small", "input": ["a", "b"]}


def ask(llm: LiterLlm, **fields: object) -> str:
    return llm.invoke({**REQUEST, **fields}).complete().text


def test_any_client_is_answered_in_order():
    before = LiterLlm("openai", api_key="test-key", base_url="http://127.0.0.1:9/v1")
    with scripted("one", "two", "three", "four") as script:

        async def on_a_loop() -> list[str]:
            async with LiterLlm() as llm:
                model = "anthropic/claude-sonnet-4-5"
                text = (await llm.invoke({**REQUEST, "model": model})).text
                return [text, *[token async for token in before.invoke(REQUEST)]]

        assert ask(before) == "one"
        assert asyncio.run(on_a_loop()) == ["two", "three"]
        assert ask(script.client) == "four"
        asked = [(one["provider"], one["model"]) for one in script.requests]
    anthropic = ("anthropic", "anthropic/claude-sonnet-4-5")
    openai = ("openai", "gpt-4o-mini")
    assert asked == [openai, anthropic, openai, openai]


def test_afterwards_requests_go_where_they_went():
    with scripted("one"):
        llm = LiterLlm("openai", base_url="http://127.0.0.1:9/v1", retries_max=0)
        assert ask(llm) == "one"
    with pytest.raises(liter_llm.NetworkError):
        ask(llm)


def test_options_of_the_client_lead_nowhere():
    def refuse() -> str:
        raise AssertionError("nobody is asked for a key")

    fallback = {"model": "cohere/command-r", "api_key": "sk-secret-of-cohere"}
    llm = LiterLlm("openai", api_key=refuse, api="responses", auth="bearer", fallbacks=[fallback])
    with scripted(make_error(liter_llm.NotFoundError), "two") as script:
        response = llm.invoke(REQUEST).complete()
    assert (response.text, response.model, response.attempts) == ("two", "command-r", 2)
    assert "secret" not in str(script.requests)


def test_every_form_of_an_answer():
    weather = ("weather", {"city": "Rome"})
    answers = [
        {"text": ["a", "b"], "usage": {"input_tokens": 3}},
        lambda request: request["messages"][0]["content"].upper(),
        make_response("c", tool_calls=[weather], reasoning="r", usage={"output_tokens": 7}),
    ]
    with scripted(*answers) as script:
        script.add("d", tool_calls=[weather], finish_reason="length")
        llm = LiterLlm("openai")
        assert list(llm.invoke(REQUEST)) == ["a", "b"]
        assert ask(llm) == "HELLO"
        third = llm.invoke(REQUEST).complete()
        fourth = llm.invoke(REQUEST).complete()
    assert (third.text, third.reasoning, third.usage.output_tokens) == ("c", "r", 7)
    for response in (third, fourth):
        call = response.tool_calls[0]
        assert (call.name, json.loads(call.arguments)) == weather
    assert (third.finish_reason, fourth.finish_reason) == ("tool_calls", "length")
    assert third.message["tool_calls"][0]["function"]["name"] == "weather"


def test_a_function_may_ask_too():
    with scripted() as script:
        llm = LiterLlm("openai")
        script([lambda _: f"{ask(llm, model='inner')}!", "inner", "next"])
        assert [ask(llm), ask(llm)] == ["inner!", "next"]
        assert [request["model"] for request in script.requests][1] == "inner"


def test_errors_are_retried_and_raised_as_those_of_a_provider():
    slow = liter_llm.RateLimitedError("slow", retry_after_ms=1)
    with scripted(slow, slow, "three", slow, "five") as script:
        llm = LiterLlm("openai", retries_max=3)
        assert llm.invoke(REQUEST).complete().attempts == 3
        with pytest.raises(liter_llm.RateLimitedError) as caught:
            llm.invoke(REQUEST, retries_max=0).complete()
        assert ask(llm) == "five"  # which the call before took along, and gave back
    error = caught.value
    assert (error.status, error.retry_after_ms, error.retryable) == (429, 1, True)
    assert len(script.requests) == 3


@pytest.mark.parametrize("attempts", [1, 2])
def test_what_a_call_took_along_comes_back(attempts):
    slow = {"error": {"status": 429, "retry_after_ms": 1}}
    with scripted(*[slow] * attempts, "next") as script:
        llm = LiterLlm("openai")
        with pytest.raises(liter_llm.RateLimitedError):
            llm.invoke(REQUEST, retries_max=attempts - 1).complete()
        assert script.unused == ["{'text': 'next'}"]
        assert ask(llm) == "next"


def test_a_wait_that_is_too_long_gives_the_answers_back():
    hour = liter_llm.RateLimitedError("come back later", retry_after_ms=3_600_000)
    with scripted(hour, "next", "last") as script:
        llm = LiterLlm("openai")
        with pytest.raises(liter_llm.RateLimitedError) as caught:
            ask(llm)
        assert caught.value.attempts == 1
        assert script.unused == ["{'text': 'next'}", "{'text': 'last'}"]
        assert [ask(llm), ask(llm)] == ["next", "last"]


def test_partial_content_comes_before_an_error():
    half = make_response("half")
    cut = liter_llm.TruncatedError("cut", partial=half)
    with scripted(cut, liter_llm.OverloadedError("busy", partial=half)):
        for kind in (liter_llm.TruncatedError, liter_llm.OverloadedError):
            with pytest.raises(kind) as caught:
                list(LiterLlm("openai").invoke(REQUEST))
            assert caught.value.partial.text == "half"


def test_fallbacks_take_the_answers_behind_those_of_the_first():
    request = {**REQUEST, "fallbacks": ["cohere/b", {"provider": "gemini", "model": "c"}]}
    overloaded, no_credit = (
        make_error(liter_llm.OverloadedError, retry_after_ms=1),
        make_error(liter_llm.QuotaExceededError),
    )
    with scripted(overloaded, no_credit, no_credit, "last", "of another call"):
        llm = LiterLlm("openai")
        response = llm.invoke(request).complete()
        assert [tried.model for tried in response.tried] == ["gpt-4o-mini"] * 2 + ["b", "c"]
        assert (response.text, response.model) == ("last", "c")
        assert ask(llm) == "of another call"


def test_answers_are_for_the_requests_that_they_name():
    with scripted() as script:
        script.add("of rome", contains="Rome", repeat=True)
        script.add("of big", model="openai/big")
        script.add(embeddings=[[1.0, 0.0], [0.0, 1.0]], operation="embed")
        script.add("of any", repeat=True)
        llm = LiterLlm("openai")
        rome = [{"role": "user", "content": [{"type": "text", "text": "in Rome"}]}]
        assert ask(llm, model="big") == "of big"
        assert [ask(llm, messages=rome) for _ in range(2)] == ["of rome"] * 2
        assert ask(llm, model="big") == "of any"
        assert llm.embed(EMBED).complete().vectors.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_map_and_other_operations():
    with scripted() as script:
        for number in range(20):
            script.add(f"answer {number}", contains=f"question {number}.")
        script.add(scores=[0.25, 0.75], operation="rerank")
        script.add(models=["a"], operation="models")
        script.add(input_tokens=12, operation="count_tokens")
        llm = LiterLlm("openai")
        requests = [
            {**REQUEST, "messages": [{"role": "user", "content": f"question {number}."}]}
            for number in range(20)
        ]
        results = list(llm.map(requests, ordered=True))
        texts = [result.response.text for result in results]
        assert texts == [f"answer {number}" for number in range(20)]
        ranked = llm.rerank({"model": "r", "query": "q", "documents": ["a", "b"]}).complete()
        assert [result.index for result in ranked.results] == [1, 0]
        assert [model.id for model in llm.models().complete().models] == ["a"]
        assert llm.count_tokens(REQUEST).complete().input_tokens == 12
        assert llm.stats().complete().live == 0  # asks nobody
        script.assert_asked(operation="rerank", contains="q", times=1)


def test_a_call_takes_no_more_than_it_needs():
    """Side by side, so that nothing can be put back in between."""
    with scripted() as script:
        for number in range(8):
            script.add(embeddings=[[float(number)]], operation="embed")
            script.add({"finish_reason": "stop"}, operation="chat")
        embed = {"model": "e", "input": ["a"]}
        results = list(LiterLlm("openai").map([embed, REQUEST] * 8, concurrency=16))
        assert [result.error for result in results] == [None] * 16
    slow = liter_llm.RateLimitedError("slow")
    with scripted(*[slow] * 8, *["text"] * 8):
        results = list(LiterLlm("openai", retries_max=0).map([REQUEST] * 16, concurrency=16))
        kinds = [result.error and result.error.kind for result in results]
        assert sorted(kinds, key=str) == [None] * 8 + ["RATE_LIMITED"] * 8


def test_threads_take_each_answer_once():
    answers = [f"answer {number}" for number in range(200)]
    with scripted(*answers):
        llm, texts = LiterLlm("openai"), []
        threads = [
            threading.Thread(target=lambda: texts.extend(ask(llm) for _ in range(50)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sorted(texts) == sorted(answers)


def test_functions_may_wait_for_each_other():
    barrier = threading.Barrier(2)
    texts = []

    def meet(request: dict[str, object]) -> str:
        barrier.wait(10)
        return f"met {request['seed']}"

    with scripted(meet, meet) as script:
        llm = script.client
        threads = [
            threading.Thread(target=lambda seed=seed: texts.append(ask(llm, seed=seed)))
            for seed in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(texts) == ["met 0", "met 1"]


def test_a_script_that_is_used_up_says_so():
    with scripted("one") as script:
        script.add("two", contains="Rome")
        llm = LiterLlm("openai")
        assert ask(llm) == "one"
        with pytest.raises(liter_llm.ConfigError, match="none of the 1 answers left is for"):
            ask(llm)
        rome = [{"role": "user", "content": "Rome"}]
        assert ask(llm, messages=rome) == "two"
        used_up = r"all answers are used up \(2\), and this is request 4 \(chat of openai/gpt-4o"
        with pytest.raises(liter_llm.ConfigError, match=used_up):
            asyncio.run(as_response(llm))


async def as_response(llm: LiterLlm) -> liter_llm.Response:
    return await llm.invoke(REQUEST)


def test_what_is_no_answer_is_refused_where_it_is_written():
    with scripted() as script:
        with pytest.raises(TypeError, match="an answer has no field 'txt'; did you mean 'text'"):
            script.add(txt="a")
        with pytest.raises(TypeError, match="not int"):
            script.add(3)
        with pytest.raises(ValueError, match="ClosedError is no error of a provider"):
            script.add(liter_llm.ClosedError("closed"))
        with pytest.raises(TypeError, match="takes an answer"):
            script.add()
        with pytest.raises(TypeError, match="when: 'modle' is none of"):
            script({"text": "a", "when": {"modle": "b"}})


def test_fields_of_an_answer_are_those_of_the_core():
    schema = json.loads((ROOT / "core/schema/schema.json").read_text(encoding="utf-8"))
    assert {field["name"] for field in schema["script_answer_fields"]} == _NAMES


def test_batches_are_refused():
    with scripted(), pytest.raises(liter_llm.InvalidRequestError, match="answers no batches"):
        LiterLlm("openai").batch.submit([{"id": "a", "request": REQUEST}]).complete()


def test_one_at_a_time():
    with scripted("one") as script:
        with pytest.raises(RuntimeError, match="is active in this process already"), scripted():
            pass
        assert ask(script.client) == "one"


def test_unused_answers_are_reported():
    two_is_left = pytest.raises(AssertionError, match=r"1 of 2 answers .* not used:\n.*'two'")
    with two_is_left, scripted("one", "two") as script:
        ask(script.client)
    with scripted("one", allow_unused=True):
        pass


def test_assert_asked_explains_itself():
    with scripted({"text": "a", "repeat": True}) as script:
        llm, messages = LiterLlm("openai"), copy.deepcopy(MESSAGES)
        llm.invoke({"model": "m", "messages": messages, "temperature": 0.5}, api_key="k").complete()
        messages.append({"role": "user", "content": "added later"})
        asked = script.assert_asked(model="openai/m", contains="Hello", temperature=0.5, times=1)
        expected = {"operation": "chat", "provider": "openai", "model": "m", "messages": MESSAGES}
        assert asked == [{**expected, "temperature": 0.5}]
        with pytest.raises(AssertionError) as caught:
            script.assert_asked(model="n", contains="Rome", temperature=1, seed=3)
        with pytest.raises(AssertionError, match=r"expected to be asked 2 times .* was once"):
            script.assert_asked(model="m", times=2)
    assert str(caught.value).splitlines() == [
        "expected to be asked at least once for model='n', contains='Rome', temperature=1, seed=3;"
        " was never",
        "  1. chat of openai/m: 'Hello'",
        "       model: 'openai/m', not 'n'",
        "       no text contains 'Rome'",
        "       temperature: 0.5, not 1",
        "       seed: absent, not 3",
    ]


def test_a_refused_request_shows_no_key():
    key = "sk-secret-key-of-a-test"
    fallback = {"model": "cohere/a", "api_key": key}
    with scripted(), pytest.raises(liter_llm.ConfigError) as caught:
        LiterLlm("openai", api_key=key).invoke(
            REQUEST, api_key=key, fallbacks=[fallback]
        ).complete()
    assert key not in show(caught.value)


FORKED = """
import os, sys
from liter_llm import LiterLlm
from liter_llm.testing import scripted
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
llm = LiterLlm("openai")
with scripted("one", "two") as script:
    assert llm.invoke(REQUEST).complete().text == "one"
    child = os.fork()
    assert llm.invoke(REQUEST).complete().text == "two"
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_child_has_its_own_script():
    ended = run_python(FORKED, environment={"PYTHONWARNINGS": "ignore"})  # of threads and fork
    assert (ended.returncode, ended.stderr) == (0, "")
