"""A tape records what real providers answer to every client of the process, and plays it."""

from __future__ import annotations

import asyncio

import pytest

import liter_llm
from liter_llm import LiterLlm
from liter_llm.testing import scripted, taped
from support import HELLO, ONE_THEN_HANG, REQUEST

KEY = "sk-secret-key-of-a-tape"


def ask(llm: LiterLlm) -> str:
    return llm.invoke(REQUEST).complete().text


def test_recorded_once_and_played_without_network(mock, tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    file = tmp_path / "tapes" / "a.jsonl"
    key = mock.plan(HELLO, {"answer": {"text": "second"}})
    llm = LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY)
    assert ask(llm) == "Hello world"  # it has a native client already
    with taped(file) as tape:
        assert tape.mode == "auto"
        assert ask(llm) == "second"
    assert len(mock.seen(key)["requests"]) == 2
    assert KEY not in file.read_text(encoding="utf-8")

    elsewhere = mock.base_url(key).replace(str(mock.places["http"]), "http://127.0.0.1:9")
    with taped(file) as tape:
        assert tape.mode == "replay"
        with LiterLlm("openai", base_url=elsewhere) as other:  # without a key
            assert ask(other) == "second"
            with pytest.raises(liter_llm.ConfigError, match="and played it already"):
                ask(other)

        async def on_a_loop() -> str:
            async with LiterLlm("openai", base_url=elsewhere) as one:
                return (await one.invoke(REQUEST)).text

    with taped(file):
        assert asyncio.run(on_a_loop()) == "second"
        assert ask(llm) == "second"
    assert len(mock.seen(key)["requests"]) == 2
    mock.plan(HELLO, key=key)
    assert ask(llm) == "Hello world"  # afterwards it asks its provider again


def test_a_client_for_each_call_records_all_calls(mock, tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    file = tmp_path / "a.jsonl"
    key = mock.plan({"answer": {"text": "one"}}, {"answer": {"text": "two"}})

    def ask_once(content: str) -> str:
        request = {**REQUEST, "messages": [{"role": "user", "content": content}]}
        with LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY) as llm:
            return llm.invoke(request).complete().text

    for _ in range(2):
        with taped(file):
            assert [ask_once("1"), ask_once("2")] == ["one", "two"]
    assert len(mock.seen(key)["requests"]) == 2


def test_a_replay_sends_nothing(mock, tmp_path):
    key = mock.plan(HELLO)
    file = tmp_path / "empty.jsonl"
    file.touch()
    llm = LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY)
    with taped(file, "replay"), pytest.raises(liter_llm.ConfigError, match="it is empty"):
        ask(llm)
    assert mock.seen(key)["requests"] == []


def test_what_is_not_there_cannot_be_played(tmp_path, monkeypatch):
    file = tmp_path / "no.jsonl"
    monkeypatch.setenv("CI", "true")
    with pytest.raises(liter_llm.ConfigError, match="is not there; record it"), taped(file):
        pass
    monkeypatch.setenv("LITER_LLM_TAPE", "sometimes")
    with pytest.raises(liter_llm.ConfigError, match="'sometimes' is none of record"), taped(file):
        pass
    with scripted("one") as script:  # nothing was left active
        assert ask(script.client) == "one"


def test_a_client_keeps_its_own_tape(mock, tmp_path):
    key = mock.plan(HELLO)
    own, other = tmp_path / "own.jsonl", tmp_path / "other.jsonl"
    tape = {"file": str(own), "mode": "record"}
    llm = LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY, tape=tape)
    with taped(other, "record"), llm:
        assert ask(llm) == "Hello world"
    assert own.exists()
    assert not other.exists()


def test_a_live_stream_ends_when_the_tape_begins(mock, tmp_path):
    key = mock.plan({"raw": [{"hang": True}]})
    llm = LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY)

    async def main() -> None:
        waiting = asyncio.ensure_future(llm.invoke(REQUEST).__anext__())
        await asyncio.to_thread(mock.wait, key, requests=1)
        with taped(tmp_path / "a.jsonl", "record"), pytest.raises(liter_llm.ClosedError):
            await waiting

    asyncio.run(main())


def test_a_stream_that_nobody_reads_holds_up_nothing(mock, tmp_path):
    key = mock.plan(ONE_THEN_HANG, HELLO)
    llm = LiterLlm("openai", base_url=mock.base_url(key), api_key=KEY)
    left = iter(llm.invoke(REQUEST))
    assert next(left) == "one"
    with taped(tmp_path / "a.jsonl", "record"):
        assert ask(llm) == "Hello world"
    with pytest.raises(liter_llm.ClosedError):
        next(left)
