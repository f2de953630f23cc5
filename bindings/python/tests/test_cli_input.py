"""What goes into a request of the command line: files, keys, and everything that can be wrong with
them. Bad input is one line on standard error and exit code 2, and nothing is sent."""

from __future__ import annotations

import base64
import os

import pytest

from cli_support import KEY, MODEL, CommandLine, refused

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8"
    "z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
FILE_KEY = "key-of-a-file-0123456789"


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


# ---- files


def test_a_text_is_a_labelled_block_before_the_prompt(mock, tmp_path):
    notes = write(tmp_path / "notes.txt", "one\ntwo")
    line = CommandLine(mock)
    assert line.run(*MODEL, "-f", notes, "Summarize").code == 0
    wanted = f'<file name="{notes}">\none\ntwo\n</file>\n\nSummarize'
    assert line.body()["messages"] == [{"role": "user", "content": wanted}]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg"),
        (b"GIF89a\xff", "image/gif"),
        (b"RIFF\x01\x00\x00\x00WEBPVP8 \xff", "image/webp"),
    ],
)
def test_an_image_is_known_by_its_bytes(mock, tmp_path, data, media_type):
    line = CommandLine(mock)
    assert line.run(*MODEL, "-f", write(tmp_path / "x.txt", data), "What?").code == 0
    image, text = line.body()["messages"][0]["content"]
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    assert image == {"type": "image_url", "image_url": {"url": url}}
    assert text == {"type": "text", "text": "What?"}


def test_a_pdf_is_a_document(mock, tmp_path):
    line = CommandLine(mock)
    scan = write(tmp_path / "scan.pdf", PDF)
    assert line.run(*MODEL, "-f", scan, "What?").code == 0
    data = f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}"
    wanted = {"type": "file", "file": {"filename": "scan.pdf", "file_data": data}}
    assert line.body()["messages"][0]["content"][0] == wanted
    there = CommandLine(mock)
    assert there.run("-m", "anthropic/c", "-f", scan, "What?").code == 0
    assert there.body()["messages"][0]["content"][0]["type"] == "document"


def test_a_file_may_be_piped_in(mock):
    line = CommandLine(mock)
    assert line.run(*MODEL, "-f", "-", "What?", piped=PNG).code == 0
    assert line.body()["messages"][0]["content"][0]["type"] == "image_url"


def test_bytes_that_are_a_text_are_a_text(mock, tmp_path):
    line = CommandLine(mock)
    assert line.run(*MODEL, "-f", write(tmp_path / "a", "BMW builds cars"), "hi").code == 0
    assert "BMW builds cars" in line.body()["messages"][0]["content"]


# ---- keys


def test_a_key_of_a_file_goes_before_the_environment(mock, tmp_path):
    file = write(tmp_path / "key", f"{FILE_KEY}\n")
    os.chmod(file, 0o600)  # noqa: PTH101
    line = CommandLine(mock)
    assert line.run(*MODEL, "--key-file", file, "hi") == (0, "Hello world\n", "")
    headers = str(line.requests()[0]["headers"])
    assert FILE_KEY in headers
    assert KEY not in headers


def test_a_key_file_that_others_may_read_is_warned_of(mock, tmp_path):
    file = write(tmp_path / "key", FILE_KEY)
    os.chmod(file, 0o640)  # noqa: PTH101
    ended = CommandLine(mock).run(*MODEL, "--key-file", file, "hi")
    assert (ended.code, ended.out) == (0, "Hello world\n")
    assert ended.err == (
        f"liter-llm: warning: others may read the key file {file}; chmod 600 {file}\n"
    )
    assert CommandLine(mock).run(*MODEL, "-q", "--key-file", file, "hi").err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", FILE_KEY],
        [f"--api-key={FILE_KEY}"],
        ["-o", f"api_key={FILE_KEY}"],
        ["-o", f"aws_secret_access_key={FILE_KEY}"],
        ["-o", f'headers={{"Authorization": "Bearer {FILE_KEY}"}}'],
        ["-o", f'headers={{"x-api-key": "{FILE_KEY}"}}'],
        ["-o", f'extra_body={{"a": [{{"token": "{FILE_KEY}"}}]}}'],
    ],
)
def test_a_key_is_no_argument(mock, arguments):
    line = CommandLine(mock)
    said = refused(line, line.run(*MODEL, *arguments, "hi"))
    assert "--key-file" in said
    assert "other users can see" in said
    assert FILE_KEY not in said


def test_an_unknown_option_is_named_without_its_value(mock):
    line = CommandLine(mock)
    for arguments in (["--apikey", FILE_KEY], [f"--key={FILE_KEY}"]):
        said = refused(line, line.run(*MODEL, *arguments, "hi"))
        assert said.startswith("unknown option --")
        assert FILE_KEY not in said


def test_fields_that_only_look_like_keys_are_sent(mock):
    line = CommandLine(mock)
    fields = ["-o", "prompt_cache_key=a", "-o", 'metadata={"monkey": "x"}', "-o", "auth=bearer"]
    assert line.run(*MODEL, *fields, "hi").code == 0
    assert line.body()["prompt_cache_key"] == "a"


def test_a_header_with_a_key_may_stand_in_a_file(mock, tmp_path):
    file = write(tmp_path / "headers.json", '{"x-gateway-key": "of-a-gateway"}')
    line = CommandLine(mock)
    assert line.run(*MODEL, "-o", f"headers=@{file}", "hi").code == 0
    assert "of-a-gateway" in str(line.requests()[0]["headers"])


# ---- bad input


def bad_files(folder):
    return {
        "missing": str(folder / "missing"),
        "folder": str(folder),
        "binary": write(folder / "binary", b"\x00\xff\xfe\x01"),
        "empty": write(folder / "empty", b" \n"),
        "words": write(folder / "words", "two words"),
        "broken": write(folder / "broken.json", '{"type": '),
        "list": write(folder / "list.json", "[1]"),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "{missing}", "hi"], "cannot read {missing}: No such file or directory"),
        (["-f", "{folder}", "hi"], "cannot read {folder}: Is a directory"),
        (["-f", "{binary}", "hi"], "cannot use {binary}: it is neither text in UTF-8, nor an"),
        (["--key-file", "{missing}", "hi"], "cannot read the key file {missing}: No such file"),
        (["--key-file", "{empty}", "hi"], "the key file {empty} is empty"),
        (["--key-file", "{binary}", "hi"], "the key file {binary} is not text"),
        (["--key-file", "{words}", "hi"], "the key file {words} has more than one word"),
        (["--schema", "{missing}", "hi"], "cannot read {missing}: No such file"),
        (["--schema", "{broken}", "hi"], "the schema {broken} is not JSON: "),
        (["--schema", '{{"type"', "hi"], "--schema is not JSON: "),
        (["--schema", "{list}", "hi"], "the schema {list} is not a JSON object"),
        (["-o", "user", "hi"], "-o user: give it as -o NAME=VALUE"),
        (["-o", "messages=[]", "hi"], "-o messages: the prompt is the message"),
        (["-o", "tools=@{missing}", "hi"], "cannot read {missing}: No such file"),
        (["-o", "seed=x", "hi"], "INVALID_REQUEST: "),
        (["-o", "proxy=7", "hi"], "CONFIG: "),
        (["--max-tokens", "many", "hi"], "argument --max-tokens: 'many' is not a whole number"),
        (["--temperature", "nan", "hi"], "argument --temperature: 'nan' is not a number"),
        (["--timeout", "0", "hi"], "argument --timeout: '0' is not a number of seconds"),
        (["--timeout", "soon", "hi"], "argument --timeout: 'soon' is not a number of seconds"),
        (["-m"], "argument -m/--model: expected one argument; see liter-llm prompt --help"),
        ([], "no prompt; give one as argument, or pipe a text in"),
        (["embed"], "nothing to embed; give texts as arguments, or pipe lines in"),
        (["rerank", "q"], "no documents; give them as arguments, or pipe lines in"),
        (["rerank"], "the following arguments are required: QUERY; see liter-llm rerank --help"),
        (["chat"], "chat needs a terminal; without one use liter-llm prompt"),
        (["providers", "opnai"], "unknown provider 'opnai'; liter-llm providers --all lists them"),
        (["models", "opnai"], "CONFIG: "),
        (["completion", "csh"], "argument shell: invalid choice: 'csh'"),
    ],
)
def test_bad_input_is_one_line(mock, tmp_path, arguments, said):
    files = bad_files(tmp_path)
    line = CommandLine(mock)
    given = [argument.format_map(files) for argument in arguments]
    ended = line.run(*given, LITER_LLM_MODEL="openai/gpt-x")
    assert refused(line, ended).startswith(said.format_map(files)), ended.err


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ([], "no model; give one as -m PROVIDER/MODEL, or set LITER_LLM_MODEL"),
        (["-m", "openai"], "'openai' is a provider, not a model; give a model of it, as"),
        (["-m", "gpt-x"], 'CONFIG: no provider for model "gpt-x"'),
        (["-p", "openai"], "no model; give one as -m"),
        (["-m", "nowhere/gpt-x"], "CONFIG: "),
    ],
)
def test_a_model_must_be_named(mock, model, said):
    line = CommandLine(mock)
    assert refused(line, line.run(*model, "hi")).startswith(said)


def test_a_key_must_be_at_hand(mock):
    line = CommandLine(mock)
    said = refused(line, line.run(*MODEL, "hi", OPENAI_API_KEY="", OPENAI_BASE_URL=""))
    assert said.startswith("CONFIG: ")
    assert "OPENAI_API_KEY" in said


def test_piped_bytes_that_are_no_text(mock):
    line = CommandLine(mock)
    said = refused(line, line.run(*MODEL, "hi", piped=b"\xff\x00"))
    assert said == "standard input is not text in UTF-8; for an image use -f -"
