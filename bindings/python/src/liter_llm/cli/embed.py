"""`liter-llm embed`: vectors of texts, as lines of JSON."""

from __future__ import annotations

import itertools
import struct
import sys
from typing import TYPE_CHECKING, Any

from .._errors import LlmError
from . import exit_codes, options
from .output import Output
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from .. import EmbedResponse, LiterLlm

DESCRIPTION = (
    "Writes a line of JSON for each text: its index, the text and its vector. Without arguments the"
    " texts are the lines of standard input; empty lines are left out."
)
EXAMPLES = (
    'liter-llm embed -m openai/text-embedding-3-small "a text" "another"',
    "liter-llm embed -m voyage/voyage-3.5 --input-type document < titles.txt > vectors.jsonl",
    "liter-llm embed -m openai/text-embedding-3-small --dimensions 256 hello | jq -c .vector",
)
INPUTS_PER_CALL = 1000
"""How many lines are read before their vectors are written, so that memory is bounded. The core
cuts them by the provider's limits."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("texts", nargs="*", default=[], metavar="TEXT", help="what to embed")
    options.add_model(parser)
    group = parser.add_argument_group("which vectors")
    group.add_argument(
        "--dimensions", metavar="COUNT", type=options.count, help="length of the vectors"
    )
    group.add_argument(
        "--input-type",
        metavar="TYPE",
        help="what they are for: query, document, classification, clustering, similarity, ...",
    )
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    model = options.name_model(arguments)
    client, fields = options.given_fields(arguments)
    for name in ("dimensions", "input_type"):
        if getattr(arguments, name) is not None:
            fields[name] = getattr(arguments, name)
    texts = iter(arguments.texts) if arguments.texts else _lines()
    first = 0
    with options.open_client(client, arguments, output) as llm:
        while pieces := list(itertools.islice(texts, INPUTS_PER_CALL)):
            _embed(llm, {**fields, **model, "input": pieces}, first, output)
            first += len(pieces)
    if not first:
        raise UsageError("nothing to embed; give texts as arguments, or pipe lines in")
    return exit_codes.OK


def _embed(llm: LiterLlm, request: Any, first: int, output: Output) -> None:
    try:
        reply = llm.embed(request).complete()
    except LlmError as error:
        partial: Any = error.partial
        if partial is not None:
            _write(partial, request["input"], first, output)
        raise
    for warning in reply.warnings:
        output.warn(f"warning: {warning}")
    _write(reply, request["input"], first, output)


def _write(reply: EmbedResponse, texts: list[str], first: int, output: Output) -> None:
    """The vectors that came, each with the text that it belongs to."""
    ranges = reply.finished_ranges or ((0, len(texts)),)
    positions = itertools.chain.from_iterable(range(*each) for each in ranges)
    for position, vector in zip(positions, reply.vectors):
        numbers = [short(number) for number in vector]
        output.line({"index": first + position, "text": texts[position], "vector": numbers})


def short(number: float) -> float:
    """The shortest decimal that is the same 32-bit float."""
    packed = struct.pack("<f", number)
    for digits in (7, 8):
        rounded = float(f"{number:.{digits}g}")
        if struct.pack("<f", rounded) == packed:
            return rounded
    return float(f"{number:.9g}")


def _lines() -> Iterator[str]:
    if sys.stdin is None or sys.stdin.isatty():
        return
    try:
        for line in sys.stdin.buffer:
            text = line.decode("utf-8").rstrip("\r\n")
            if text.strip():
                yield text
    except UnicodeDecodeError:
        raise UsageError("standard input is not text in UTF-8") from None
