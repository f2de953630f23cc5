"""The commands beside a prompt, and what all have: help, exit codes, completion, a page."""

from __future__ import annotations

import importlib.machinery
import json
import shlex
import shutil
import struct
import subprocess
import sys
import types
from pathlib import Path

import pytest

from cli_support import KEY, MODEL, CommandLine
from liter_llm.cli import argument_tree, commands, embed, exit_codes, options, program
from liter_llm.cli.output import PROGRAM as PROGRAM_NAME
from liter_llm.cli.provider_table import PROVIDERS
from support import PACKAGE, ROOT

SCHEMA = json.loads((ROOT / "core/schema/schema.json").read_text(encoding="utf-8"))
COMMANDS = [*commands.commands()]
TWO_VECTORS = {
    "status": 200,
    "headers": [["content-type", "application/json"]],
    "body": '{"model": "m", "data": [{"index": 0, "embedding": [1, 0.1]},'
    ' {"index": 1, "embedding": [0.5, -3e-9]}]}',
}


def lines_of(ended):
    assert (ended.code, ended.err) == (0, ""), ended
    return [json.loads(line) for line in ended.out.splitlines()]


def test_embed_writes_a_line_for_each_text(mock):
    line = CommandLine(mock, TWO_VECTORS)
    chosen = ["--dimensions", "2", "--input-type", "document"]
    ended = line.run("embed", "-m", "voyage/v", *chosen, "a", "b", **voyage(line))
    assert lines_of(ended) == [
        {"index": 0, "text": "a", "vector": [1.0, 0.1]},
        {"index": 1, "text": "b", "vector": [0.5, -3e-9]},
    ]
    body = line.body()
    assert (body["output_dimension"], body["input_type"]) == (2, "document")


def voyage(line):
    return {"VOYAGE_API_KEY": KEY, "VOYAGE_BASE_URL": line.mock.base_url(line.key)}


def test_embed_reads_lines(mock):
    line = CommandLine(mock)
    count = embed.INPUTS_PER_CALL + 1
    texts = [f"text {number}" for number in range(count)]
    ended = line.run("embed", *MODEL, piped="\n\n".join(texts) + "\r\n")
    written = lines_of(ended)
    assert [entry["text"] for entry in written] == texts
    assert [entry["index"] for entry in written] == [*range(count)]
    assert len({tuple(entry["vector"]) for entry in written}) == count


def test_embed_writes_what_came_before_a_failure(mock):
    """The second request fails when the response to the first has been sent."""
    json_body = {"status": 400, "headers": [["content-type", "application/json"]]}
    wrong = {"raw": [{"await": "go"}, {"head": {**json_body, "chunked": True}}, {"chunk": "{}"}]}
    wrong["raw"].append({"chunk_end": True})
    line = CommandLine(mock, {**TWO_VECTORS, "times": 1}, wrong)
    process = line.start("embed", *MODEL, "-o", "inputs_per_request=2", *"abcd")
    mock.wait(line.key, requests=2, bytes=len(TWO_VECTORS["body"]))
    mock.signal(line.key, "go")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith(b"liter-llm: INVALID_REQUEST: ")
    written = [json.loads(each) for each in out.splitlines()]
    # Which of the two asked first is not known; the texts are those of one of them.
    assert [entry["vector"] for entry in written] == [[1.0, 0.1], [0.5, -3e-9]]
    texts = [(entry["index"], entry["text"]) for entry in written]
    assert texts in ([(0, "a"), (1, "b")], [(2, "c"), (3, "d")])


@pytest.mark.parametrize("number", [0.0, 1.0, -0.1, 1e-45, 3.4028235e38, 16777217.0, 0.3333333433])
def test_a_number_of_a_vector_is_short_and_the_same(number):
    packed = struct.pack("<f", number)
    short = embed.short(struct.unpack("<f", packed)[0])
    assert struct.pack("<f", short) == packed
    assert len(repr(short)) <= len(repr(struct.unpack("<f", packed)[0]))


def test_rerank_orders_documents(mock):
    given = ["rerank", "-m", "cohere/r", "who owns"]
    line = CommandLine(mock)
    ended = line.run(*given, "--top-n", "2", "bread", "a value owns")
    assert (ended.code, ended.err) == (0, "")
    assert [row.split("\t")[1:] for row in ended.out.splitlines()] == [
        ["1", "a value owns"],
        ["0", "bread"],
    ]
    assert line.body()["top_n"] == 2
    piped = CommandLine(mock).run(*given, "--json", piped="bread\n\na value owns\n")
    assert [(each["index"], each["document"]) for each in lines_of(piped)] == [
        (1, "a value owns"),
        (0, "bread"),
    ]


def test_count_prints_a_number(mock):
    line = CommandLine(mock)
    assert line.run("count", "-m", "anthropic/c", "-s", "d", "a b c") == (0, "4\n", "")
    (said,) = lines_of(CommandLine(mock).run("count", "--json", *MODEL, piped="a b c"))
    assert said["input_tokens"] == 3


def test_models_lists_them(mock):
    plain = CommandLine(mock).run("models", LITER_LLM_MODEL="openai/gpt-x")
    assert (plain.code, plain.err) == (0, "")
    ids = [row.split("\t")[0] for row in plain.out.splitlines()]
    assert ids[:2] == ["model-a", "model-b"]
    as_json = lines_of(CommandLine(mock).run("models", "openai", "--json"))
    assert [entry["id"] for entry in as_json] == ids
    assert all("raw" in entry for entry in as_json)


def test_providers_shows_names_and_no_values(mock):
    line = CommandLine(mock)
    ended = line.run("providers")
    assert (ended.code, ended.err) == (0, "")
    rows = {row.split("\t")[0]: row.split("\t") for row in ended.out.splitlines()}
    assert rows.keys() == {"openai", "cohere", "anthropic"}
    assert rows["openai"][1:3] == ["OPENAI_API_KEY is set", "that of OPENAI_BASE_URL"]
    assert KEY not in ended.out
    assert line.key not in ended.out
    everything = lines_of(line.run("providers", "--all", "--json"))
    assert [entry["provider"] for entry in everything] == [p["name"] for p in SCHEMA["providers"]]
    (groq,) = lines_of(line.run("providers", "groq", "--json"))
    assert (groq["key_variable"], groq["key_variables"]) == (None, ["GROQ_API_KEY"])
    assert line.requests() == []


def test_every_kind_of_error_has_an_exit_code():
    assert exit_codes.BY_KIND.keys() == {kind["name"] for kind in SCHEMA["error_kinds"]}
    reasons = {reason["name"] for reason in SCHEMA["finish_reasons"]}
    assert exit_codes.BY_FINISH_REASON.keys() == reasons
    used = {*exit_codes.BY_KIND.values(), *exit_codes.BY_FINISH_REASON.values()}
    assert used <= exit_codes.MEANINGS.keys()
    assert exit_codes.of_kind("OF_A_NEWER_CORE") == 1


@pytest.mark.parametrize("kind", [kind["name"] for kind in SCHEMA["error_kinds"]])
def test_an_error_of_each_kind_ends_with_its_code(kind, monkeypatch, capsys):
    from liter_llm._errors import make_error
    from liter_llm.cli import providers

    def fail(_):
        raise make_error({"kind": kind, "message": "what failed"})

    monkeypatch.setattr(providers, "run", fail)
    assert program.run(["providers"]) == exit_codes.BY_KIND[kind]
    assert capsys.readouterr() == ("", f"liter-llm: {kind}: what failed\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_the_command_understands(mock, name):
    line = CommandLine(mock)
    for flag in ("-h", "--help"):
        ended = line.run(name, flag)
        assert (ended.code, ended.err) == (0, "")
        assert f"usage: liter-llm {name} " in ended.out
        assert "\nexamples:\n  " in ended.out
        assert max(map(len, ended.out.splitlines())) <= 100
    assert f"  {name} " in line.run("--help").out


WAYS = {
    "module": ["-m", "liter_llm"],
    "installed": [str(Path(sys.executable).with_name("liter-llm"))],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["chat", "-h"], ["completion", "fish"], ["providers"]]
)
def test_no_native_library_is_loaded_without_a_request(way, arguments):
    command = [sys.executable, "-X", "importtime", *way, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    imported = {line.split("|")[-1].strip() for line in ended.stderr.splitlines()}
    assert ended.returncode == 0
    assert "liter_llm.cli.program" in imported
    assert not imported & {"liter_llm._native", "_cffi_backend"}


def test_a_program_loads_it_with_the_import():
    code = "import sys, liter_llm; print('liter_llm._native' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.stdout == b"True\n"


def test_the_version_is_that_of_the_package(mock):
    import liter_llm

    for flag in ("-V", "--version"):
        assert CommandLine(mock).run(flag) == (0, f"liter-llm {liter_llm.__version__}\n", "")


def test_the_installed_program_is_this_one(mock):
    import importlib.metadata

    entries = importlib.metadata.entry_points(group="console_scripts")
    (entry,) = [entry for entry in entries if entry.name == "liter-llm"]
    assert entry.value == "liter_llm.cli.program:main"


def test_the_page_says_what_the_program_does():
    command = [sys.executable, str(PACKAGE / "generate_manual.py"), "--check"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


COMPLETE_IN_BASH = """\
source "$1"; shift
compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _liter_llm; printf '%s\\n' "${COMPREPLY[@]}"
"""
COMPLETE = {
    "bash": ["bash", "-c", COMPLETE_IN_BASH, "-"],
    "fish": ["fish", "-c", 'source $argv[1]; complete -C "$argv[2..]" | string split -f1 \\t'],
}


@pytest.mark.parametrize("shell", sorted(COMPLETE))
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["mod"], ["models"]),
        (["--max"], ["--max-tokens"]),
        (["embed", "--dim"], ["--dimensions"]),
        (["chat", "-m", "openr"], ["openrouter/"]),
        (["models", "llamac"], ["llamacpp"]),
        (["completion", "z"], ["zsh"]),
        (["hi", "-f", "typed_u"], ["typed_user.py"]),
    ],
)
def test_a_shell_completes(mock, tmp_path, shell, words, completed):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    script = tmp_path / "script"
    script.write_text(CommandLine(mock).run("completion", shell).out)
    ended = subprocess.run(
        [*COMPLETE[shell], str(script), "liter-llm", *words],
        cwd=PACKAGE / "tests",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.stdout.split(), ended.stderr) == (completed, "")


def test_zsh_understands_its_script(mock, tmp_path):
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not here")
    script = tmp_path / "_liter-llm"
    script.write_text(CommandLine(mock).run("completion", "zsh").out)
    code = 'autoload -Uz compinit; compinit -u -d "$1.dump"; source "$1"; print $_comps[liter-llm]'
    command = ["zsh", "-f", "-c", code, "-", str(script)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.stdout, ended.stderr) == ("_liter_llm\n", "")


EXAMPLES = [(command.name, each) for command in argument_tree.read() for each in command.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_understood(name, example):
    """Without what the shell does around it."""
    begin = example.index(PROGRAM_NAME)
    words = shlex.split(example[begin:], comments=True)[1:]
    shell = [words.index(mark) for mark in ("|", ">", "<") if mark in words]
    given = words[: min(shell, default=len(words))]
    arguments, module = program.parse(given)
    assert module.__name__ == commands.commands()[name].module
    if "-m" in given and "-p" not in given:
        assert options.name_model(arguments)["model"].split("/")[0] in PROVIDERS


def test_the_file_runner_is_a_command_where_it_is_installed(monkeypatch):
    calls = []
    fake = types.ModuleType("liter_llm.bulk.command")
    fake.__spec__ = importlib.machinery.ModuleSpec(fake.__name__, None)
    fake.EPILOG = "examples:\n  liter-llm map a \\\n    -v\n  liter-llm map b\n"
    fake.add_arguments = lambda parser: parser.add_argument("source", type=Path)
    fake.run = lambda arguments: calls.append(arguments.source) or 0
    monkeypatch.setitem(sys.modules, "liter_llm.bulk", types.ModuleType("liter_llm.bulk"))
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    assert program.run(["map", "--", "-rows.jsonl"]) == 0
    assert calls == [Path("-rows.jsonl")]
    assert "map" in commands.overview()
    (command,) = [command for command in argument_tree.read() if command.name == "map"]
    assert command.examples == ("liter-llm map a -v", "liter-llm map b")


def test_every_option_is_completed(mock):
    scripts = {shell: CommandLine(mock).run("completion", shell).out for shell in ("bash", "zsh")}
    for command in argument_tree.read():
        assert command.examples, command.name
        for option in command.options:
            assert option.help, option
            assert all(flag in script for flag in option.flags for script in scripts.values())
