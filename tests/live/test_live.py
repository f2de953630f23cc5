"""make test-live against the mock provider: who is asked, who is skipped, and that no key shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import HELLO, Mock, failing

RUN = Path(__file__).with_name("run.py")


@pytest.fixture
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """The program with these variables and none that the machine has."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(RUN)],
        check=False, capture_output=True, text=True, timeout=60, env={**kept, **environment},
    )  # fmt: skip


def test_without_keys_everything_is_skipped() -> None:
    result = run(OPENAI_API_KEY="")
    assert "skipped openai: no OPENAI_API_KEY" in result.stdout
    assert " passed" in result.stdout.splitlines()[-1]
    assert result.stdout.splitlines()[-1].startswith("0 passed, 0 failed, ")
    assert result.returncode == 0


def test_a_provider_with_a_key_is_asked_and_a_failure_counts(mock: Mock) -> None:
    good = mock.plan(HELLO)
    secret = "sk-proj-0123456789abcdefghij"
    bad = mock.plan(failing(401, message=f"incorrect API key provided: {secret}"))
    result = run(
        OPENAI_API_KEY=secret,
        OPENAI_BASE_URL=mock.base_url(bad),
        GROQ_API_KEY=secret,
        GROQ_BASE_URL=mock.base_url(good),
        UPSTAGE_API_KEY=secret,
    )
    out = result.stdout
    assert "ok groq llama-3.1-8b-instant: 'Hello world'" in out
    assert "FAILED openai gpt-4o-mini: " in out
    assert "skipped upstage: no model" in out
    assert out.splitlines()[-1].startswith("1 passed, 1 failed, ")
    assert result.returncode == 1
    assert secret not in out + result.stderr


def test_a_model_can_be_named(mock: Mock) -> None:
    key = mock.plan(HELLO)
    result = run(
        UPSTAGE_API_KEY="up-0123456789abcdef",
        UPSTAGE_BASE_URL=mock.base_url(key),
        LIVE_MODELS="upstage=solar-mini",
    )
    assert "ok upstage solar-mini" in result.stdout
    assert result.returncode == 0


def test_a_key_in_the_wrong_place_is_not_printed(mock: Mock) -> None:
    secret = "up-0123456789abcdef"
    result = run(
        UPSTAGE_API_KEY=secret,
        UPSTAGE_BASE_URL=mock.base_url(mock.plan(HELLO)),
        LIVE_MODELS=f"upstage={secret}",
    )
    assert "ok upstage [key]: 'Hello world'" in result.stdout
    assert secret not in result.stdout + result.stderr
