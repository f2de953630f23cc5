"""The fixtures of the pytest plugin, in runs of their own, and the sample that the docs show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support import HELLO, PACKAGE

SAMPLE = PACKAGE / "samples/testing"
REQUEST = '{"model": "m", "messages": [{"role": "user", "content": "x"}]}'
UNUSED = f"""
def test_unused(llm_script):
    llm_script(["one", "two"])
    assert llm_script.client.invoke({REQUEST}).complete().text == "one"

def test_failed(llm_script):
    llm_script.add("one")
    assert False, "for another reason"
"""
TAPED = """
import pytest
from liter_llm import LiterLlm

@pytest.mark.parametrize("city", ["Rome", "New York/USA"])
def test_city(llm_tape, city):
    messages = [{"role": "user", "content": city}]
    llm = LiterLlm("openai")
    assert llm.invoke({"model": "m", "messages": messages}).complete().text == "Hello world"
    print("mode", llm_tape.mode)
"""
UNTOUCHED = """
import sys

def test_nothing():
    assert "liter_llm" not in sys.modules
"""
PARALLEL = f"""
import pytest

@pytest.mark.parametrize("number", range(8))
def test_number(llm_script, number):
    llm_script.add(f"answer {{number}}")
    answer = llm_script.client.invoke({REQUEST}).complete()
    assert answer.text == f"answer {{number}}"
"""


def run_pytest(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the tests of a folder. The plugin is named, for a package that is not installed."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    inherited = {name: text for name, text in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_liter_llm", "-q", "-s", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**inherited, **(environment or {})},
    )


def test_the_sample(tmp_path):
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    ended = run_pytest(tmp_path, "--llm-tape=replay")
    assert "5 passed" in ended.stdout, ended.stdout + ended.stderr


def test_a_tape_is_recorded_once(mock, tmp_path):
    (tmp_path / "test_taped.py").write_text(TAPED, encoding="utf-8")
    key = mock.plan(HELLO)
    place = {"OPENAI_BASE_URL": mock.base_url(key), "OPENAI_API_KEY": "test-key"}
    recorded = run_pytest(tmp_path, environment=place)
    assert "2 passed" in recorded.stdout, recorded.stdout + recorded.stderr
    tapes = sorted(path.name for path in (tmp_path / "tapes/test_taped").iterdir())
    assert tapes[0].startswith("test_city-New-York-USA-")
    assert tapes[1] == "test_city-Rome.jsonl"
    assert len(mock.seen(key)["requests"]) == 2

    nowhere = {**place, "OPENAI_BASE_URL": mock.base_url(key), "CI": "true"}
    del nowhere["OPENAI_API_KEY"]
    played = run_pytest(tmp_path, environment=nowhere)
    assert "2 passed" in played.stdout, played.stdout + played.stderr
    assert played.stdout.count("mode replay") == 2
    assert len(mock.seen(key)["requests"]) == 2

    anew = run_pytest(tmp_path, "--llm-tape=record", environment=place)
    assert anew.stdout.count("mode record") == 2
    assert len(mock.seen(key)["requests"]) == 4

    (tmp_path / "tapes/test_taped/test_city-Rome.jsonl").unlink()
    missing = run_pytest(tmp_path, environment=nowhere)
    assert "1 passed, 1 error" in missing.stdout
    assert "record it with a key" in missing.stdout
    assert len(mock.seen(key)["requests"]) == 4


@pytest.mark.parametrize(
    ("arguments", "summary"),
    [
        ([], "1 failed, 1 passed, 1 error"),
        (["--llm-script-unused=ignore"], "1 failed, 1 passed in"),
        (["--llm-script-unused=warn", "-W", "default"], "1 failed, 1 passed, 1 warning"),
        (["-o", "llm_script_unused=ignore"], "1 failed, 1 passed in"),
    ],
)
def test_unused_answers_are_an_error_of_their_test(tmp_path, arguments, summary):
    (tmp_path / "test_unused.py").write_text(UNUSED, encoding="utf-8")
    ended = run_pytest(tmp_path, *arguments)
    assert summary in ended.stdout, ended.stdout + ended.stderr
    if not arguments:
        assert "1 of 2 answers of the script were not used:" in ended.stdout
        assert "ERROR at teardown of test_failed" not in ended.stdout


def test_a_run_that_uses_no_fixture_does_not_import_the_package(tmp_path):
    (tmp_path / "test_untouched.py").write_text(UNTOUCHED, encoding="utf-8")
    ended = run_pytest(tmp_path)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


def test_processes_in_parallel_have_scripts_of_their_own(tmp_path):
    """What pytest-xdist does: the same tests in several processes at once."""
    (tmp_path / "test_parallel.py").write_text(PARALLEL, encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        halves = ("0 or 1 or 2 or 3", "4 or 5 or 6 or 7")
        for ended in pool.map(lambda half: run_pytest(tmp_path, "-k", half), halves):
            assert "4 passed, 4 deselected" in ended.stdout, ended.stdout + ended.stderr


def test_the_tape_of_the_sample_has_no_key():
    for tape in SAMPLE.glob("tapes/*/*.jsonl"):
        for line in tape.read_text(encoding="utf-8").splitlines():
            assert json.loads(line)["request"]["url"].startswith("https://api.openai.com/")
            assert "authorization" not in line.lower()
