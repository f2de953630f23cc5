"""What this package says of options, requests, events and errors is what the core says of them, in
the lists of core/schema/schema.json."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys
import typing
from collections.abc import Mapping
from typing import Any

import pytest

import liter_llm
from liter_llm import LlmError
from support import PACKAGE, ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "core/schema/schema.json").read_text(encoding="utf-8"))
OWN_OPTIONS = {"collect"}  # of this package, and not sent to the core
ABSENT = {
    "kind",
    "number",
    "message",
}  # of an error: its class, the header's number, and str(error)


def names(*lists: str) -> set[str]:
    return {entry["name"] for each in lists for entry in SCHEMA[each]}


def test_files_are_as_the_schema_has_them():
    """Types, constants, and the docstrings of errors and events."""
    check = subprocess.run(
        [sys.executable, "generate_types.py", "--check"],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (check.returncode, check.stdout) == (0, "")


def test_options_are_those_of_the_core():
    """`provider` is the first argument of LiterLlm."""
    expected = names("client_options") - {"provider"} | OWN_OPTIONS
    assert set(liter_llm.Options.__annotations__) == expected


def test_call_options_are_those_of_the_core():
    assert set(liter_llm.CallOptions.__annotations__) == names("call_options") | OWN_OPTIONS


def test_request_fields_are_those_of_the_core():
    hints = typing.get_type_hints(liter_llm.Request)
    assert set(hints) == names("request_fields", "call_options") | OWN_OPTIONS
    required = {entry["name"] for entry in SCHEMA["request_fields"] if entry["required"]}
    assert liter_llm.Request.__required_keys__ == required


OPERATIONS = {
    "embed": liter_llm.EmbedRequest,
    "rerank": liter_llm.RerankRequest,
    "models": liter_llm.ModelsRequest,
    "batch": liter_llm.BatchRequest,
}


def test_operations_are_those_of_the_core():
    """Each has a method, and those with a request of their own a type of it."""
    declared = {entry["name"] for entry in SCHEMA["operations"]}
    assert declared == {"chat", "count_tokens", "stats", *OPERATIONS}
    assert all(hasattr(liter_llm.LiterLlm, name) for name in declared - {"chat"})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_of_operations_are_those_of_the_core(operation):
    declared = next(entry for entry in SCHEMA["operations"] if entry["name"] == operation)
    request = OPERATIONS[operation]
    hints = typing.get_type_hints(request)
    expected = {entry["name"] for entry in declared["fields"]} | names("call_options")
    assert set(hints) == expected | OWN_OPTIONS
    required = {entry["name"] for entry in declared["fields"] if entry["required"]}
    assert request.__required_keys__ == required
    for entry in declared["fields"]:
        if entry["type"] in PYTHON_TYPES:
            assert hints[entry["name"]] is PYTHON_TYPES[entry["type"]], entry


PYTHON_TYPES = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "bytes": int,
    "milliseconds": int,
}


@pytest.mark.parametrize("owner", ["client_options", "call_options", "request_fields"])
def test_types_are_those_of_the_core(owner):
    classes = {"client_options": liter_llm.Options, "call_options": liter_llm.CallOptions}
    hints = typing.get_type_hints(classes.get(owner, liter_llm.Request))
    for entry in SCHEMA[owner]:
        if entry["name"] in hints and entry["type"] in PYTHON_TYPES:
            assert hints[entry["name"]] is PYTHON_TYPES[entry["type"]], entry
    if owner == "client_options":
        levels = tuple(level["name"] for level in SCHEMA["log_levels"])
        assert typing.get_args(hints["log_level"]) == levels


OF_VECTORS = {"dimensions", "count", "truncated", "finished_ranges", "failed_ranges"}
OF_OPERATIONS = {"requests", *OF_VECTORS}  # in a receipt
EVENTS = {
    "START": (liter_llm.Start, names("start_fields")),
    "TEXT": (liter_llm.Text, {"text"}),
    "REASONING": (liter_llm.Reasoning, {"text"}),
    "TOOL_DELTA": (liter_llm.ToolDelta, names("tool_delta_fields")),
    "TOOL_CALL": (liter_llm.ToolCall, names("tool_call_fields")),
    "PART": (liter_llm.Part, {"type", "data"}),
    # An End is of a complete response, and holds the timings itself.
    "END": (
        liter_llm.End,
        names("receipt_fields", "timing_fields") - {"outcome", "timings", "error"} - OF_OPERATIONS,
    ),
}


def fields(of: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(of)}


def test_events_are_those_of_the_core():
    """Lines of the log go to the logger, keys are asked of their function, and what operations
    beside chat deliver is in their replies; none of these is an event of a stream."""
    assert set(EVENTS) == names("event_kinds") - {"LOG", "KEY", "VECTORS", "RESULT"}
    assert {kind for kind, _ in EVENTS.values()} == set(typing.get_args(liter_llm.Event))


@pytest.mark.parametrize("kind", EVENTS)
def test_fields_of_events_are_those_of_the_core(kind):
    event, expected = EVENTS[kind]
    assert fields(event) == expected


def test_usage_is_that_of_the_core():
    assert fields(liter_llm.Usage) == names("usage_fields")


def test_a_response_holds_start_and_receipt():
    parts = {"collected", "text", "reasoning", "refusal", "tool_calls", "parts", "blocks"}
    expected = names("start_fields", "receipt_fields", "timing_fields") - {"timings", "error"}
    assert fields(liter_llm.Response) == (expected | parts) - OF_OPERATIONS


OF_A_CHAT = {"finish_reason", "finish_reason_raw", "unknown_events", "first_token_ms"}
REPLIES = {
    liter_llm.EmbedResponse: {"vectors"} | OF_VECTORS,
    liter_llm.RerankResponse: {"results"},
    liter_llm.ModelsResponse: {"models"},
    liter_llm.TokenCount: names("input_tokens_fields"),
}


@pytest.mark.parametrize("reply", REPLIES, ids=lambda of: of.__name__)
def test_replies_hold_start_and_receipt(reply):
    common = names("start_fields", "receipt_fields", "timing_fields") - {"timings", "error"}
    assert fields(reply) == (common - OF_A_CHAT - OF_VECTORS) | REPLIES[reply]


def test_results_are_those_of_the_core():
    assert fields(liter_llm.RerankResult) == names("rerank_result_fields")
    assert fields(liter_llm.Model) == names("model_fields")
    assert fields(liter_llm.Stats) == names("stats_fields")
    assert fields(liter_llm.ProviderStats) == names("provider_stats_fields")


def python_type(entry: dict[str, Any]) -> Any:
    """What a value of the core is in Python, for a field that is always there."""
    if entry["name"] in ("outcome", "finish_reason"):
        return getattr(liter_llm, {"outcome": "Outcome"}.get(entry["name"], "FinishReason"))
    if entry["name"] == "usage":
        return liter_llm.Usage
    more = {
        "object": Mapping[str, Any],
        "any": Any,
        "list of text": tuple[str, ...],
        "list of integers": tuple[int, ...],
        "list of ranges": tuple[tuple[int, int], ...],
        "list of objects": tuple[liter_llm.Tried, ...],
    }
    return {**PYTHON_TYPES, **more}[entry["type"]]


LISTS = {
    liter_llm.Start: ["start_fields"],
    liter_llm.ToolDelta: ["tool_delta_fields"],
    liter_llm.ToolCall: ["tool_call_fields"],
    liter_llm.Usage: ["usage_fields"],
    liter_llm.End: ["receipt_fields", "timing_fields"],
    liter_llm.Response: ["start_fields", "receipt_fields", "timing_fields"],
    liter_llm.Tried: ["tried_fields"],
    LlmError: ["error_fields"],
    liter_llm.EmbedResponse: ["start_fields", "receipt_fields", "timing_fields"],
    liter_llm.RerankResult: ["rerank_result_fields"],
    liter_llm.Model: ["model_fields"],
    liter_llm.TokenCount: ["receipt_fields", "input_tokens_fields"],
    liter_llm.ProviderStats: ["provider_stats_fields"],
}


@pytest.mark.parametrize("of", LISTS, ids=lambda of: of.__name__)
def test_types_of_fields_are_those_of_the_core(of):
    """None stands for what is absent."""
    hints = typing.get_type_hints(of)
    entries = [entry for name in LISTS[of] for entry in SCHEMA[name] if entry["name"] in hints]
    assert entries
    for entry in entries:
        if entry["name"] != "kind":
            wanted = python_type(entry)
            assert hints[entry["name"]] in (wanted, typing.Optional[wanted]), entry


def test_outcomes_and_finish_reasons_are_those_of_the_core():
    assert set(typing.get_args(liter_llm.Outcome)) == names("outcomes")
    assert set(typing.get_args(liter_llm.FinishReason)) == names("finish_reasons")


def test_errors_are_those_of_the_core():
    """A class for each kind, under its public name, and the same attributes. An output that is not
    of its type is found by this package."""
    kinds = {kind.kind: kind for kind in LlmError.__subclasses__()}
    assert set(kinds) == names("error_kinds") | {"OUTPUT"}
    for kind in kinds.values():
        assert getattr(liter_llm, kind.__name__) is kind
    attributes = {name for name in typing.get_type_hints(LlmError) if name[0] != "_"}
    assert attributes == names("error_fields") - ABSENT | {"kind", "partial"}


def test_numbers_are_those_of_the_header():
    from liter_llm._native import lib

    for entry in SCHEMA["error_kinds"]:
        assert getattr(lib, f"LLM_ERROR_{entry['name']}") == entry["number"]
    for entry in SCHEMA["event_kinds"]:
        assert getattr(lib, f"LLM_EVENT_{entry['name']}") == entry["number"]


def test_a_stale_file_is_noticed(monkeypatch, capsys, tmp_path):
    """A default that changes in the core, a description, an option that is new there."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    generate = importlib.import_module("generate_types")
    changed = json.loads(json.dumps(SCHEMA))
    window = next(e for e in changed["client_options"] if e["name"] == "stream_window_bytes")
    window["default"] = 7
    changed["error_kinds"][0]["description"] = "Another one."
    changed["usage_fields"][0]["description"] = "Another one."
    changed["operations"][1]["fields"][0]["description"] = "Another one."
    changed["model_fields"][0]["description"] = "Another one."
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(changed), encoding="utf-8")
    monkeypatch.setattr(generate, "SCHEMA", path)

    assert generate.main(["--check"]) == 1

    stale = capsys.readouterr().out
    files = (
        *("_types_generated", "_operation_types_generated", "_constants_generated"),
        *("_errors", "_events", "_replies"),
    )
    assert [name for name in files if f"{name}.py" not in stale] == []
