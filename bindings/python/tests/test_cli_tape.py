"""`--tape`: what was asked once is played again, without network and key."""

from __future__ import annotations

import json

import pytest

from cli_support import KEY, MODEL, CommandLine

NOWHERE = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


def played(line):
    """The same path at an address where nothing listens, and no key."""
    return {**NOWHERE, "OPENAI_BASE_URL": f"http://127.0.0.1:9/{line.key}/v1"}


COMMANDS = {
    "prompt": [*MODEL, "hello"],
    "embed": ["embed", *MODEL, "a", "b"],
    "rerank": ["rerank", "-m", "vllm/r", "query", "one", "two"],
    "models": ["models", "openai"],
    "count": ["count", *MODEL, "hello"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_recorded_and_played(mock, tmp_path, command):
    tape = tmp_path / "tape.jsonl"
    line = CommandLine(mock, {"times": 9, **_answer(command)})
    vllm = {"VLLM_BASE_URL": mock.base_url(line.key)}
    arguments = [*COMMANDS[command], "--tape", str(tape)]
    first = line.run(*arguments, **vllm)
    assert first.code == 0, first
    asked = len(line.requests())
    nowhere = {**played(line), "VLLM_BASE_URL": f"http://127.0.0.1:9/{line.key}/v1"}
    for mode in ([], ["--tape-mode", "replay"]):
        again = line.run(*arguments, *mode, **nowhere)
        assert (again.code, again.out) == (0, first.out), again
    assert len(line.requests()) == asked
    assert KEY not in tape.read_text(encoding="utf-8")


def _answer(command):
    if command == "count":
        body = json.dumps({"object": "response.input_tokens", "input_tokens": 7})
        return {"status": 200, "headers": [["content-type", "application/json"]], "body": body}
    return {"answer": {"text": "Hello world"}}


def test_record_writes_anew_and_replay_refuses_what_is_not_there(mock, tmp_path):
    tape = tmp_path / "tape.jsonl"
    one, other = {"answer": {"text": "one"}}, {"answer": {"text": "other"}}
    line = CommandLine(mock, one, other)
    recorded = [*MODEL, "hello", "--tape", str(tape), "--tape-mode", "record"]
    assert line.run(*recorded).out == "one\n"
    assert line.run(*recorded).out == "other\n"
    assert len(tape.read_text(encoding="utf-8").splitlines()) == 1
    asked = [*MODEL, "good bye", "--tape", str(tape), "--tape-mode", "replay"]
    ended = line.run(*asked, **played(line))
    assert ended.code == 2, ended
    assert f"tape: {tape} does not have this request; the nearest one differs in" in ended.err
    assert len(line.requests()) == 2


def test_a_mode_without_a_tape_is_a_slip(mock):
    line = CommandLine(mock)
    ended = line.run(*MODEL, "hello", "--tape-mode", "replay")
    assert (ended.code, ended.out) == (2, "")
    assert "--tape-mode needs --tape FILE" in ended.err


def test_a_prompt_can_be_tried_without_a_key(mock):
    line = CommandLine(mock)
    ended = line.run("-m", "script/echo", "hello, world", **NOWHERE)
    assert (ended.code, ended.out) == (0, "hello, world\n"), ended
    assert line.requests() == []
