"""What the file runner refuses: one clear line, nothing overwritten, exit code 2."""

from __future__ import annotations

import fcntl
import re
import signal

import pytest

from bulk_folder import ROWS, Folder, abc, batch
from support import HANG


@pytest.fixture
def folder(tmp_path, mock):
    return Folder(tmp_path, mock)


def test_an_output_of_another_job_is_refused(folder, mock):
    folder.write("in.jsonl", *abc())
    folder.run(mock.plan(ROWS))

    folder.write("in.jsonl", batch("a", "another question"), *abc()[1:])
    assert re.fullmatch(
        r"out.jsonl: line \d is of another job: row 'a' \(line 1 of the input\) now has another"
        r" request; name another output",
        folder.refusal(),
    )
    folder.write("in.jsonl", *abc())
    assert "is of another job: row" in folder.refusal("--set", "temperature=1")
    folder.write("in.jsonl", *abc()[:2])
    assert re.search(
        r"of another job: 1 of its rows are not in in.jsonl, the first in line \d", folder.refusal()
    )
    assert "exists; name another output" in folder.refusal("--no-resume")
    folder.output.write_text("something else\n")
    assert folder.refusal() == (
        "out.jsonl: line 1 was not written by this program; name another output"
    )


def test_two_runs_on_one_output_are_refused(folder, mock):
    folder.write("in.jsonl", *abc())
    folder.run(mock.plan(ROWS), "--limit", "1")
    with folder.output.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert folder.refusal() == "out.jsonl: another run is writing it"


def test_a_run_holds_its_output(folder, mock):
    folder.write("in.jsonl", *abc())
    key = mock.plan({"raw": [HANG]})
    process = folder.start(key, "-p", "openai")
    mock.wait(key, requests=3)
    assert folder.refusal() == "out.jsonl: another run is writing it"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130


REFUSALS = [
    ([], [], r"in.jsonl: no rows"),
    (["[{}]"], [], r"in.jsonl: line 1 is an array and not an object"),
    (["<html>"], [], r"in.jsonl: line 1 is not JSON: Expecting value"),
    ([{"prompt": "a"}], [], r"in.jsonl: line 1: no model; name one in the row, or with -m"),
    ([{"a": 1}], ["-m", "m"], r"in.jsonl: line 1: expected \"body\" .*; there are 'a'"),
    ([{"a": 1}], ["-t", "{b}"], r"in.jsonl: line 1: no column 'b'; there are 'a'"),
    ([{"a": 1}], ["-t", "{a} {"], r"--template: a lone '{' at character 5; .*"),
    ([{"prompt": "a"}], ["--id", "x"], r"in.jsonl: line 1: no column 'x'; there are 'prompt'"),
    (
        [batch("a", "1"), batch("b", "2"), batch("a", "3")],
        [],
        r"in.jsonl: custom_id 'a' is in line 1 and in line 3; each row needs its own",
    ),
    ([batch("a", "1")], ["--option", "tiemout=1"], r"option 'tiemout' is unknown .*"),
    ([batch("a", "1")], ["--option", "api_key=k"], r"--option api_key: keys come from .*"),
    ([batch("a", "1")], ["--set", "api_key=k"], r"--set api_key: keys come from .*"),
    ([batch("a", "1")], ["--set", "n"], r"--set n: expected NAME=VALUE"),
    ([batch("a", "1")], ["--price", "1"], r"--price 1: expected INPUT,OUTPUT .*"),
]


@pytest.mark.parametrize(("rows", "arguments", "said"), REFUSALS, ids=lambda each: str(each)[:24])
def test_what_cannot_be_run_is_refused_in_one_line(folder, rows, arguments, said):
    folder.write("in.jsonl", *rows)
    assert re.fullmatch(said, folder.refusal(*arguments))


def test_files_that_cannot_be_used_are_refused(folder):
    assert folder.refusal() == "in.jsonl: No such file or directory"
    (folder.path / "in.csv").write_bytes(b"text\n\xff\n")
    assert folder.refusal(name="in.csv").startswith("in.csv: not UTF-8")
    (folder.path / "in.csv").write_text("a,a\n1,2\n")
    assert "column 'a' stands twice" in folder.refusal(name="in.csv")
    (folder.path / "in.parquet").write_text("no")
    assert folder.refusal(name="in.parquet").startswith("in.parquet: row 1: Parquet")
    assert folder.refusal(name="out.jsonl") == "out.jsonl: the output is the input"


def test_no_key_is_one_line(folder):
    folder.write("in.jsonl", *abc())
    said = folder.refusal(env={"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""})
    assert "OPENAI_API_KEY" in said
    assert not folder.output.exists()
