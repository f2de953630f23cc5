"""Each sample of the docs, as a program of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "bindings/python/samples/frameworks"
HELLO = {"answer": {"text": "Hello world"}}
CALL = {"vector": "openai_tool_call_whole"}


@pytest.mark.parametrize(
    ("name", "steps", "printed"),
    [
        ("langchain_chat", [HELLO, CALL, HELLO], "Hello world\nHello world\n"),
        ("llama_index_chat", [{**HELLO, "times": 3}], "Hello world\n"),
        ("pydantic_ai_agent", [CALL, HELLO], "Hello world\n"),
        ("telemetry", [HELLO], "Hello world"),
        ("openai_server", [HELLO], "data: [DONE]\n\n"),
    ],
)
def test_samples(plan, name, steps, printed):
    place = plan(*steps)
    names = {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": place.options["base_url"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    ran = subprocess.run(
        [sys.executable, str(SAMPLES / f"{name}.py")],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, **names},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    # The span of a call is printed when it ends, wherever that is among the tokens.
    span = re.compile(r'\{\n    "name": "chat gpt-4o-mini".*\n\}\n', re.DOTALL)
    text, spans = span.subn("", ran.stdout)
    assert text.endswith(printed)
    assert spans == (1 if name == "telemetry" else 0)
