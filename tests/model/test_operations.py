"""Responses API, embeddings, reranking, models and counts of llama.cpp's own server, through the C
boundary."""

from __future__ import annotations

import math
from typing import Any

import pytest
from boundary import Boundary, Outcome

STORY_BEGINS, STORY_ENDS = "Each value in Rust has one owner", "☕ Fertig — 完了."
DIMENSIONS = 256  # EMBEDDING of make_model.py
MESSAGES = [{"role": "user", "content": "Explain Rust ownership"}]
TEXTS = ["Each value in Rust has one owner", "many readers or a single writer", "never both"]


@pytest.fixture(scope="module")
def boundary() -> Boundary:
    return Boundary()


Request = dict[str, Any]
ANSWER: Request = {"api": "responses", "messages": MESSAGES, "max_tokens": 200}


def ask(boundary: Boundary, base_url: str, request: Request, provider: str = "llamacpp") -> Outcome:
    """The outcome of a call that is whole."""
    options = {"provider": provider, "api_key": "none-needed", "base_url": base_url}
    model = {} if request.get("operation") == "models" else {"model": "liter-llm-tiny"}
    outcome = boundary.call(options, {**model, **request})
    assert outcome.receipt["outcome"] == "complete", outcome.receipt
    return outcome


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("provider", ["llamacpp", "openai"])
def test_the_responses_api_of_a_real_server(
    boundary: Boundary, base_url: str, provider: str, stream: bool
) -> None:
    outcome = ask(boundary, base_url, {**ANSWER, "stream": stream}, provider)
    assert outcome.text.startswith(STORY_BEGINS)
    assert outcome.text.endswith(STORY_ENDS)
    assert outcome.receipt["finish_reason"] == "stop"
    assert outcome.receipt["usage"]["output_tokens"] > 20


def test_a_turn_of_the_responses_api_goes_back(boundary: Boundary, base_url: str) -> None:
    first = ask(boundary, base_url, ANSWER)
    contents = [part["content"] for part in first.parts if part["type"] == "content"]
    answer = {"role": "assistant", "content": [*contents, {"type": "text", "text": first.text}]}
    messages = [*MESSAGES, answer, {"role": "user", "content": "And then?"}]

    second = ask(boundary, base_url, {**ANSWER, "messages": messages})

    assert second.text.startswith(STORY_BEGINS)
    used = [outcome.receipt["usage"]["input_tokens"] for outcome in (first, second)]
    assert used[1] > used[0] + 20, "the first answer is part of the second question"


def test_embeddings_of_a_real_server(boundary: Boundary, embeddings_url: str) -> None:
    outcome = ask(boundary, embeddings_url, {"operation": "embed", "input": TEXTS})
    vectors = [outcome.floats(index) for index in range(len(outcome.vectors))]
    assert [len(vector) for vector in vectors] == [DIMENSIONS] * len(TEXTS)
    for vector in vectors:
        assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-3)
    assert outcome.receipt["usage"]["input_tokens"] > len(TEXTS)


def test_reranking_of_a_real_server(boundary: Boundary, rerank_url: str) -> None:
    documents = ["a", "hello you", "value in Rust"]
    request: Request = {"operation": "rerank", "query": "hello", "documents": documents}

    everything = ask(boundary, rerank_url, request).result
    best = ask(boundary, rerank_url, {**request, "top_n": 1}).result

    assert everything is not None
    assert best is not None
    scores = [row["score"] for row in everything["results"]]
    assert scores == sorted(scores, reverse=True)
    assert sorted(row["index"] for row in everything["results"]) == [0, 1, 2]
    for row in everything["results"]:
        assert row["document"] == documents[row["index"]]
    assert best["results"] == everything["results"][:1]


def test_models_of_a_real_server(boundary: Boundary, base_url: str) -> None:
    result = ask(boundary, base_url, {"operation": "models"}).result
    assert result is not None
    assert [model["id"] for model in result["models"]] == ["liter-llm-tiny"]


@pytest.mark.parametrize(
    ("provider", "api"), [("anthropic", None), ("openai", "responses")], ids=str
)
def test_counts_of_a_real_server(
    boundary: Boundary, base_url: str, provider: str, api: str | None
) -> None:
    request: Request = {"messages": MESSAGES, **({"api": api} if api else {})}

    count = {**request, "operation": "count_tokens"}
    counted = ask(boundary, base_url, count, provider).result
    chat = ask(boundary, base_url, {**request, "max_tokens": 20}, provider)

    assert counted is not None
    usage = chat.receipt["usage"]
    # The server may have the prompt in its cache; Anthropic's form counts such tokens apart.
    cached = usage.get("cached_input_tokens") or 0 if provider == "anthropic" else 0
    assert counted["input_tokens"] == usage["input_tokens"] + cached


def test_a_server_without_embeddings_says_so(boundary: Boundary, base_url: str) -> None:
    options = {"provider": "llamacpp", "api_key": "none-needed", "base_url": base_url}
    request = {"operation": "embed", "model": "m", "input": TEXTS, "retries_max": 0}
    error = boundary.call(options, request).receipt["error"]
    assert "embeddings" in error["message"]
    assert error["status"] == 501
