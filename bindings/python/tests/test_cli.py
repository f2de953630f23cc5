"""`liter-llm "prompt"`: what is sent, what is written where, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli_support import HELLO, KEY, MODEL, PROGRAM, CommandLine
from support import HANG, PACKAGE, stream, token

TOOL_CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Hamburg"}'},
}
CALLS_A_TOOL = stream(
    {"sse": {"choices": [{"index": 0, "delta": {"tool_calls": [TOOL_CALL]}}]}},
    {"finish": "tool_calls"},
    {"done": True},
)
THINKS = stream(
    {"sse": {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm, "}}]}},
    {"sse": {"choices": [{"index": 0, "delta": {"reasoning_content": "well."}}]}},
    token("Yes"),
    {"finish": "stop"},
    {"done": True},
)
REFUSES = stream(
    {"sse": {"choices": [{"index": 0, "delta": {"refusal": "I must not."}}]}},
    {"finish": "stop"},
    {"done": True},
)


def test_a_prompt_is_answered(mock):
    line = CommandLine(mock)
    assert line.run(*MODEL, "Explain", "Rust") == (0, "Hello world\n", "")
    assert line.body()["messages"] == [{"role": "user", "content": "Explain Rust"}]
    assert line.body()["model"] == "gpt-x"
    assert "max_tokens" not in line.body()
    assert KEY in str(line.requests()[0]["headers"])


@pytest.mark.parametrize(
    ("words", "content"),
    [
        (["prompt", "hi"], "hi"),
        (["hi", *MODEL, "there"], "hi there"),
        (["--", "chat", "-s"], "chat -s"),
        (["prompt", "models"], "models"),
    ],
)
def test_the_command_may_be_left_out(mock, words, content):
    line = CommandLine(mock)
    ended = line.run(*words, LITER_LLM_MODEL="openai/gpt-x")
    assert ended == (0, "Hello world\n", "")
    assert line.body()["messages"][0]["content"] == content


def test_piped_text_goes_before_the_prompt(mock):
    line = CommandLine(mock)
    assert line.run(*MODEL, "Summarize", piped="  a\nb\n").code == 0
    assert line.body()["messages"][0]["content"] == "  a\nb\n\nSummarize"


def test_piped_text_is_the_prompt(mock):
    line = CommandLine(mock)
    assert line.run(*MODEL, piped="What now?\n").code == 0
    assert line.body()["messages"][0]["content"] == "What now?\n"


def test_options_reach_the_request(mock, tmp_path):
    tools = tmp_path / "tools.json"
    tools.write_text('[{"type": "function", "function": {"name": "f", "parameters": {}}}]')
    line = CommandLine(mock)
    sampling = ["--max-tokens", "7", "--temperature", "0.5", "--reasoning-effort", "low"]
    own = ["-o", "seed=3", "-o", "user=7", "-o", "logit_bias={}", "-o", f"tools=@{tools}"]
    ended = line.run(*MODEL, "-s", "Be brief", *sampling, *own, "-o", "verbosity=low", "hi")
    assert ended.code == 0, ended
    body = line.body()
    assert body["messages"][0] == {"role": "system", "content": "Be brief"}
    assert (body["temperature"], body["seed"], body["user"]) == (0.5, 3, "7")
    assert body["verbosity"] == "low"
    assert body["tools"][0]["function"]["name"] == "f"
    assert 7 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert body["reasoning_effort"] == "low"


def test_options_of_a_client_and_the_address(mock):
    line = CommandLine(mock)
    there = line.environment()["OPENAI_BASE_URL"]
    ended = line.run(
        "-p", "openai", "-m", "a/b", "--base-url", there, "-o", "retry_after_max_ms=5", "hi",
        OPENAI_BASE_URL="",
    )  # fmt: skip
    assert ended.code == 0, ended
    assert line.body()["model"] == "a/b"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ('{"type": "object"}', {"name": "response", "schema": {"type": "object"}}),
        ('{"title": "A city"}', {"name": "A_city", "schema": {"title": "A city"}}),
        (
            '{"name": "n", "strict": true, "schema": {}}',
            {"name": "n", "strict": True, "schema": {}},
        ),
        ('{"type": "json_schema", "json_schema": {"name": "n"}}', {"name": "n"}),
    ],
)
def test_a_schema_is_the_response_format(mock, tmp_path, given, sent):
    file = tmp_path / "schema.json"
    file.write_text(given)
    for schema in (given, str(file)):
        line = CommandLine(mock)
        assert line.run(*MODEL, "--schema", schema, "hi").code == 0
        wanted = {"type": "json_schema", "json_schema": sent}
        assert line.body()["response_format"] == wanted


def test_events_are_lines_of_json(mock):
    ended = CommandLine(mock).run(*MODEL, "--json", "hi")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["type"] for event in events] == ["start", "text", "text", "end"]
    assert "".join(event.get("text", "") for event in events) == "Hello world"
    assert events[-1]["outcome"] == "complete"
    assert events[-1]["usage"]["output_tokens"] == 2
    assert (ended.code, ended.err) == (0, "")


def test_a_failure_is_the_last_line_of_json(mock):
    cut = stream(token("abc"), {"reset": True})
    ended = CommandLine(mock, cut).run(*MODEL, "--json", "hi")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["type"] for event in events] == ["start", "text", "end"]
    assert (events[-1]["outcome"], events[-1]["error"]["kind"]) == ("truncated", "TRUNCATED")
    assert ended.code == 5
    assert ended.err.startswith("liter-llm: TRUNCATED: ")


def test_a_tool_call_is_a_line_of_json(mock):
    ended = CommandLine(mock, CALLS_A_TOOL).run(*MODEL, "hi")
    assert (ended.code, ended.err) == (0, "")
    called = json.loads(ended.out)
    assert (called["type"], called["name"]) == ("tool_call", "weather")
    assert json.loads(called["arguments"]) == {"city": "Hamburg"}


def test_reasoning_is_shown_when_asked_for(mock):
    assert CommandLine(mock, THINKS).run(*MODEL, "hi") == (0, "Yes\n", "")
    shown = CommandLine(mock, THINKS).run(*MODEL, "--reasoning", "hi")
    assert shown == (0, "Yes\n", "Hm, well.\n")


def test_what_is_said_on_standard_error(mock):
    busy = {"status": 429, "headers": [["retry-after", "0"]], "body": "{}"}
    usual = CommandLine(mock, busy, HELLO).run(*MODEL, "hi")
    assert usual.out == "Hello world\n"
    assert "429" in usual.err
    quiet = CommandLine(mock, busy, HELLO).run(*MODEL, "-q", "hi")
    assert quiet == (0, "Hello world\n", "")
    verbose = CommandLine(mock).run(*MODEL, "-v", "hi")
    assert "openai/gpt-x, 9 tokens in, 2 tokens out, first token" in verbose.err
    left_out = CommandLine(mock).run(
        "-m", "anthropic/c", "-o", "lenient=true", "-o", "seed=1", "hi"
    )
    assert left_out.err.count("seed") == 1, left_out.err


def test_pieces_are_written_as_they_arrive(mock):
    line = CommandLine(mock, stream(token("first"), {"await": "go"}, token("!"), {"done": True}))
    process = line.start(*MODEL, "hi")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100) == b"first"
    mock.signal(line.key, "go")
    rest, _ = process.communicate(timeout=20)
    assert rest.startswith(b"!")


def test_an_interrupt_closes_the_connection(mock):
    line = CommandLine(mock, stream(token("first"), HANG))
    process = line.start(*MODEL, "hi", preexec_fn=_with_interrupts)
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100) == b"first"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (-signal.SIGINT, b"\n", b"")
    mock.wait(line.key, closed=1)


def test_a_shell_sees_an_interrupt_as_130(mock):
    line = CommandLine(mock, stream(token("first"), HANG))
    inner = 'bash -c "echo \\$\\$; exec \\"\\$@\\"" - "$@"; echo "code $?"'
    shell = subprocess.Popen(
        ["bash", "-c", inner, "-", *PROGRAM, *MODEL, "hi"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=line.environment(),
        preexec_fn=_with_interrupts,
    )
    assert shell.stdout is not None
    program = int(shell.stdout.readline())
    assert shell.stdout.read(5) == b"first"
    os.kill(program, signal.SIGINT)
    out, _ = shell.communicate(timeout=20)
    assert out == b"\ncode 130\n"


def _with_interrupts() -> None:
    """A parent that ignores them hands that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_reader_that_goes_is_no_failure_to_report(mock):
    many = stream(*(token("x" * 1000) for _ in range(50)), {"await": "gone"}, token("y"), HANG)
    line = CommandLine(mock, many)
    process = line.start(*MODEL, "hi")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    mock.signal(line.key, "gone")
    assert process.wait(timeout=20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("arguments", [["--help"], ["chat", "--help"], ["completion", "bash"]])
def test_a_help_whose_reader_goes_is_silent(mock, arguments):
    ours, theirs = os.pipe()
    os.close(ours)
    ended = subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=CommandLine(mock).environment(),
        timeout=30,
        check=False,
    )
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_full_disk_is_one_line(mock):
    line = CommandLine(mock)
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [*PROGRAM, *MODEL, "hi"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=line.environment(),
            timeout=30,
            check=False,
        )
    said = b"liter-llm: cannot write to standard output: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, said)


@pytest.mark.parametrize(
    ("step", "code", "out", "err"),
    [
        ({"answer": {"text": "Hel", "finish": "length"}}, 7, "Hel\n", "--max-tokens"),
        ({"answer": {"text": "Hel", "finish": "content_filter"}}, 6, "Hel\n", "filter"),
        (REFUSES, 6, "", "the model refused: I must not."),
        ({"answer": {"text": "Hel", "finish": "of its own"}}, 0, "Hel\n", ""),
    ],
)
def test_how_a_response_ends_is_an_exit_code(mock, step, code, out, err):
    ended = CommandLine(mock, step).run(*MODEL, "hi")
    assert (ended.code, ended.out) == (code, out)
    assert err in ended.err


@pytest.mark.parametrize(
    ("status", "error_type", "code", "kind"),
    [
        (400, "invalid_request_error", 2, "INVALID_REQUEST"),
        (401, "t", 3, "AUTHENTICATION"),
        (403, "t", 3, "PERMISSION"),
        (404, "t", 2, "NOT_FOUND"),
        (413, "t", 2, "TOO_LARGE"),
        (429, "requests", 4, "RATE_LIMITED"),
        (429, "insufficient_quota", 4, "QUOTA_EXCEEDED"),
        (500, "t", 1, "PROVIDER"),
        (529, "t", 1, "OVERLOADED"),
    ],
)
def test_an_error_is_an_exit_code(mock, status, error_type, code, kind):
    error = {"message": "no", "type": error_type, "code": error_type}
    line = CommandLine(mock, {"status": status, "error": error})
    ended = line.run(*MODEL, "-o", "retries_max=0", "hi")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(f"liter-llm: {kind}: openai: "), ended.err
    assert ended.err.count("\n") == 1


def test_no_connection_and_no_time(mock):
    line = CommandLine(mock, {"raw": [HANG]})
    nowhere = ["--base-url", "http://127.0.0.1:1/v1", "-o", "retries_max=0"]
    assert line.run(*MODEL, *nowhere, "hi").code == 5
    ended = line.run(*MODEL, "--timeout", "0.2", "hi")
    assert ended.code == 5
    assert ended.err.startswith("liter-llm: TIMEOUT: ")


def test_what_the_readme_shows_runs(mock, tmp_path):
    """With the installed program, in a shell."""
    (tmp_path / "notes.txt").write_text("of the notes\n")
    line = CommandLine(mock)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    ended = subprocess.run(
        ["bash", "-eu", str(PACKAGE / "samples/shell.sh")],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
        env=line.environment(PATH=path),
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"Hello world\n" * 2, b"")
    asked = [request["body"]["messages"][0]["content"] for request in line.requests()]
    assert asked == [
        "Explain Rust ownership",
        "of the notes\n\nSummarize this in one line",
    ]
