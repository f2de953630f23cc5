"""Rows through llama.cpp's own server, which is real and not ours, with limits on tokens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_server import Redis
from rows import answer, make_rows

from liter_llm.shared_limits import SharedLimits

MODEL = Path(__file__).resolve().parents[1] / "model"
STORY_BEGINS = "Each value in Rust has one owner"
ROWS = 300
OUTPUT_TOKENS = 16


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    """A running server with the tiny model; it ends with its input."""
    python, path, log = os.environ["MODEL_PYTHON"], tmp_path / "tiny.gguf", tmp_path / "log"
    subprocess.run([python, MODEL / "make_model.py", path], check=True)
    command = [python, str(MODEL / "serve_model.py"), str(path), "0", "chat"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as server,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address, log.read_text()
        yield address + "/v1"
        server.terminate()


@pytest.mark.usefixtures("cluster")
@pytest.mark.timeout(300)
def test_rows_of_a_real_server(base_url: str, redis: Redis) -> None:
    limits = SharedLimits(
        "llama", requests_per_minute=60_000, tokens_per_minute=1_000_000, redis_url=redis.url
    )
    rows = answer(
        make_rows(ROWS, blocks=6),
        base_url,
        limits=limits,
        concurrency=4,
        fields={"max_tokens": OUTPUT_TOKENS, "temperature": 0},
    ).take_all()

    assert sorted(row["custom_id"] for row in rows) == sorted(f"id-{n}" for n in range(ROWS))
    wrong = [row for row in rows if not (row["text"] or "").startswith(STORY_BEGINS)]
    assert wrong == []
