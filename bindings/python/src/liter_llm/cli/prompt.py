"""`liter-llm "prompt"`: one request, whose response is streamed to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import conversation, options
from .output import Output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DESCRIPTION = (
    "Sends a prompt and writes the response to standard output as it arrives. What is piped in goes"
    " before the prompt, or is the prompt. The word `prompt` may be left out, unless the prompt"
    " begins with the name of a command."
)
EXAMPLES = (
    'liter-llm -m openai/gpt-4o-mini "Explain Rust ownership"',
    'git diff | liter-llm -s "You review code" "What could go wrong here?"',
    'liter-llm -f scan.pdf -f chart.png "Do the two agree?"',
    'liter-llm -f page.html --schema city.json "Which city?" | jq .city',
    "liter-llm -p azure -m my-deployment -o user=me -o stop='[\"END\"]' hello",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "prompt", nargs="*", default=[], metavar="PROMPT", help="words of the prompt"
    )
    conversation.add_arguments(parser)
    conversation.add_sampling(parser)
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "--json", action="store_true", help="every event as a line of JSON, the last one `end`"
    )
    group.add_argument(
        "--reasoning", action="store_true", help="the model's reasoning too, on standard error"
    )
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    model = options.name_model(arguments)
    client, fields = options.given_fields(arguments)
    chosen = conversation.request_fields(arguments)
    content = conversation.read_content(arguments.prompt, arguments.file)
    messages = [*conversation.system_messages(arguments), {"role": "user", "content": content}]
    request: Any = {**fields, **chosen, **model, "messages": messages}
    with options.open_client(client, arguments, output) as llm:
        from . import answer

        return answer.show_one(
            llm.invoke(request), output, as_json=arguments.json, reasoning=arguments.reasoning
        )
