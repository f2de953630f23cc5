"""llm with the plugin, by its own command line and its Python interface."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import llm
import pytest
from click.testing import CliRunner
from llm.cli import cli
from llm.plugins import load_plugins, pm

from liter_llm import LiterLlm
from liter_llm._response_builder import ResponseBuilder
from liter_llm.integrations import llm_plugin

HELLO = {"answer": {"text": "Hello world"}}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `llm` with a folder of its own and the plugin."""
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    load_plugins()
    registered = pm.is_registered(llm_plugin)
    if not registered:
        pm.register(llm_plugin)
        llm_plugin.register_commands(cli)
    yield lambda *arguments, **more: CliRunner().invoke(cli, arguments, **more)
    cli.commands.pop("liter", None) if not registered else None
    pm.unregister(llm_plugin) if not registered else None


@pytest.fixture
def openai(plan, monkeypatch):
    def set_plan(*steps: dict[str, Any]) -> Any:
        place = plan(*steps)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        monkeypatch.setenv("OPENAI_BASE_URL", place.options["base_url"])
        return place

    return set_plan


def test_a_prompt(run, openai):
    place = openai(HELLO)
    assert run("liter", "add", "openai/gpt-4o-mini", "--alias", "mini").output == (
        "liter/openai/gpt-4o-mini\n"
    )
    answer = run("-m", "mini", "-s", "Be brief", "-o", "temperature", "0.5", "Hello")
    assert (answer.exit_code, answer.output) == (0, "Hello world\n")
    asked = place.asked()
    assert asked["temperature"] == 0.5
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    logged = json.loads(run("logs", "--json").output)
    assert logged[0]["response"] == "Hello world"
    assert logged[0]["output_tokens"] > 0
    assert "liter/openai/gpt-4o-mini" in run("models").output


@pytest.mark.parametrize("way", ["blocking", "async"])
def test_a_response_is_not_made_for_each_token(run, plan, monkeypatch, way):
    tokens = [{"token": f"{number} "} for number in range(20)]
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
    end = [{"finish": "stop"}, {"done": True}]
    place = plan({"raw": [{"head": head}, *tokens, *end]})
    made = []
    kind = llm_plugin.LiterModel if way == "blocking" else llm_plugin.AsyncLiterModel
    model = kind("openai/gpt-4o-mini")
    model._llm = LiterLlm(**place.options)
    build = ResponseBuilder.response
    monkeypatch.setattr(ResponseBuilder, "response", lambda own: made.append(1) or build(own))

    async def read() -> str:
        return await model.prompt("Hello").text()

    text = asyncio.run(read()) if way == "async" else model.prompt("Hello").text()
    assert text.split() == [str(number) for number in range(20)]
    assert len(made) <= 2


def test_models_come_and_go(run, monkeypatch):
    monkeypatch.setenv(llm_plugin.VARIABLE, "groq/a, ollama/b")
    run("liter", "add", "cohere/embed-v4.0", "--embed")
    listed = run("models").output
    assert "liter/groq/a" in listed
    assert "liter/ollama/b" in listed
    assert "liter/cohere/embed-v4.0" in run("embed-models").output
    assert run("liter", "remove", "liter/cohere/embed-v4.0").exit_code == 0
    assert "cohere" not in run("embed-models").output
    assert "not registered" in run("liter", "remove", "x/y").output
    assert "provider/model" in run("liter", "add", "gpt-4o").output


def test_errors_are_one_line(run, openai):
    openai({"status": 401, "headers": [], "error": {"message": "no such key"}})
    run("liter", "add", "openai/gpt-4o-mini")
    answer = run("-m", "liter/openai/gpt-4o-mini", "Hello")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "401" in answer.output
    assert "Traceback" not in answer.output


def test_tools_and_schema(run, openai):
    place = openai({"vector": "openai_tool_call_deltas"}, HELLO, HELLO)
    run("liter", "add", "openai/gpt-4o-mini")
    model = llm.get_model("liter/openai/gpt-4o-mini")
    seen: list[str] = []

    def tool(name: str) -> llm.Tool:
        def look(**arguments: Any) -> str:
            seen.append(json.dumps(arguments))
            return "seen"

        schema = {"type": "object", "properties": {}, "additionalProperties": True}
        return llm.Tool(name=name, description="d", input_schema=schema, implementation=look)

    chain = model.chain("Hello", tools=[tool("weather"), tool("time")])
    assert "Hello world" in chain.text()
    results = [message for message in place.asked()["messages"] if message["role"] == "tool"]
    assert len(results) == len(seen) > 0
    shape = {"type": "object", "properties": {"a": {"type": "string"}}}
    model.prompt("Hello", schema=shape).text()
    assert place.asked()["response_format"]["json_schema"]["schema"] == shape


def test_a_tool_that_failed_is_marked(plan, monkeypatch):
    place = plan({"vector": "anthropic_tool_call_whole"}, HELLO)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", place.options["base_url"])
    model = llm_plugin.LiterModel("anthropic/claude")

    def weather(city: str) -> str:
        raise LookupError("no such city")

    assert "Hello world" in model.chain("Hello", tools=[weather]).text()
    assert place.asked()["messages"][-1]["content"][0]["is_error"] is True


def test_conversation_async_and_attachment(run, openai):
    place = openai(HELLO, HELLO, HELLO)
    run("liter", "add", "openai/gpt-4o-mini")
    conversation = llm.get_model("liter/openai/gpt-4o-mini").conversation()
    picture = llm.Attachment(type="image/png", content=b"\x89PNG")
    conversation.prompt("What is it?", attachments=[picture]).text()
    conversation.prompt("And?").text()
    messages = place.asked()["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[0]["content"][1]["image_url"]["url"].startswith("data:image/png")

    async def ask() -> str:
        return await llm.get_async_model("liter/openai/gpt-4o-mini").prompt("Hello").text()

    assert asyncio.run(ask()) == "Hello world"


def test_embeddings(run, openai):
    openai(HELLO)
    run("liter", "add", "openai/text-embedding-3-small", "--embed")
    answer = run("embed", "-m", "liter/openai/text-embedding-3-small", "-c", "Hello")
    assert len(json.loads(answer.output)) == 8
