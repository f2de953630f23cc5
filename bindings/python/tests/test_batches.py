"""batch: submission, state, results row by row, what ends them early, and what they cost."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any

import pytest

import liter_llm
from liter_llm import CancelledError, ConfigError, InvalidRequestError, TruncatedError
from support import MESSAGES

ROWS = [{"id": name, "request": {"model": "m", "messages": MESSAGES}} for name in ("a", "b")]
FILE = {"id": "file-1", "object": "file"}
BATCH = {
    "id": "batch-1",
    "status": "validating",
    "endpoint": "/v1/chat/completions",
    "created_at": 1_700_000_000,
    "request_counts": {"total": 2, "completed": 0, "failed": 0},
    "metadata": {"team": "x", "liter_batch": "mark"},
}
DONE = {**BATCH, "status": "completed", "output_file_id": "out", "error_file_id": "err"}


def document(body: Any) -> dict[str, Any]:
    headers = [["content-type", "application/json"]]
    return {"status": 200, "headers": headers, "body": json.dumps(body)}


def lines(*rows: Any, **more: Any) -> dict[str, Any]:
    headers = [["content-type", "application/octet-stream"]]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    return {"status": 200, "headers": headers, "body": body, **more}


def answered(name: str, text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}
    return {"custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


REFUSED = {
    "custom_id": "b",
    "response": {"status_code": 429, "body": {"error": {"message": "slow", "code": "rate_limit"}}},
}


def handle(mock, key: str) -> str:
    return json.dumps({"provider": "openai", "id": "batch-1", "base_url": mock.base_url(key)})


def test_a_submission_returns_a_handle_that_finds_the_batch_again(mock, connect):
    key = mock.plan(document(FILE), document(BATCH), document(DONE))
    llm = connect(key)

    batch = llm.batch.submit(iter(ROWS), metadata={"team": "x"}).complete()

    assert (batch.id, batch.state, batch.provider) == ("batch-1", "validating", "openai")
    assert batch.counts == {"total": 2, "succeeded": 0, "failed": 0}
    assert (batch.created_at, batch.ended_at) == (1_700_000_000, None)
    assert json.loads(batch.batch)["base_url"] == mock.base_url(key)
    assert batch.metadata["team"] == "x"
    assert pickle.loads(pickle.dumps(batch)) == batch
    paths = [request["path"].rsplit("/v1", 1)[1] for request in mock.seen(key)["requests"]]
    assert paths == ["/files", "/batches"]
    # By the handle alone, with a client that knows the key.
    other = liter_llm.LiterLlm(api_key="test-key")
    assert other.batch.status(batch.batch).complete().state == "ended"


def test_a_wrong_row_is_named_and_nothing_is_sent(mock, connect):
    key = mock.plan(document(FILE))
    rows = [ROWS[0], {"id": "b", "request": {"model": "m"}}]
    with pytest.raises(InvalidRequestError, match=r"requests\[1\]\.request\.messages is missing"):
        connect(key).batch.submit(rows).complete()
    assert mock.seen(key)["requests"] == []


def test_results_are_rows_of_both_files(mock, connect):
    steps = [document(DONE), lines(answered("a", "hello")), lines(REFUSED)]
    key = mock.plan(*steps)

    rows = list(connect(key).batch.results(handle(mock, key)))

    assert [(row.id, row.outcome) for row in rows] == [("a", "succeeded"), ("b", "failed")]
    first, second = rows
    assert first.response is not None
    assert (first.response["text"], first.error) == ("hello", None)
    assert second.error is not None
    assert (second.error["kind"], second.error["retryable"]) == ("RATE_LIMITED", True)
    assert (second.response, second.error["status"]) == (None, 429)


def test_results_on_an_event_loop(mock, connect):
    steps = [document(DONE), lines(answered("a", "one"), answered("c", "two")), lines(REFUSED)]
    key = mock.plan(*steps)

    async def read() -> list[str]:
        results = connect(key).batch.results(handle(mock, key))
        return [row.id async for row in results]

    assert asyncio.run(read()) == ["a", "c", "b"]


def test_states_and_lists_on_an_event_loop(mock, connect):
    page = {"object": "list", "data": [BATCH, DONE], "has_more": False}
    key = mock.plan(document({**BATCH, "status": "cancelling"}), document(page))

    async def ask() -> Any:
        llm = connect(key)
        return await llm.batch.cancel(handle(mock, key)), await llm.batch.list()

    cancelled, batches = asyncio.run(ask())
    assert cancelled.state == "cancelling"
    assert [batch.state for batch in batches] == ["validating", "ended"]
    assert all(json.loads(batch.batch)["id"] == "batch-1" for batch in batches)


def test_a_batch_stands_in_for_its_handle(mock, connect):
    key = mock.plan(document(BATCH), document({**DONE, "error_file_id": None}), lines())
    llm = connect(key)
    batch = llm.batch.status(handle(mock, key)).complete()
    assert list(llm.batch.results(batch)) == []


def test_results_before_the_end_are_an_error(mock, connect):
    key = mock.plan(document(BATCH))
    with pytest.raises(InvalidRequestError, match="the batch is validating"):
        list(connect(key).batch.results(handle(mock, key)))


def test_rows_that_came_before_a_cut_are_delivered(mock, connect):
    cut = json.dumps(answered("a", "one")) + "\n"
    raw = f"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99999\r\n\r\n{cut}"
    steps = [document({**DONE, "error_file_id": None}), {"raw": [{"write": raw}]}]
    key = mock.plan(*steps)
    found: list[str] = []
    with pytest.raises(TruncatedError):
        for row in connect(key).batch.results(handle(mock, key)):
            found.append(row.id)
    assert found == ["a"]


def test_leaving_a_loop_closes_the_connection(mock, connect):
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99999\r\n\r\n"
    raw = [{"write": head + json.dumps(answered("a", "one")) + "\n"}, {"hang": True}]
    key = mock.plan(document({**DONE, "error_file_id": None}), {"raw": raw})
    for row in connect(key).batch.results(handle(mock, key)):
        assert row.id == "a"
        break
    mock.wait(key, closed=1)


def test_results_can_be_cancelled(mock, connect):
    key = mock.plan(document(DONE), {"raw": [{"hang": True}]})
    results = connect(key).batch.results(handle(mock, key))
    results.cancel()
    with pytest.raises(CancelledError):
        next(iter(results))


def test_results_are_read_once_and_not_copied(mock, connect):
    key = mock.plan(document({**DONE, "error_file_id": None}), lines(answered("a", "one")))
    results = connect(key).batch.results(handle(mock, key))
    assert "not started" in repr(results)
    assert len(list(results)) == 1
    with pytest.raises(RuntimeError, match="read once"):
        next(iter(results))
    with pytest.raises(TypeError, match="cannot be copied"):
        pickle.dumps(results)


def test_unknown_options_are_refused(connect):
    batches = connect("unused").batch
    with pytest.raises(ConfigError, match='option "timeout" is unknown'):
        batches.status("x", timeout=3)  # type: ignore[call-arg, unused-ignore]
    with pytest.raises(InvalidRequestError, match="expected the handle"):
        batches.status("batch-1").complete()
