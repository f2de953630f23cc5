"""Complete and Embed without Ray: rows of tables, error rows, and what a pickled one holds. With
Ray and Redis: tests/scale."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any

import pytest

from liter_llm.shared_limits import SharedLimits
from support import HANG, HEAD, stream

pyarrow = pytest.importorskip("pyarrow")
actors = pytest.importorskip("liter_llm.ray")
Complete, Embed = actors.Complete, actors.Embed
ROWS = {"bulk": {}}
WRONG = {"status": 401, "error": {"message": "wrong key", "type": "t"}}
CUT = {"raw": [HEAD, {"start": True}, {"token": "Hel"}]}
HELLO = {"answer": {"text": "Hello world"}}


class Pool:
    """Answers a table as an actor does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, mock: Any) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-worker")
        self._mock = mock

    def settings(self, key: str, **more: Any) -> dict[str, Any]:
        return {"provider": "openai", "model": "m", "base_url": self._mock.base_url(key), **more}

    def answer(
        self, key: str, table: Any, actor: Any = Complete, **more: Any
    ) -> dict[str, dict[str, Any]]:
        async def ask() -> Any:
            made = pickle.loads(pickle.dumps(actor(**self.settings(key, **more))))
            answered = await made(table)
            await made.aclose()
            return answered

        return {row["custom_id"]: row for row in asyncio.run(ask()).to_pylist()}


@pytest.fixture
def pool(mock, monkeypatch):
    return Pool(monkeypatch, mock)


def asked(mock: Any, key: str) -> list[Any]:
    return [request["body"] for request in mock.seen(key)["requests"]]


def errors(rows: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    return {name: row["error"] and json.loads(row["error"])["code"] for name, row in rows.items()}


def test_columns_are_those_of_a_line(pool, mock):
    table = pyarrow.table({"custom_id": ["b", "a"], "prompt": ["question b", "question a"]})
    rows = pool.answer(mock.plan(ROWS), table)

    assert list(rows) == ["b", "a"]  # in the order of the batch
    row = rows["a"]
    assert set(row) == {"id", "custom_id", "response", "error", "liter_llm", "text"}
    assert (row["text"], row["error"]) == ("answer to question a", None)
    body = json.loads(row["response"])["body"]
    assert body["choices"][0]["message"]["content"] == "answer to question a"
    assert json.loads(row["liter_llm"])["digest"] == row["id"].removeprefix("row_")


def test_a_body_is_an_object_or_its_json(pool, mock):
    """A table has a value in each column; what a row leaves out must not reach the provider."""
    message = {"role": "user", "content": "x"}
    bodies = [
        {"model": "one", "messages": [message], "temperature": 0.5, "other": {"x": 1}},
        {"model": "two", "messages": [{**message, "name": "n"}], "other": {"y": 2}},
    ]
    names = pyarrow.array(["a", "b"])
    objects = pyarrow.table({"custom_id": names, "body": pyarrow.array(bodies)})
    texts = pyarrow.table({"custom_id": names, "body": [json.dumps(one) for one in bodies]})

    for table in (objects, texts):
        key = mock.plan(ROWS)
        rows = pool.answer(key, table, concurrency=1)
        assert errors(rows) == {"a": None, "b": None}
        sent = [
            {name: one.get(name) for name in one if name in bodies[0]} for one in asked(mock, key)
        ]
        assert sent == bodies


def test_settings_are_those_of_the_command(pool, mock):
    key = mock.plan(ROWS)
    table = pyarrow.table({"n": [1, 2], "subject": ["rain", None], "label": ["x", "y"]})
    rows = pool.answer(
        key,
        table,
        id="n",
        template="About {subject}.",
        system="Be short",
        fields={"max_tokens": 9},
        keep=["label"],
        concurrency=1,
    )

    assert {name: (row["text"], row["label"]) for name, row in rows.items()} == {
        "1": ("answer to About rain.", "x"),
        "2": ("answer to About .", "y"),
    }
    first = asked(mock, key)[0]
    assert first["messages"][0] == {"role": "system", "content": "Be short"}
    assert first["max_tokens"] == 9


def test_bad_rows_are_error_rows(pool, mock):
    table = pyarrow.table(
        {"custom_id": ["a", "b", None, "d"], "body": ["{bad", "[1]", "{}", '{"messages": [{}]}']}
    )
    key = mock.plan({"status": 400, "error": {"message": "no", "type": "invalid_request_error"}})
    rows = pool.answer(key, table)

    assert errors(rows) == {
        "a": "invalid_row",
        "b": "invalid_row",
        "row-without-id-2": "invalid_row",
        "d": "invalid_request",
    }
    assert "body is not JSON" in rows["a"]["error"]
    with pytest.raises(Exception, match="no column 'custom_id'; there are prompt"):
        pool.answer(key, pyarrow.table({"prompt": ["x"]}))


def test_an_error_of_every_row_sends_no_others(pool, mock):
    key = mock.plan(WRONG)
    table = pyarrow.table({"custom_id": list("abcdef"), "prompt": ["x"] * 6})
    rows = pool.answer(key, table, concurrency=1)

    assert set(errors(rows).values()) == {"authentication"}
    assert mock.seen(key)["requests_count"] == 1


def test_a_cut_answer_is_asked_again(pool, mock):
    key = mock.plan(CUT, HELLO)
    rows = pool.answer(key, pyarrow.table({"custom_id": ["a"], "prompt": ["x"]}))

    assert rows["a"]["text"] == "Hello world"
    assert mock.seen(key)["requests_count"] == 2
    failed = pool.answer(
        mock.plan(CUT), pyarrow.table({"custom_id": ["a"], "prompt": ["x"]}), tries=1
    )
    assert errors(failed) == {"a": "truncated"}


def test_vectors_are_a_column_of_floats(pool, mock):
    table = pyarrow.table({"custom_id": ["a", "b"], "prompt": ["x", "y"]})
    rows = pool.answer(mock.new_key(), table, Embed)

    assert [len(row["embeddings"]) for row in rows.values()] == [1, 1]
    assert rows["a"]["embeddings"] != rows["b"]["embeddings"]
    assert json.loads(rows["a"]["response"])["body"]["data"] == []


def test_no_more_than_concurrency_are_in_flight(pool, mock):
    """Across the batches of an actor, which Ray runs side by side."""
    key = mock.plan(stream(HANG))

    async def ask() -> None:
        actor = Complete(**pool.settings(key, concurrency=3))
        batch = pyarrow.table({"custom_id": list("abcd"), "prompt": ["x"] * 4})
        running = [asyncio.ensure_future(actor(batch)) for _ in range(3)]
        await asyncio.to_thread(mock.wait, key, requests=3)
        await asyncio.to_thread(mock.never, key, requests=4, timeout_ms=300)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await actor.aclose()

    asyncio.run(ask())


def test_a_pickled_one_has_no_key(pool, mock):
    """A worker reads its own environment; what Ray stores and sends has no key."""
    key = mock.plan(ROWS)
    settings = pool.settings(key)
    actor = Complete(**settings)

    async def use() -> None:
        await actor(pyarrow.table({"custom_id": ["a"], "prompt": ["x"]}))

    asyncio.run(use())
    pickled = pickle.dumps((Complete, settings, actor))
    assert b"key-of-the-worker" not in pickled
    sent = dict(mock.seen(key)["requests"][0]["headers"])
    assert sent["authorization"] == "Bearer key-of-the-worker"
    with pytest.raises(ValueError, match="keys are read on the workers"):
        Complete("openai", "m", api_key="key-of-the-driver")
    with pytest.raises(ValueError, match="Authorization is not pickled"):
        Complete("openai", "m", headers={"Authorization": "Bearer key-of-the-driver"})
    with pytest.raises(ValueError, match="keys are read on the workers"):
        Complete("openai", "m", fields={"api_key": "key-of-the-driver"})


def test_limits_without_a_redis_stop_the_job(pool, mock, monkeypatch):
    """A million error rows would say the same."""
    monkeypatch.delenv("LITER_LLM_REDIS_URL", raising=False)
    key = mock.plan(ROWS)
    table = pyarrow.table({"custom_id": ["a"], "prompt": ["x"]})
    with pytest.raises(ValueError, match="no redis; set LITER_LLM_REDIS_URL"):
        pool.answer(key, table, limits=SharedLimits("a", requests_per_minute=1))
    assert mock.seen(key)["requests_count"] == 0


def test_an_estimate_has_the_texts_and_no_pictures():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}}
    call = {"function": {"name": "f", "arguments": "x" * 400}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "x" * 400}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    complete = Complete("openai", "m", output_tokens=50)
    assert complete.estimate({"messages": messages}) == 251
    assert complete.estimate({"messages": messages, "max_tokens": 7}) == 208
    assert Embed("openai", "m").estimate({"input": ["x" * 400, "y" * 40]}) == 111


def test_what_counts_as_answered():
    """A row that failed for want of a key is asked again; half a line is none."""
    written = pytest.importorskip("liter_llm.ray.written")
    codes = [None, "invalid_request", "authentication", "quota_exceeded", "LimitsLostError"]
    lines = [
        {"custom_id": f"{place}", "error": code and {"code": code}}
        for place, code in enumerate(codes)
    ]
    file = "\n".join([*map(json.dumps, lines), '{"custom_id": "5", "err']).encode()
    files = pyarrow.table({"bytes": [file]})
    rows = pyarrow.table(
        {
            "custom_id": [line["custom_id"] for line in lines],
            "error": [line["error"] and json.dumps(line["error"]) for line in lines],
        }
    )

    def digests(names: str) -> list[bytes]:
        return [written.id_digest(name) for name in names]

    for make, table in ((written.LineDigests, files), (written.RowDigests, rows)):
        assert make(False)(table)["digest"].to_pylist() == digests("01")
        assert make(True)(table)["digest"].to_pylist() == digests("0")
