"""Real responses of llama.cpp's own server, through the Python package and the C samples.

The server runs the tiny model of make_model.py, in an environment of its own (MODEL_PYTHON).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import liter_llm
from liter_llm import LiterLlm, Request

HERE = Path(__file__).parent
STORY_BEGINS, STORY_ENDS = "Each value in Rust has one owner", "☕ Fertig — 完了."
REQUEST: Request = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Explain Rust ownership"}],
    "max_tokens": 200,
}


@pytest.fixture
def environment(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library finds the server as a user's program would: in the environment."""
    monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none-needed")


@pytest.mark.usefixtures("environment")
def test_tokens_stream_from_a_real_server() -> None:
    async def chat() -> tuple[list[str], liter_llm.Response]:
        call = LiterLlm(provider="openai").invoke(REQUEST)
        return [token async for token in call], call.response

    tokens, response = asyncio.run(chat())
    text = "".join(tokens)
    assert len(tokens) > 20
    assert text.startswith(STORY_BEGINS)
    assert text.endswith(STORY_ENDS)
    assert response.text == text
    assert (response.outcome, response.finish_reason) == ("complete", "stop")
    assert response.model == "liter-llm-tiny"
    assert response.usage is not None
    assert response.usage.output_tokens is not None
    assert response.usage.output_tokens >= len(tokens)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("language", ["GO", "NODE"])
def test_samples_of_other_languages(language: str) -> None:
    """What the first sample of each package prints."""
    command = os.environ.get(f"LITER_LLM_{language}_SAMPLE")
    if not command:
        pytest.skip(f"{language.title()} is not here")
    ended = subprocess.run(command.split(), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(STORY_BEGINS)
    assert ended.stdout.rstrip().endswith(STORY_ENDS)


@pytest.mark.usefixtures("environment")
def test_max_tokens_ends_with_length() -> None:
    async def chat() -> liter_llm.Response:
        return await LiterLlm(provider="openai").invoke({**REQUEST, "max_tokens": 5})

    response = asyncio.run(chat())
    assert response.finish_reason == "length"
    assert STORY_BEGINS.startswith(response.text.rstrip())


@pytest.mark.usefixtures("environment")
def test_a_whole_answer_is_the_same_text() -> None:
    async def chat() -> liter_llm.Response:
        return await LiterLlm(provider="openai").invoke({**REQUEST, "stream": False})

    response = asyncio.run(chat())
    assert response.text.startswith(STORY_BEGINS)
    assert response.finish_reason == "stop"


@pytest.mark.usefixtures("environment")
def test_many_streams_at_once() -> None:
    async def chat() -> list[liter_llm.Response]:
        llm = LiterLlm(provider="openai")
        return await asyncio.gather(*(llm.invoke(REQUEST) for _ in range(16)))

    texts = {response.text for response in asyncio.run(chat())}
    assert len(texts) == 1


@pytest.mark.usefixtures("environment")
def test_a_plain_loop_needs_no_event_loop() -> None:
    text = "".join(LiterLlm(provider="openai").invoke(REQUEST))
    assert text.endswith(STORY_ENDS)


@pytest.mark.usefixtures("environment")
def test_the_readme_lines_run_unchanged() -> None:
    sample = HERE.parents[1] / "bindings/python/samples/stream.py"
    done = subprocess.run([sys.executable, sample], check=True, capture_output=True, text=True)
    assert done.stdout.endswith(STORY_ENDS)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("sample", ["invoke", "poll"])
def test_the_c_samples_stream_from_a_real_server(sample: str) -> None:
    program = Path(os.environ["LITER_LLM_SAMPLES"], sample)
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    assert "owner" in done.stdout
    assert "完了" in done.stdout


@pytest.mark.parametrize("stream", [True, False])
def test_the_same_server_speaks_anthropics_wire(base_url: str, stream: bool) -> None:
    async def chat() -> liter_llm.Response:
        llm = LiterLlm(provider="anthropic", api_key="none-needed", base_url=base_url)
        return await llm.invoke({**REQUEST, "stream": stream})

    response = asyncio.run(chat())
    assert response.text.startswith(STORY_BEGINS)
    assert response.text.endswith(STORY_ENDS)
    assert (response.outcome, response.finish_reason) == ("complete", "stop")
    assert response.finish_reason_raw == "end_turn"
    assert response.usage is not None
    assert response.usage.output_tokens
