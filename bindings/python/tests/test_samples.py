"""The samples do what they say, and the README shows them as they are."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import HELLO, PACKAGE, ROOT, stream, token

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

# The same call on the other wires.
ANTHROPIC_CALLS_A_TOOL = stream(
    {"sse": {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {}}}},
    {
        "sse": {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}},
        }
    },
    {
        "sse": {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"city":"Hamburg"}'},
        }
    },
    {"sse": {"type": "content_block_stop", "index": 0}},
    {"sse": {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}}},
    {"sse": {"type": "message_stop"}},
)
COHERE_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Hamburg"}'},
}
COHERE_CALLS_A_TOOL = stream(
    {"sse": {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}}},
    {
        "sse": {
            "type": "tool-call-start",
            "index": 0,
            "delta": {"message": {"tool_calls": COHERE_CALL}},
        }
    },
    {"sse": {"type": "tool-call-end", "index": 0}},
    {"sse": {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}},
)
NUMBERS = stream(*(token(f"{number} ") for number in range(100)), {"hang": True})
CUT = stream(token("Rust "), token("owns"), {"reset": True})
BUSY = {"status": 429, "headers": [["retry-after", "120"]], "body": "{}"}
PLACE = {"answer": {"text": '{"city":"Hamburg","country":"Germany"}'}}
RECIPE = stream(
    *map(token, ['{"name": "Bread", "ingr', 'edients": ["flour"', ', "water"]}']),
    {"finish": "stop"},
    {"done": True},
)
BAKED = """2 ingredients so far
Recipe(name='Bread', ingredients=['flour', 'water'])
"""
VECTORS = {
    "status": 200,
    "headers": [["content-type", "application/json"]],
    "body": '{"model": "m", "data": [{"index": 0, "embedding": [1, 0]}, {"index": 1, "embedding":'
    ' [0.5, 0.5]}, {"index": 2, "embedding": [0, 1]}]}',
}
NO_CREDIT = {
    "status": 429,
    "error": {"message": "no credit", "type": "insufficient_quota", "code": "insufficient_quota"},
}
NO_MODEL = {"status": 404, "error": {"message": "no model", "type": "t", "code": None}}
FELL_BACK = """Hello world
from anthropic claude-sonnet-4-5
openai gpt-4o QUOTA_EXCEEDED 429
openai gpt-4o-mini NOT_FOUND 404
anthropic claude-sonnet-4-5 None 200
"""
JSON = [["content-type", "application/json"]]
BATCH = [
    {"status": 200, "headers": JSON, "body": '{"id": "file-1"}'},
    {"status": 200, "headers": JSON, "body": '{"id": "batch-1", "status": "validating"}'},
    *[
        {
            "status": 200,
            "headers": JSON,
            "body": '{"id": "batch-1", "status": "completed", "output_file_id": "file-2",'
            ' "request_counts": {"total": 1, "completed": 1, "failed": 0}}',
        }
    ]
    * 2,
    {
        "status": 200,
        "headers": [["content-type", "application/octet-stream"]],
        "body": '{"custom_id": "borrow", "response": {"status_code": 200, "body": {"id": "c",'
        ' "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant",'
        ' "content": "A loan"}}]}}}\n',
    },
]
WRONG = {"status": 401, "error": {"message": "wrong key", "type": "t", "code": None}}

# What the README shows as the output of stream.py, token by token.
SHOWN = (PACKAGE / "samples/stream.txt").read_text(encoding="utf-8")
SPOKEN = stream(
    *(token(word) for word in SHOWN.splitlines(keepends=True)), {"finish": "stop"}, {"done": True}
)

THINKS = stream(
    {"sse": {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {}}}},
    {
        "sse": {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "", "signature": ""},
        }
    },
    *(
        {"sse": {"type": "content_block_delta", "index": 0, "delta": delta}}
        for delta in (
            {"type": "thinking_delta", "thinking": "17 times 20, 17 times 3"},
            {"type": "signature_delta", "signature": "c2ln"},
        )
    ),
    {"sse": {"type": "content_block_stop", "index": 0}},
    {
        "sse": {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "text", "text": "391"},
        }
    },
    {"sse": {"type": "content_block_stop", "index": 1}},
    {"sse": {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}},
    {"sse": {"type": "message_stop"}},
)

SAMPLES: list[tuple[str, list[dict[str, Any]], str]] = [
    ("stream.py", [SPOKEN], SHOWN),
    ("whole_response.py", [HELLO], "Hello world\nstop 2\n"),
    (
        "many_at_once.py",
        [HELLO],
        "What is a borrow? Hello world\nWhat is a lifetime? Hello world\n",
    ),
    ("map.py", [HELLO], "borrow Hello world\nlifetime Hello world\nmove Hello world\n"),
    ("map_async.py", [HELLO], "1 ["),
    ("cancel.py", [NUMBERS], "0 1 2 3 4 5 6 7 \n cancelled "),
    ("in_tasks.py", [HELLO], "Hello world\nHello world\n"),
    ("in_trio.py", [NUMBERS], "0 1 2 3 4 5 6 7 \ncancelled: True\n"),
    ("in_gevent.py", [HELLO], "What is a move? Hello world\n"),
    ("saved.py", [HELLO], "Hello world 2\nHello world\n"),
    ("errors.py", [HELLO], "Hello world"),
    ("errors.py", [BUSY], "come back in 120000 ms"),
    ("errors.py", [CUT], "Rust owns\ncut after 9 characters: "),
    ("errors.py", [WRONG], "AUTHENTICATION, status 401, worth a retry: False: openai: "),
    ("tools.py", [CALLS_A_TOOL, HELLO], 'weather({"city":"Hamburg"})\nHello world'),
    ("image.py", [HELLO], "Hello world"),
    ("files.py", [HELLO], "Hello world"),
    ("reasoning.py", [THINKS, HELLO], "[17 times 20, 17 times 3]391\nHello world\n"),
    ("key_function.py", [WRONG, HELLO], "Hello world 2\n"),
    ("fallback.py", [NO_CREDIT, NO_MODEL, HELLO], FELL_BACK),
    ("json_schema.py", [PLACE], "Hamburg in Germany"),
    ("output.py", [PLACE], "Hamburg in Germany"),
    ("output.py", [HELLO, PLACE], "Hamburg in Germany"),
    ("output.py", [HELLO, HELLO], "invalid Hello world"),
    ("partials.py", [RECIPE], BAKED),
    ("embed.py", [VECTORS], "3 vectors of 2 numbers\n0.500\n"),
    ("embed_numpy.py", [VECTORS], "(3, 2) float32\n(3, 3)\n"),
    ("rerank.py", [HELLO], "1 Borrowing lends a value\n2 A value has one owner\n0 Bread"),
    ("models.py", [HELLO], "model-a mock\nmodel-b mock\n"),
    ("count_tokens.py", [HELLO], "3 tokens\nHello world\n"),
    ("pacing.py", [HELLO], "20 answers, 20 requests, 0 refused\n"),
    (
        "batch.py",
        BATCH,
        "ended {'total': 1, 'succeeded': 1, 'failed': 0}\nborrow succeeded A loan\n",
    ),
]
# The programs that take any provider, on the wires of the other ones.
ELSEWHERE: list[tuple[str, str, list[dict[str, Any]], str]] = [
    ("anthropic", "tools.py", [ANTHROPIC_CALLS_A_TOOL, HELLO], "weather({"),
    ("cohere", "tools.py", [COHERE_CALLS_A_TOOL, HELLO], "weather({"),
    ("anthropic", "image.py", [HELLO], "Hello world"),
    ("cohere", "image.py", [HELLO], "Hello world"),
    ("anthropic", "json_schema.py", [PLACE], "Hamburg in Germany"),
    ("cohere", "json_schema.py", [PLACE], "Hamburg in Germany"),
    ("anthropic", "output.py", [PLACE], "Hamburg in Germany"),
    ("cohere", "output.py", [PLACE], "Hamburg in Germany"),
]


@pytest.mark.parametrize(("name", "steps", "printed"), SAMPLES)
def test_sample(mock, tmp_path, name, steps, printed):
    key = mock.plan(*steps)
    place = f"{mock.places['http']}/{key}"
    environment = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}
    # Where the batch keeps its handle, and what the sample of files reads.
    rest = [str(tmp_path / "batch.json")] if name == "batch.py" else []
    if name == "files.py":
        rest = [str(tmp_path / file) for file in ("report.pdf", "question.mp3")]
        for file in rest:
            Path(file).write_bytes(b"bytes of a file")
    assert printed in run({**environment, **elsewhere(place)}, name, *rest)
    if name in ("files.py", "reasoning.py"):
        sent = str(mock.seen(key)["requests"][-1]["body"]["messages"])
        data = base64.b64encode(b"bytes of a file").decode()
        assert (data if name == "files.py" else "'signature': 'c2ln'") in sent


def elsewhere(place: str) -> dict[str, str]:
    """The environment for the other providers."""
    return {
        "ANTHROPIC_API_KEY": "test-key",
        "ANTHROPIC_BASE_URL": place,
        "CO_API_KEY": "test-key",
        "CO_API_URL": place,
    }


@pytest.mark.parametrize(("provider", "name", "steps", "printed"), ELSEWHERE)
def test_sample_on_another_provider(mock, provider, name, steps, printed):
    key = mock.plan(*steps)
    environment = elsewhere(f"{mock.places['http']}/{key}")
    printed_by_program = run(environment, name, provider, "test-model")
    assert printed in printed_by_program
    if name == "tools.py":
        assert printed_by_program.endswith("Hello world")
        assert "In Hamburg it rains." in str(mock.seen(key)["requests"][1]["body"])


def run(environment: dict[str, str], *arguments: str) -> str:
    """What a sample prints; it must not fail, and must be silent on standard error."""
    program, *rest = arguments
    ended = subprocess.run(
        [sys.executable, "-X", "dev", f"samples/{program}", *rest],
        cwd=PACKAGE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    # asyncio's debug mode complains of a slow step, which a busy machine makes of any.
    errors = re.sub(r"Executing <.*> took [\d.]+ seconds\n", "", ended.stderr)
    assert (ended.returncode, errors) == (0, "")
    return ended.stdout


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
