"""The file runner by batches of the provider: what is submitted, what is found again after a kill,
and what comes out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from bulk_folder import ABC, Folder, abc, batch
from liter_llm.bulk.rows import digest
from support import HANG
from test_batches import DONE, document, lines
from test_batches import answered as answered_as

FILE = {"id": "file-1", "object": "file"}
STARTED = {
    "id": "batch-1",
    "status": "in_progress",
    "request_counts": {"total": 3, "completed": 1, "failed": 0},
}
ENDED = {**DONE, "error_file_id": None}
BATCH = ("--batch", "--poll-seconds", "0.01")


@pytest.fixture
def folder(tmp_path, mock):
    made = Folder(tmp_path, mock)
    made.write("in.jsonl", *abc())
    return made


def name(custom_id: str, row: dict[str, Any] | None = None) -> str:
    """What a row is called at the provider."""
    row = row or batch(custom_id, f"question {custom_id}")
    return digest("openai", custom_id, row["body"]).hex()


def answers(*names: str) -> dict[str, Any]:
    return lines(*[answered_as(name(each), ABC[each]) for each in names])


def sent(mock: Any, key: str) -> list[str]:
    """Each request: its method, and its path behind /v1."""
    return [
        f"{request['method']} {request['path'].rsplit('/v1', 1)[1]}"
        for request in mock.seen(key)["requests"]
    ]


def submissions(mock: Any, key: str) -> int:
    return sent(mock, key).count("POST /batches")


def state_file(folder: Folder) -> list[dict[str, Any]]:
    text = (folder.path / "out.jsonl.batch").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_rows_are_answered_by_a_batch(folder, mock):
    steps = [FILE, STARTED, STARTED, STARTED, ENDED, ENDED]
    key = mock.plan(*map(document, steps), answers("c", "a", "b", "a"))
    code, said = folder.run(key, *BATCH)

    assert (code, folder.texts()) == (0, ABC)
    assert sent(mock, key) == [
        *["POST /files", "POST /batches"],
        *["GET /batches/batch-1"] * 4,
        "GET /files/out/content",
    ]
    line = folder.lines()["a"]
    assert (line["liter_llm"]["line"], line["liter_llm"]["batch"]) == (1, "batch-1")
    body = line["response"]["body"]
    assert (body["object"], body["model"]) == ("chat.completion", "m")
    assert body["choices"][0]["finish_reason"] == "stop"
    assert "batch batch-1: submitted with 3 rows" in said
    assert "running (3 total, 1 succeeded" in said
    assert not (folder.path / "out.jsonl.batch").exists()
    # All is done: the same command asks nothing.
    assert folder.run("unused", *BATCH)[0] == 0


def test_a_killed_run_goes_on_with_the_same_batch(folder, mock):
    steps = [document(FILE), document(STARTED), {"raw": [HANG]}, document(ENDED), document(ENDED)]
    key = mock.plan(*steps, answers("a", "b", "c"))
    process = folder.start(key, "-p", "openai", *BATCH)
    mock.wait(key, requests=3)
    process.kill()
    process.communicate(timeout=30)
    assert [line["what"] for line in state_file(folder)] == ["intent", "submitted"]

    assert folder.run(key, *BATCH)[0] == 0
    assert (folder.texts(), submissions(mock, key)) == (ABC, 1)


def test_results_that_were_cut_are_taken_once(folder, mock):
    half = json.dumps(answered_as(name("a"), ABC["a"])) + "\n"
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99999\r\n\r\n"
    found = [document(ENDED), document(ENDED)]
    cut = [*found, {"raw": [{"write": head + half}]}]
    steps = [document(FILE), document(STARTED), *cut, {"raw": [HANG]}, *cut, *found]
    key = mock.plan(*steps, answers("a", "b", "c"))
    process = folder.start(key, "-p", "openai", *BATCH)
    mock.wait(key, requests=6)
    process.kill()
    _, said = process.communicate(timeout=30)
    assert "it is asked again later" in said
    assert folder.texts() == {"a": ABC["a"]}

    assert folder.run(key, *BATCH)[0] == 0
    assert (folder.texts(), submissions(mock, key)) == (ABC, 1)


def lose_the_answer(folder: Folder, mock: Any) -> str:
    """A run that is killed while it waits for the handle; gives its mark."""
    key = mock.plan(document(FILE), {"raw": [HANG]})
    process = folder.start(key, "-p", "openai", *BATCH)
    mock.wait(key, requests=2)
    (intent,) = state_file(folder)
    posted = mock.seen(key)["requests"][1]["body"]
    assert posted["metadata"] == {"liter_batch": intent["mark"]}
    process.kill()
    process.communicate(timeout=30)
    return str(intent["mark"])


def test_a_batch_whose_handle_was_lost_is_found_by_its_mark(folder, mock):
    mark = lose_the_answer(folder, mock)
    others = [{**STARTED, "id": "other", "metadata": {"liter_batch": "another"}}]
    listed = {"data": [*others, {**STARTED, "metadata": {"liter_batch": mark}}]}
    key = mock.plan(document(listed), document(ENDED), document(ENDED), answers("a", "b", "c"))
    code, said = folder.run(key, *BATCH)

    assert (code, folder.texts(), submissions(mock, key)) == (0, ABC, 0)
    assert sent(mock, key)[1] == "GET /batches/batch-1"
    assert "batch batch-1: submitted by an earlier run, found by its mark" in said


def test_a_batch_that_was_never_submitted_is_submitted_anew_and_said(folder, mock):
    mark = lose_the_answer(folder, mock)
    steps = [document({"data": []}), *map(document, [FILE, STARTED, ENDED, ENDED])]
    key = mock.plan(*steps, answers("a", "b", "c"))
    code, said = folder.run(key, *BATCH)

    assert (code, folder.texts(), submissions(mock, key)) == (0, ABC, 1)
    assert f"no batch {mark} is at the provider" in said


def test_what_a_row_came_to_is_the_code_of_its_error(folder, mock):
    folder.write("in.jsonl", *abc(), batch("d", "question d"))
    refused = {"error": {"message": "too long", "type": "invalid_request_error"}}
    failed = {"custom_id": name("b"), "response": {"status_code": 400, "body": refused}}
    expired = {
        "custom_id": name("c"),
        "response": None,
        "error": {"code": "batch_expired", "message": "not in time"},
    }
    steps = [document(FILE), document(STARTED), document(DONE), document(DONE)]
    key = mock.plan(*steps, answers("a"), lines(failed, expired))
    code, said = folder.run(key, *BATCH)

    errors = {each: line["error"] for each, line in folder.lines().items() if line["error"]}
    assert code == 1
    assert {each: error["code"] for each, error in errors.items()} == {
        "b": "invalid_request",
        "c": "expired",
        "d": "no_result",
    }
    assert "too long" in errors["b"]["message"]
    about = folder.lines()["b"]["liter_llm"]
    assert (about["status"], about["retryable"], about["batch"]) == (400, False, "batch-1")
    assert folder.lines()["c"]["liter_llm"]["retryable"] is True
    assert "failed, expired" in said

    # Failed rows become another batch; the answered one is not asked again.
    row = batch("d", "question d")
    steps = [FILE, {**STARTED, "id": "batch-2"}, ENDED, ENDED]
    results = [answered_as(name(each), ABC[each]) for each in "bc"]
    key = mock.plan(*map(document, steps), lines(*results, answered_as(name("d", row), "d!")))
    code, said = folder.run(key, *BATCH, "--retry-failed")
    assert (code, folder.texts()) == (0, {**ABC, "d": "d!"})
    assert "batch-2: submitted with 3 rows" in said


def test_a_batch_that_fails_as_a_whole_fails_its_rows(folder, mock):
    errors = {"data": [{"code": "token_limit_exceeded", "message": "too many tokens"}]}
    failed = {"id": "batch-1", "status": "failed", "errors": errors}
    key = mock.plan(*map(document, [FILE, STARTED, failed]))
    assert folder.run(key, *BATCH)[0] == 1
    error = folder.lines()["a"]["error"]
    assert error["code"] == "batch_failed"
    assert "too many tokens" in error["message"]


def test_a_row_that_cannot_be_sent_is_an_error_row_and_the_others_are_sent(folder, mock):
    bad = [batch(each, "x", messages="none") for each in ("bad", "bad2")]
    folder.write("in.jsonl", bad[0], *abc(), bad[1], {"custom_id": "worse"})
    key = mock.plan(*map(document, [FILE, STARTED, ENDED, ENDED]), answers("a", "b", "c"))
    assert folder.run(key, *BATCH, "--no-wait")[0] == 75
    assert [line["what"] for line in state_file(folder)] == ["intent", "submitted"]
    errors = {each: line["error"] for each, line in folder.lines().items()}
    assert set(errors) == {"bad", "bad2", "worse"}
    code, _ = folder.run(key, *BATCH)

    texts = {each: text for each, text in folder.texts().items() if text}
    assert (code, texts, submissions(mock, key)) == (1, ABC, 1)
    assert errors["worse"]["code"] == "invalid_row"
    assert errors["bad"]["code"] == "invalid_request"
    assert errors["bad"]["message"].startswith("messages: expected")


def test_models_and_limits_split_rows_into_several_batches(folder, mock):
    folder.write("in.jsonl", *abc(), batch("d", "question d", model="other"))
    started = [{**STARTED, "id": f"batch-{number}"} for number in (1, 2, 3)]
    submitted = [document(step) for each in started for step in (FILE, each)]
    key = mock.plan(*submitted)
    code, said = folder.run(key, "--batch", "--batch-rows", "2", "--no-wait")

    assert (code, submissions(mock, key)) == (75, 3)
    assert "3 batches go on at the provider" in said
    # A full one first; each is of one model.
    sizes = re.findall(r"batch (batch-\d): submitted with (\d) row", said)
    assert sizes == [("batch-1", "2"), ("batch-2", "1"), ("batch-3", "1")]
    uploads = [each["body"] for each in mock.seen(key)["requests"][::2]]
    models = [set(re.findall(r'\\?"model\\?":\\?"([^"\\]+)', str(body))) for body in uploads]
    assert models == [{"gpt-4o-mini"}, {"gpt-4o-mini"}, {"other"}]


def test_without_waiting_a_run_submits_looks_and_collects(folder, mock):
    key = mock.plan(*map(document, [FILE, STARTED, STARTED, ENDED, ENDED]), answers(*"abc"))
    code, said = folder.run(key, "--batch", "--no-wait")
    assert (code, sent(mock, key)) == (75, ["POST /files", "POST /batches"])
    assert "type the same command again to go on" in said
    assert folder.run(key, "--batch", "--no-wait")[0] == 75
    assert folder.run(key, "--batch", "--no-wait")[0] == 0
    assert (folder.texts(), submissions(mock, key)) == (ABC, 1)


def test_the_code_of_batches_that_go_on_is_in_the_table_of_codes():
    help_text = subprocess.run(
        [sys.executable, "-m", "liter_llm", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"^  75 +`map --batch --no-wait`", help_text, re.MULTILINE)


def test_an_interrupt_leaves_the_batch_running(folder, mock):
    key = mock.plan(document(FILE), document(STARTED), {"raw": [HANG]})
    process = folder.start(key, "-p", "openai", *BATCH)
    mock.wait(key, requests=3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "stopped: interrupted; 1 batch goes on at the provider" in said
    assert "type the same command again to go on" in said
    assert not [each for each in sent(mock, key) if "cancel" in each]
    assert len(state_file(folder)) == 2


def test_an_interrupt_waits_for_the_handle(folder, mock):
    late = document(STARTED)
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    whole = f"{head}content-length: {len(late['body'])}\r\n\r\n{late['body']}"
    key = mock.plan(document(FILE), {"raw": [{"await": "go"}, {"write": whole}]})
    process = folder.start(key, "-p", "openai", *BATCH)
    mock.wait(key, requests=2)
    process.send_signal(signal.SIGINT)
    assert "finishing the submission" in process.stderr.readline()
    mock.signal(key, "go")
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert [line["what"] for line in state_file(folder)] == ["intent", "submitted"]


def test_calls_of_tools_and_vectors_are_results_too(folder, mock):
    text = {"custom_id": "v", "body": {"model": "e", "input": ["text"]}}
    folder.write("in.jsonl", *abc()[:1], text)
    function = {"name": "weather", "arguments": "{}"}
    called = answered_as(name("a"), "")
    choice = called["response"]["body"]["choices"][0]
    choice["message"]["tool_calls"] = [{"id": "t", "type": "function", "function": function}]
    choice["finish_reason"] = "tool_calls"
    vectors = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
    body = {"object": "list", "model": "e", "data": vectors, "usage": {"prompt_tokens": 7}}
    embedded = {"custom_id": name("v", text), "response": {"status_code": 200, "body": body}}
    started = [{**STARTED, "id": f"batch-{number}"} for number in (1, 2)]
    submitted = [document(step) for each in started for step in (FILE, each)]
    ended = [document(ENDED)] * 2
    key = mock.plan(*submitted, *ended, ended[0], lines(called), ended[0], lines(embedded))
    assert folder.run(key, *BATCH)[0] == 0

    bodies = {each: line["response"]["body"] for each, line in folder.lines().items()}
    message = bodies["a"]["choices"][0]["message"]
    assert message["tool_calls"] == [{"id": "t", "type": "function", "function": function}]
    assert bodies["a"]["choices"][0]["finish_reason"] == "tool_calls"
    assert bodies["v"]["data"] == vectors
    assert bodies["v"]["usage"]["prompt_tokens"] == 7


# ---- what is refused


def test_a_provider_without_batches_is_one_line(folder):
    process = folder.start("unused", "-p", "cohere", "--batch", env={"CO_API_KEY": "test-key"})
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.count("\n")) == (2, 1)
    assert said.startswith("liter-llm map: cohere does not have the operation batch; these do:")
    assert os.listdir(folder.path) == ["in.jsonl"]


def test_rows_in_batches_are_not_asked_in_another_way(folder, mock):
    key = mock.plan(document(FILE), document(STARTED))
    assert folder.run(key, "--batch", "--no-wait")[0] == 75
    (folder.path / "out.jsonl").write_text("")
    for arguments, said in (
        ([], "rows of this output are in batches of the provider; add --batch"),
        (["--batch", "--set", "temperature=1"], "of another job: 3 rows of batch batch-1"),
    ):
        code, refusal = folder.run(key, *arguments)
        assert (code, refusal.count("\n"), said in refusal) == (2, 1, True), refusal
    assert len(state_file(folder)) == 2
    assert submissions(mock, key) == 1


def test_a_submission_that_may_have_run_is_not_sent_again_silently(folder, mock):
    broken = {"raw": [{"write": "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"}]}
    key = mock.plan(document(FILE), broken)
    code, said = folder.run(key, *BATCH)
    assert (code, submissions(mock, key)) == (2, 1)
    assert "type the same command again, which looks for it first" in said
    assert [line["what"] for line in state_file(folder)] == ["intent"]


def test_options_of_batches_need_batches(folder):
    assert folder.refusal("--no-wait") == "--no-wait: is for batches of the provider; add --batch"


# ---- providers whose batches have a name and no labels


def kill_with_a_name(folder: Folder, mock: Any, provider: str) -> str:
    """A run that is killed while it submits; gives the name of its batch."""
    key = mock.plan({"raw": [HANG]})
    process = folder.start(key, "-p", provider, *BATCH, env=place(mock, provider, key))
    mock.wait(key, requests=1)
    (intent,) = state_file(folder)
    name = f"liter-batch-{intent['mark']}"
    assert name in json.dumps(mock.seen(key)["requests"][0]["body"])
    process.kill()
    process.communicate(timeout=30)
    return name


def place(mock: Any, provider: str, key: str) -> dict[str, str]:
    upper = provider.upper()
    prefix = "GOOGLE_GEMINI" if provider == "gemini" else upper
    return {f"{upper}_API_KEY": "test-key", f"{prefix}_BASE_URL": mock.base_url(key)}


def test_a_batch_of_gemini_is_found_by_its_name(folder, mock):
    name = kill_with_a_name(folder, mock, "gemini")
    other = {"name": "batches/b-0", "metadata": {"displayName": "liter-batch-other"}}
    metadata = {"displayName": name, "state": "BATCH_STATE_CANCELLED"}
    ours = {"name": "batches/b-1", "metadata": metadata}
    listed = {"operations": [other, ours]}
    key = mock.plan(document(listed), document(ours), document(ours))
    environment = place(mock, "gemini", key)
    process = folder.start(key, "-p", "gemini", *BATCH, env=environment)
    _, said = process.communicate(timeout=30)
    assert "batch batches/b-1: submitted by an earlier run, found by its mark" in said
    assert {line["error"]["code"] for line in folder.lines().values()} == {"no_result"}
    assert not [each for each in mock.seen(key)["requests"] if each["method"] == "POST"]


def test_a_batch_of_xai_without_all_of_its_rows_is_not_taken(folder, mock):
    name = kill_with_a_name(folder, mock, "xai")
    half = {"batch_id": "b-1", "name": name, "state": {"num_requests": 2, "num_pending": 2}}
    key = mock.plan(document({"batches": [half]}))
    process = folder.start(key, "-p", "xai", *BATCH, env=place(mock, "xai", key))
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "b-1: an earlier run ended before all of its rows were in it; cancel it" in said
    assert len(mock.seen(key)["requests"]) == 1


# ---- a provider that keeps no labels


def anthropic(folder: Folder, mock: Any, key: str, **popen: Any) -> Any:
    place = mock.base_url(key).removesuffix("/v1")
    environment = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": place}
    return folder.start(key, "-p", "anthropic", *BATCH, env=environment, **popen)


def kill_while_submitting(folder: Folder, mock: Any) -> None:
    """Leaves an intent whose batch may have been made."""
    folder.write("in.jsonl", *[batch(each, f"question {each}", max_tokens=9) for each in "abc"])
    key = mock.plan({"raw": [HANG]})
    process = anthropic(folder, mock, key)
    mock.wait(key, requests=1)
    process.kill()
    process.communicate(timeout=30)


def message_batch(status: str, **more: Any) -> dict[str, Any]:
    counts = {"processing": 3, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    return {"id": "msgbatch-1", "processing_status": status, "request_counts": counts, **more}


def cancelled_rows() -> Any:
    names = [
        digest("anthropic", each, batch(each, f"question {each}", max_tokens=9)["body"]).hex()
        for each in "abc"
    ]
    return lines(*[{"custom_id": each, "result": {"type": "canceled"}} for each in names])


def just_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def is_found(folder: Folder, mock: Any, *steps: Any) -> list[str]:
    """A run that finds msgbatch-1 and submits nothing; gives its requests."""
    key = mock.plan(*steps)
    process = anthropic(folder, mock, key)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in said) == (1, False), said
    assert "batch msgbatch-1: submitted by an earlier run, found by its rows" in said
    assert {line["error"]["code"] for line in folder.lines().values()} == {"cancelled"}
    asked = sent(mock, key)
    assert not [each for each in asked if each.startswith("POST")]
    return asked


def test_without_labels_a_batch_that_runs_is_found_by_its_time_and_count(folder, mock):
    kill_while_submitting(folder, mock)

    old = message_batch("ended", created_at="2024-01-01T00:00:00Z") | {"id": "msgbatch-0"}
    new = message_batch("in_progress", created_at=just_now())
    listed, ended = document({"data": [new, old]}), document(message_batch("ended"))
    is_found(folder, mock, listed, ended, cancelled_rows())


def test_without_labels_a_batch_that_has_ended_is_found_by_the_ids_of_its_rows(folder, mock):
    kill_while_submitting(folder, mock)

    ours = message_batch("ended", created_at=just_now())
    other = ours | {"id": "msgbatch-2"}
    others = lines({"custom_id": "x", "result": {"type": "canceled"}})
    found = [document({"data": [other, ours]}), others, cancelled_rows()]
    asked = is_found(folder, mock, *found, document(ours), cancelled_rows())
    batches = "GET /messages/batches"
    assert asked[1:3] == [f"{batches}/msgbatch-{number}/results" for number in (2, 1)]


def test_without_labels_a_batch_of_other_rows_is_none_of_ours(folder, mock):
    kill_while_submitting(folder, mock)

    other = message_batch("ended", created_at=just_now()) | {"id": "msgbatch-2"}
    others = lines({"custom_id": "x", "result": {"type": "canceled"}})
    made = [document(message_batch("in_progress")), document(message_batch("ended"))]
    key = mock.plan(document({"data": [other]}), others, *made, cancelled_rows())
    _, said = anthropic(folder, mock, key).communicate(timeout=30)
    assert "its rows are submitted now" in said
    assert [each for each in sent(mock, key) if "POST" in each] == ["POST /messages/batches"]


def test_without_labels_a_doubt_is_said_and_nothing_is_submitted(folder, mock):
    kill_while_submitting(folder, mock)

    now = just_now()
    alike = [
        message_batch("in_progress", created_at=now) | {"id": f"msgbatch-{it}"} for it in (1, 2)
    ]
    key = mock.plan(document({"data": alike}))
    process = anthropic(folder, mock, key)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "may have submitted msgbatch-1, msgbatch-2, and the provider keeps no labels" in said
    assert len(mock.seen(key)["requests"]) == 1
