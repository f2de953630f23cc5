"""`liter-llm rerank`: documents in the order of how well they answer a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import conversation, exit_codes, options, tables
from .output import Output
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DESCRIPTION = (
    "Orders documents by how well they answer a query, the best one first. Without documents as"
    " arguments they are the lines of standard input. Lines have score, index and document, with"
    " tabs between them."
)
EXAMPLES = (
    'liter-llm rerank -m cohere/rerank-v3.5 "Who owns a value?" "Bread is baked" "A value has one"',
    'liter-llm rerank -m voyage/rerank-2.5 --top-n 3 "borrowing" < notes.txt | cut -f3',
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", help="what the documents should answer")
    parser.add_argument("documents", nargs="*", default=[], metavar="DOCUMENT", help="a text")
    options.add_model(parser)
    parser.add_argument(
        "--top-n", metavar="COUNT", type=options.count, help="only the best so many"
    )
    parser.add_argument("--json", action="store_true", help="lines of JSON")
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    request = options.name_model(arguments)
    client, fields = options.given_fields(arguments)
    documents = arguments.documents
    if not documents:
        documents = [line for line in conversation.read_piped().splitlines() if line.strip()]
    if not documents:
        raise UsageError("no documents; give them as arguments, or pipe lines in")
    if arguments.top_n is not None:
        fields["top_n"] = arguments.top_n
    with options.open_client(client, arguments, output) as llm:
        asked: Any = {**fields, **request, "query": arguments.query, "documents": documents}
        reply = llm.rerank(asked).complete()
    for warning in reply.warnings:
        output.warn(f"warning: {warning}")
    if arguments.json:
        for result in reply.results:
            entry = {"index": result.index, "score": result.score, "document": result.document}
            output.line(entry)
    else:
        rows = [
            (
                "" if result.score is None else f"{result.score:.4g}",
                str(result.index),
                documents[result.index],
            )
            for result in reply.results
        ]
        tables.show(output, ("SCORE", "INDEX", "DOCUMENT"), rows)
    return exit_codes.OK
