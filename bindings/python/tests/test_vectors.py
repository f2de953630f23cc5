"""The cases that all languages read, through Python: tests/vectors, one file each."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from liter_llm import End, LlmError, Reasoning, Text
from support import ROOT

VECTORS = sorted((ROOT / "tests/vectors").glob("*.json"))
SUBSET = {"START", "END"}


def load(path: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vector


def plan_responses(mock, vector: dict[str, Any]) -> str:
    never = {"answer": {"text": "never"}}
    return mock.plan(*(map(play, vector["responses"]) if vector["responses"] else [never]))


def play(response: dict[str, Any]) -> dict[str, Any]:
    """A step that writes the body in the given pieces, each one as an HTTP chunk of its own."""
    encoded = response.get("body_base64")
    body = base64.b64decode(encoded) if encoded else response.get("body", "").encode()
    cuts = [0, *response.get("cuts", ()), len(body)]
    head = {"status": response["status"], "headers": response.get("headers", [])}
    length = [["content-length", str(len(body))]]
    actions: list[dict[str, Any]] = [{"head": {**head, "headers": head["headers"] + length}}]
    for start, end in zip(cuts, cuts[1:]):
        piece = base64.b64encode(body[start:end]).decode()
        actions.append({"write_base64": piece})
    return {"raw": actions}


def describe(event: object) -> list[Any]:
    """An event as the vectors write it: fields that are unknown are absent."""
    if isinstance(event, (Text, Reasoning)):
        return [type(event).__name__.upper(), event.text]
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).upper()
    fields = dataclasses.asdict(event)
    if name == "PART":
        return [name, fields["data"]]
    return [name, present(fields)]


def present(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: present(value) if isinstance(value, dict) and name != "raw" else value
        for name, value in fields.items()
        if value is not None
    }


def describe_end(fields: dict[str, Any], outcome: str) -> list[Any]:
    names = ("first_token_ms", "total_ms", "queued_ms")
    times = {name: fields.pop(name) for name in names if name in fields}
    return ["END", {**fields, "outcome": outcome, "timings": times}]


def describe_failure(error: LlmError) -> list[Any]:
    assert error.partial is not None
    partial = present(dataclasses.asdict(error.partial))
    details = {name: getattr(error, name) for name in dir(type(error)) if name[0] != "_"}
    described = {**details, "message": str(error)}
    outcome = str(partial["outcome"])
    return describe_end({**partial, "error": described}, outcome)


async def events_on_loop(call) -> tuple[list[Any], LlmError | None]:
    events: list[Any] = []
    try:
        async for event in call.events():
            events.append(event)
    except LlmError as error:
        return events, error
    return events, None


def events_on_thread(call) -> tuple[list[Any], LlmError | None]:
    events: list[Any] = []
    try:
        for event in call.events():
            events.append(event)
    except LlmError as error:
        return events, error
    return events, None


def as_written(events: list[Any], error: LlmError | None) -> list[list[Any]]:
    described = [describe(event) for event in events]
    if events and isinstance(events[-1], End):
        described[-1] = describe_end(described[-1][1], "complete")
    if error is not None:
        described.append(describe_failure(error))
    return described


def is_subset(expected: Any, seen: Any) -> bool:
    if isinstance(expected, dict) and isinstance(seen, dict):
        return all(name in seen and is_subset(expected[name], seen[name]) for name in expected)
    if isinstance(expected, list) and isinstance(seen, (list, tuple)):
        return expected == list(seen)
    return bool(expected == seen)


def check(vector: dict[str, Any], events: list[list[Any]]) -> None:
    expected = vector["expected"]["events"]
    assert [event[0] for event in events] == [event[0] for event in expected], events
    for (name, data), (_, seen) in zip(expected, events):
        if name in SUBSET:
            assert is_subset(data, seen), (data, seen)
        elif name == "TOOL_CALL" and data["id"] is None:
            # An id that was made here.
            assert seen["id"].startswith("call_"), seen
            assert {**seen, "id": None} == data
        else:
            assert seen == data


@pytest.mark.parametrize("wait", ["loop", "thread"])
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(mock, connect, path, wait):
    vector = load(path)
    key = plan_responses(mock, vector)
    base_url = mock.base_url(key).removesuffix("/v1") + vector.get("base_path", "/v1")
    llm = connect(key, provider=vector["provider"], base_url=base_url, retries_max=5)
    call = llm.invoke(vector["request"])

    if wait == "loop":
        events, error = asyncio.run(events_on_loop(call))
    else:
        events, error = events_on_thread(call)

    check(vector, as_written(events, error))
    assert vector["expected"].get("error", "OK") == ("OK" if error is None else error.kind)
    check_sent(vector, mock.seen(key)["requests"])


def check_sent(vector: dict[str, Any], requests: list[dict[str, Any]]) -> None:
    sent = vector.get("sent", {})
    if "attempts" in vector["expected"]:
        assert len(requests) == vector["expected"]["attempts"]
    if "body" in sent:
        assert requests[0]["body"] == sent["body"]
    if "path" in sent:
        assert requests[0]["path"].endswith(sent["path"])
    headers = {name.lower(): value for name, value in requests[0]["headers"]} if requests else {}
    assert is_subset(sent.get("headers", {}), headers)


def test_there_are_vectors():
    assert VECTORS
