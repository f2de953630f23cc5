"""`liter-llm count`: the tokens of a prompt, counted by the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import conversation, exit_codes, options
from .output import Output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DESCRIPTION = (
    "Has the provider count the tokens of a prompt, and prints the number. A provider that cannot"
    " count is an error: nothing is estimated."
)
EXAMPLES = (
    "liter-llm count -m anthropic/claude-sonnet-4-5 -f contract.pdf",
    "cat notes.txt | liter-llm count -m gemini/gemini-2.5-flash",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "prompt", nargs="*", default=[], metavar="PROMPT", help="words of the prompt"
    )
    conversation.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="all that the provider says, as JSON")
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    model = options.name_model(arguments)
    client, fields = options.given_fields(arguments)
    content = conversation.read_content(arguments.prompt, arguments.file)
    messages = [*conversation.system_messages(arguments), {"role": "user", "content": content}]
    request: Any = {**fields, **model, "messages": messages}
    with options.open_client(client, arguments, output) as llm:
        counted = llm.count_tokens(request).complete()
    for warning in counted.warnings:
        output.warn(f"warning: {warning}")
    if arguments.json:
        names = ("input_tokens", "cached_input_tokens", "token_ids", "billable_characters")
        said = {name: getattr(counted, name) for name in (*names, "details", "model")}
        output.line({name: value for name, value in said.items() if value is not None})
    else:
        output.text(f"{counted.input_tokens}\n")
    return exit_codes.OK
