"""One short streamed call to each real provider whose key variable is set: `make test-live`.

The models are those of models.json; LIVE_MODELS="provider=model ..." changes one or adds one. A
provider without a key or a model is named as skipped. Whatever is printed has no key in it. Ends
with `N passed, N failed, N skipped`; the exit code is 1 when a call failed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from liter_llm import LiterLlm, LlmError, Message

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "core/schema/schema.json"
PROMPT = "Say the word yes and nothing else."
TOKENS_MAX, TIMEOUT_MS = 256, 60_000


class Call(NamedTuple):
    """A provider to be asked, or why it is not."""

    provider: str
    model: str | None
    skipped: str | None


def read_providers() -> list[dict[str, Any]]:
    """Every provider that chats and has a key variable."""
    providers = json.loads(SCHEMA.read_text(encoding="utf-8"))["providers"]
    return [each for each in providers if each["key_variables"] and "chat" in each["operations"]]


def read_models(environment: Mapping[str, str]) -> dict[str, str]:
    """The model of each provider that has one."""
    models: dict[str, str] = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
    for pair in environment.get("LIVE_MODELS", "").split():
        provider, _, model = pair.partition("=")
        models[provider] = model
    return models


def calls(environment: Mapping[str, str]) -> Iterator[Call]:
    """What is asked, and what is skipped; a variable that is empty is not set."""
    models = read_models(environment)
    for provider in read_providers():
        name, variables = provider["name"], provider["key_variables"]
        if not any(environment.get(variable) for variable in variables):
            yield Call(name, None, f"no {' or '.join(variables)}")
        elif name not in models:
            yield Call(name, None, f"no model; LIVE_MODELS='{name}=...' names one")
        else:
            yield Call(name, models[name], None)


def secrets(environment: Mapping[str, str]) -> list[str]:
    """The value of every key variable, the longest first."""
    variables = {name for provider in read_providers() for name in provider["key_variables"]}
    values = {environment.get(name, "") for name in variables}
    return sorted((value for value in values if value), key=len, reverse=True)


def say(text: str, keys: list[str]) -> None:
    """Prints a line, with the core's redaction and once more without keys."""
    for key in keys:
        text = text.replace(key, "[key]")
    print(" ".join(text.split()), flush=True)


def ask(provider: str, model: str) -> str:
    """A short streamed call; what came of it. Raises what went wrong."""
    messages: list[Message] = [{"role": "user", "content": PROMPT}]
    with LiterLlm(provider=provider, total_timeout_ms=TIMEOUT_MS, retries_max=1) as llm:
        stream = llm.invoke({"model": model, "messages": messages, "max_tokens": TOKENS_MAX})
        pieces = list(stream)
    response = stream.response
    text = "".join(pieces)
    if response.outcome != "complete" or not text:
        raise ValueError(f"{response.outcome}, {len(text)} characters")
    if not response.usage or not response.usage.output_tokens:
        raise ValueError("no usage")
    return f"{text!r}, {response.usage.output_tokens} tokens"


def main() -> int:
    """Asks all of them, one after another; the exit code."""
    keys = secrets(os.environ)
    passed, failed, skipped = 0, 0, []
    for call in calls(os.environ):
        if call.model is None:
            skipped.append(f"{call.provider}: {call.skipped}")
            continue
        try:
            say(f"ok      {call.provider} {call.model}: {ask(call.provider, call.model)}", keys)
            passed += 1
        except (LlmError, ValueError) as error:
            say(f"FAILED  {call.provider} {call.model}: {error}", keys)
            failed += 1
    for line in skipped:
        say(f"skipped {line}", keys)
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
