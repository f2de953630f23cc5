"""Options: from the command line to those of a LiterLlm. The one place that knows which options a
run over many rows needs."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .._types import Options
from .faults import BulkError

FOR_MANY_ROWS: dict[str, Any] = {
    # A row is worth more waiting than a person at a prompt is.
    "retries_max": 8,
    # The budget keeps a program from multiplying an outage; here `concurrency` bounds that, and no
    # row may be lost for want of it.
    "retry_budget": 1_000_000_000,
    "pacing": "headers",
}
"""What is set where the user does not say otherwise."""


def client_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What LiterLlm is made with."""
    known = Options.__annotations__
    options = dict(FOR_MANY_ROWS)
    options.update(pairs("--option", arguments.option))
    given = {
        "provider": arguments.provider,
        "base_url": arguments.base_url,
        "requests_per_minute": arguments.rpm,
        "tokens_per_minute": arguments.tpm,
    }
    options |= {name: value for name, value in given.items() if value is not None}
    if "api_key" in options:
        raise BulkError("--option api_key: keys come from the environment, such as OPENAI_API_KEY")
    for name in options:
        if name not in known and name != "provider":
            raise BulkError(f"option {name!r} is unknown to this version of the library")
    return options


def pairs(option: str, given: list[str] | None) -> dict[str, Any]:
    """NAME=VALUE, where a value that is not JSON is text."""
    found: dict[str, Any] = {}
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise BulkError(f"{option} {pair}: expected NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
