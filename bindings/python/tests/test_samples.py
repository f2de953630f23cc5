"""The samples do what they say, and the README shows them as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from support import PACKAGE, ROOT, stream, token

WEATHER_CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Hamburg"}'},
}
CALLS_A_TOOL = stream(
    {"sse": {"choices": [{"index": 0, "delta": {"tool_calls": [WEATHER_CALL]}}]}},
    {"finish": "tool_calls"},
    {"done": True},
)
NUMBERS = stream(*(token(f"{number} ") for number in range(100)), {"hang": True})
CUT = stream(token("Rust "), token("owns"), {"reset": True})
HELLO = {"answer": {"text": "Hello world"}}
BUSY = {"status": 429, "headers": [["retry-after", "120"]], "body": "{}"}
WRONG = {"status": 401, "error": {"message": "wrong key", "type": "t", "code": None}}

SAMPLES: list[tuple[str, list[dict[str, Any]], str]] = [
    ("stream.py", [HELLO], "Hello world"),
    ("whole_answer.py", [HELLO], "Hello world\nstop 2\n"),
    (
        "many_at_once.py",
        [HELLO],
        "What is a borrow? Hello world\nWhat is a lifetime? Hello world\n",
    ),
    ("cancel.py", [NUMBERS], "0 1 2 3 4 5 6 7 \n cancelled "),
    ("errors.py", [HELLO], "Hello world"),
    ("errors.py", [BUSY], "come back in 120000 ms"),
    ("errors.py", [CUT], "Rust owns\ncut after 9 characters: "),
    ("errors.py", [WRONG], "AUTHENTICATION, status 401, worth a retry: False: openai: "),
    ("tools.py", [CALLS_A_TOOL, HELLO], 'weather({"city":"Hamburg"})\nHello world'),
]


@pytest.mark.parametrize(("name", "steps", "printed"), SAMPLES)
def test_sample(mock, name, steps, printed):
    key = mock.plan(*steps)
    environment = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}

    ended = subprocess.run(
        [sys.executable, "-X", "dev", f"samples/{name}"],
        cwd=PACKAGE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert printed in ended.stdout


def test_every_sample_is_tested():
    names = {path.name for path in (PACKAGE / "samples").glob("*.py")}
    assert names == {name for name, _, _ in SAMPLES}


def test_readme_shows_the_samples():
    check = subprocess.run(
        [sys.executable, str(ROOT / "tests/lint/readme.py"), "README.md"],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert check.returncode == 0, check.stdout
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    assert text.count("```python") == text.count("<!-- from: samples/")
