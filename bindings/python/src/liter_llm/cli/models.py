"""`liter-llm models`: the models of a provider."""

from __future__ import annotations

import dataclasses
import os
import time
from typing import TYPE_CHECKING, Any

from . import exit_codes, options, tables
from .output import Output
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from .. import Model

DESCRIPTION = (
    "Lists the models of a provider, as far as the key may use them. On a terminal it is a table,"
    " else lines with tabs between id, token limits, date and name."
)
EXAMPLES = (
    "liter-llm models openai",
    "liter-llm models ollama --base-url http://gpu-box:11434",
    "liter-llm models openrouter --json | jq -r 'select(.input_tokens_max > 200000).id'",
)
_HEADING = ("MODEL", "INPUT", "OUTPUT", "CREATED", "NAME")


def add_arguments(parser: ArgumentParser) -> None:
    about = f"by default that of {options.MODEL_VARIABLE}"
    named = parser.add_argument("named", nargs="?", metavar="PROVIDER", help=about)
    options.completes(named, "provider")
    parser.add_argument("--json", action="store_true", help="all fields of each, as lines of JSON")
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    provider = arguments.named or arguments.provider
    if not provider:
        provider, slash, _ = os.environ.get(options.MODEL_VARIABLE, "").partition("/")
        if not slash:
            raise UsageError("no provider; name one, as in liter-llm models openai")
    client, fields = options.given_fields(arguments)
    with options.open_client(client, arguments, output) as llm:
        request: Any = {**fields, "provider": provider}
        reply = llm.models(request).complete()
    if arguments.json:
        for model in reply.models:
            described = dataclasses.asdict(model)
            output.line({name: value for name, value in described.items() if value is not None})
    else:
        tables.show(output, _HEADING, [_row(model) for model in reply.models])
    return exit_codes.OK


def _row(model: Model) -> tables.Row:
    limits = (model.input_tokens_max, model.output_tokens_max)
    numbers = ("" if limit is None else str(limit) for limit in limits)
    date = "" if model.created is None else time.strftime("%Y-%m-%d", time.gmtime(model.created))
    return (model.id, *numbers, date, model.name or "")
