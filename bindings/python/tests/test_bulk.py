"""The file runner: what rows may be, what comes out, what is resumed and what is refused."""

from __future__ import annotations

import argparse
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading

import pytest

from bulk_folder import ABC, ROWS, Folder, abc, batch
from liter_llm.bulk.command import EPILOG, add_arguments
from liter_llm.bulk.template import Template
from support import HANG, PACKAGE, ROOT

HELLO = {"answer": {"text": "Hello world"}}
WRONG = {"status": 401, "error": {"message": "wrong key", "type": "t", "code": None}}
REFUSED = {"status": 400, "error": {"message": "no such field", "type": "invalid_request_error"}}


@pytest.fixture
def folder(tmp_path, mock):
    return Folder(tmp_path, mock)


# ---- rows in, lines out


def test_a_line_is_a_line_of_openais_batch_output(folder, mock):
    folder.write("in.jsonl", *abc())
    code, said = folder.run(mock.plan(ROWS))

    assert (code, folder.texts()) == (0, ABC)
    line = folder.lines()["a"]
    body = line["response"]["body"]
    assert set(line) == {"id", "custom_id", "response", "error", "liter_llm"}
    assert (line["error"], line["response"]["status_code"]) == (None, 200)
    assert line["response"]["request_id"].startswith("req_")
    assert (body["object"], body["model"]) == ("chat.completion", "gpt-4o-mini")
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["choices"][0]["message"]["role"] == "assistant"
    usage = body["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"] > 0
    assert line["liter_llm"]["line"] == 1
    assert line["liter_llm"]["attempts"] == 1
    table = dict(re.findall(r"^(\S.*?)  +(.+)$", said, re.MULTILINE))
    assert (table["rows"], table["answered"], table["output"]) == ("3", "3", "out.jsonl")
    assert "failed" not in said.split("rows ")[-1]


def test_429s_are_counted_that_the_core_waited_out(folder, mock):
    folder.write("in.jsonl", batch("a", "question a"))
    busy = {"status": 429, "headers": [["retry-after-ms", "1"]], "body": "{}", "times": 2}
    code, said = folder.run(mock.plan(busy, HELLO))

    assert (code, folder.lines()["a"]["liter_llm"]["attempts"]) == (0, 3)
    assert re.search(r"^429s +2$", said, re.MULTILINE)


def test_bad_rows_are_error_rows_and_the_run_goes_on(folder, mock):
    folder.write(
        "in.jsonl",
        batch("a", "question a"),
        "{bad",
        "[1]",
        {"custom_id": "d"},
        "",
        *[{"custom_id": "e", "body": 7}, batch("c", "question c")],
    )
    code, said = folder.run(mock.plan(ROWS))

    failed = {name: line["error"] for name, line in folder.lines().items() if line["error"]}
    assert code == 1
    assert {name: error["code"] for name, error in failed.items()} == dict.fromkeys(
        ["row-2", "row-3", "d", "e"], "invalid_row"
    )
    assert failed["row-2"]["message"].startswith("line 2 is not JSON: Expecting property name")
    assert failed["row-3"]["message"] == "line 3 is an array and not an object"
    assert failed["d"]["message"].startswith('line 4: expected "body"')
    assert failed["e"]["message"] == "line 6: body: expected an object, got int"
    assert {name for name, text in folder.texts().items() if text} == {"a", "c"}
    assert "failed, invalid_row  4" in said


def test_a_refused_row_carries_its_error(folder, mock):
    folder.write("in.jsonl", *abc()[:1])
    code, _ = folder.run(mock.plan(REFUSED))

    line = folder.lines()["a"]
    assert (code, line["response"]) == (1, None)
    assert line["error"]["code"] == "invalid_request"
    assert "no such field" in line["error"]["message"]
    about = line["liter_llm"]
    assert (about["status"], about["provider"], about["retryable"]) == (400, "openai", False)


def test_prompts_and_requests_are_rows_too(folder, mock):
    folder.write(
        "in.jsonl",
        {"prompt": "one", "category": "not sent"},
        {"custom_id": "two", "messages": [{"role": "user", "content": "2"}], "model": "other"},
    )
    key = mock.plan(ROWS)
    code, _ = folder.run(key, "-m", "m-1", "-s", "Be brief", "--set", "temperature=0")

    assert (code, folder.texts()) == (0, {"row-1": "answer to one", "two": "answer to 2"})
    bodies = {
        str(seen["body"]["messages"][-1]["content"]): seen["body"]
        for seen in mock.seen(key)["requests"]
    }
    system = {"role": "system", "content": "Be brief"}
    assert bodies["one"] == {
        "model": "m-1",
        "temperature": 0,
        "messages": [system, {"role": "user", "content": "one"}],
    }
    assert (bodies["2"]["model"], bodies["2"]["messages"][0]) == ("other", system)


def test_columns_of_csv_fill_a_template(folder, mock):
    (folder.path / "in.csv").write_text(
        '\ufefftext,name,note\n"a ""b""\nc",x,\nd,y,z\nonly one\n', encoding="utf-8"
    )
    template = "{{{name}}}: {text}{note}"
    code, _ = folder.run(mock.plan(ROWS), "-m", "m", "-t", template, "--id", "name", name="in.csv")
    texts = folder.texts()
    assert texts == {"x": 'answer to {x}: a "b"\nc', "y": "answer to {y}: dz", "row-3": None}
    assert folder.lines()["row-3"]["error"]["message"] == "line 5 has 1 fields and not 3"
    assert code == 1


def test_columns_of_parquet_fill_a_template(folder, mock):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"id": [7, 8], "text": ["a", None], "tags": [["x"], []]})
    pyarrow.parquet.write_table(table, folder.path / "in.parquet")
    code, _ = folder.run(
        mock.plan(ROWS), "-m", "m", "-t", "{text} {tags}", "--id", "id", name="in.parquet"
    )
    assert (code, folder.texts()) == (0, {"7": 'answer to a ["x"]', "8": "answer to  []"})


def test_embeddings_and_rerank_have_lines(folder, mock):
    ranked = {"model": "m", "query": "red", "documents": ["dog", "red fox"]}
    folder.write("in.jsonl", {"prompt": "a b"}, {"custom_id": "r", "body": ranked})
    key = mock.plan(ROWS)
    code, _ = folder.run(key, "-m", "m", "--operation", "embed", "--set", "dimensions=4")

    embedded = folder.lines()["row-1"]["response"]["body"]
    assert embedded["object"] == "list"
    assert [len(each["embedding"]) for each in embedded["data"]] == [4]
    assert embedded["usage"]["prompt_tokens"] > 0
    assert folder.lines()["r"]["error"]["code"] == "invalid_request"  # OpenAI has no rerank
    assert code == 1


def test_what_it_costs_is_in_the_table(folder, mock):
    folder.write("in.jsonl", *abc())
    _, said = folder.run(mock.plan(ROWS), "--price", "1000000,0")
    tokens = sum(
        line["response"]["body"]["usage"]["prompt_tokens"] for line in folder.lines().values()
    )
    assert f"cost           ${tokens:,.4f}\n" in said
    _, again = folder.run("unused")  # with the prices of the package, and without a request
    assert re.search(r"cost +\$0\.\d{4}\n", again)


def test_the_sample_reads_the_output(folder, mock):
    folder.write("in.jsonl", batch("a", "question a"), "{bad")
    folder.run(mock.plan(ROWS))
    folder.output.rename(folder.path / "answers.jsonl")
    sample = PACKAGE / "samples/bulk/read_answers.py"
    printed = subprocess.run(
        [sys.executable, str(sample)], cwd=folder.path, capture_output=True, text=True, check=True
    ).stdout
    assert sorted(printed.splitlines())[0] == "a answer to question a"
    assert "row-2 failed: line 2 is not JSON" in printed


def test_the_commands_of_the_docs_are_understood():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    text = EPILOG + (ROOT / "docs/bulk.md").read_text(encoding="utf-8")
    commands = re.findall(r"^ *liter-llm map (.+)$", text.replace("\\\n", " "), re.MULTILINE)
    assert len(commands) > 8
    for command in commands:
        arguments = parser.parse_args(shlex.split(command))
        assert arguments.template is None or Template(arguments.template).columns


# ---- resumed


def test_what_is_done_is_not_asked_again(folder, mock):
    folder.write("in.jsonl", *abc())
    key = mock.plan(ROWS)
    assert folder.run(key, "--limit", "2")[0] == 0
    assert set(folder.texts()) == {"a", "b"}
    first = folder.output.read_bytes()

    code, said = folder.run(key)

    assert (code, folder.texts()) == (0, ABC)
    assert folder.output.read_bytes().startswith(first)
    assert mock.seen(key)["requests_count"] == 3
    assert "done before    2\n" in said
    assert folder.run(key)[0] == 0
    assert mock.seen(key)["requests_count"] == 3


@pytest.mark.parametrize("half", [b'{"id":"row_1', b"\0\0\0\0\0", b"{"])
def test_half_a_line_is_cut_off(folder, mock, half):
    folder.write("in.jsonl", *abc())
    key = mock.plan(ROWS)
    folder.run(key, "--limit", "2")
    with folder.output.open("ab") as file:
        file.write(half)

    assert (folder.run(key)[0], folder.texts()) == (0, ABC)
    assert mock.seen(key)["requests_count"] == 3


def test_a_whole_line_without_its_end_is_kept(folder, mock):
    folder.write("in.jsonl", *abc())
    key = mock.plan(ROWS)
    folder.run(key, "--limit", "2")
    folder.output.write_bytes(folder.output.read_bytes()[:-1])

    assert (folder.run(key)[0], folder.texts()) == (0, ABC)
    assert mock.seen(key)["requests_count"] == 3


def test_zeros_of_a_crashed_machine_lose_no_line(folder, mock):
    folder.write("in.jsonl", *abc())
    key = mock.plan(ROWS)
    folder.run(key, "--limit", "2", "--concurrency", "1")
    first, second = folder.output.read_bytes().splitlines(keepends=True)
    folder.output.write_bytes(b"\0" * 40 + b"\n" + first + b"\0" * 512 + second)

    assert (folder.run(key)[0], folder.texts()) == (0, ABC)
    assert b"\0" not in folder.output.read_bytes()
    assert mock.seen(key)["requests_count"] == 3


def test_failed_rows_are_asked_again_when_that_is_wanted(folder, mock):
    folder.write("in.jsonl", *abc(), "{bad")
    key = mock.plan(REFUSED, ROWS)
    code, said = folder.run(key, "--concurrency", "1")
    assert (code, folder.texts()) == (1, {**ABC, "a": None, "row-4": None})
    assert "--retry-failed" in said
    assert folder.run(key)[0] == 1
    assert mock.seen(key)["requests_count"] == 3

    folder.write("in.jsonl", *abc(), batch("d", "question d"))  # the bad row was mended
    assert folder.run(key, "--retry-failed")[0] == 0

    assert folder.texts() == {**ABC, "d": "answer to question d"}
    assert mock.seen(key)["requests_count"] == 5


def test_a_transient_failure_is_tried_again_and_later(folder, mock):
    folder.write("in.jsonl", *abc())
    busy = {"status": 503, "error": {"message": "later", "type": "server_error"}, "times": 3}
    key = mock.plan(busy, ROWS)
    code, said = folder.run(key, "--option", "retries_max=0")
    assert (code, folder.texts()) == (0, ABC)
    assert re.search(r"retries +3\n", said)
    folder.output.unlink()
    key = mock.plan(busy, ROWS)
    assert folder.run(key, "--option", "retries_max=0", "--tries", "1")[0] == 1
    assert {line["error"]["code"] for line in folder.lines().values()} == {"provider"}


def test_an_outage_does_not_use_up_the_rows(folder, mock):
    """As many as may be in flight wait for another try, and as many are in flight."""
    folder.write("in.jsonl", *(batch(f"{n}", f"question {n}") for n in range(50)))
    key = mock.plan({"status": 503, "error": {"message": "down", "type": "server_error"}})
    process = folder.start(key, "-p", "openai", "-c", "2", "--option", "retries_max=0")
    seen = mock.wait(key, requests=9, timeout_ms=20_000)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    asked = {request["body"]["messages"][0]["content"] for request in seen["requests"]}
    assert len(asked) <= 4
    assert not folder.output.exists()


# ---- stopped


def test_an_interrupt_finishes_what_is_in_flight(folder, mock):
    folder.write("in.jsonl", *(batch(f"{n}", f"question {n}") for n in range(50)))
    key = mock.plan({"raw": [{"await": "go"}, {"close": True}]})
    process = folder.start(
        key, "-p", "openai", "-c", "3", "--tries", "1", "--option", "retries_max=0"
    )
    mock.wait(key, requests=3)
    process.send_signal(signal.SIGINT)
    said = ""
    while "Ctrl-C again" not in said:
        said += process.stderr.readline()
    mock.signal(key, "go")
    _, rest = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "finishing 3 rows in flight" in said
    assert "stopped: interrupted" in rest
    assert len(folder.lines()) == 3
    assert mock.seen(key)["requests_count"] == 3


def test_a_second_interrupt_stops_at_once(folder, mock):
    folder.write("in.jsonl", *(batch(f"{n}", f"question {n}") for n in range(50)))
    key = mock.plan({"answer": {"text": "Hello"}}, {"raw": [HANG]})
    process = folder.start(key, "-p", "openai", "-c", "3")
    mock.wait(key, requests=4)
    process.send_signal(signal.SIGINT)
    said = ""
    while "Ctrl-C again" not in said:
        said += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "stopped: interrupted" in rest
    assert len(folder.lines()) == 1
    mock.wait(key, closed=3)


def test_a_wrong_key_stops_the_run_and_fails_no_row(folder, mock):
    folder.write("in.jsonl", *(batch(f"{n}", "x") for n in range(100)))
    key = mock.plan(WRONG)
    assert "openai: 401" in folder.refusal("-c", "4", key=key)
    assert mock.seen(key)["requests_count"] <= 8
    assert not folder.output.exists()


def test_a_row_with_its_own_provider_fails_alone(folder, mock):
    folder.write("in.jsonl", batch("a", "question a", provider="nonsense"), *abc()[1:])
    code, _ = folder.run(mock.plan(ROWS))
    assert (code, folder.texts()) == (1, {**ABC, "a": None})


def test_a_full_disk_stops_the_run_and_keeps_whole_lines(folder, mock):
    """The limit on a file's size stands for the disk: both are errors of write()."""
    folder.write("in.jsonl", *(batch(f"{n}", f"question {n}") for n in range(60)))
    key = mock.plan(ROWS)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    code, said = folder.run(key, preexec_fn=limit)

    assert code == 2
    assert "every row that is in it is whole and safe" in said
    size = folder.output.stat().st_size
    assert 4000 < size <= 5000
    assert folder.output.read_bytes().endswith(b"}\n")
    assert folder.run(key)[0] == 0
    assert len(folder.lines()) == 60


# ---- seen


def test_the_status_is_drawn_in_a_terminal(folder, mock):
    folder.write("in.jsonl", *abc())
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "liter_llm.bulk", "in.jsonl", "out.jsonl", "-p", "openai"]
    environment = {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": mock.base_url(mock.plan(ROWS)),
        "TERM": "xterm-256color",
        "COLUMNS": "120",
    }
    process = subprocess.Popen(
        command, cwd=folder.path, stderr=theirs, stdout=theirs, env={**os.environ, **environment}
    )
    os.close(theirs)
    shown = b""

    def read() -> None:
        nonlocal shown
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass  # the terminal was closed

    reader = threading.Thread(target=read)
    reader.start()
    assert process.wait(timeout=30) == 0
    reader.join()
    os.close(ours)
    text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown).decode()
    assert "3/3" in text
    assert "rows/s" in text
    assert "answered" in text.split("rows  ")[-1]
