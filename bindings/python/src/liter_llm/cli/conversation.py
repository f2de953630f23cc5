"""Arguments of a chat request (prompt, chat, count), and the request that they become."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from . import files, options
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from .options import Fields

_FORM = "give a JSON schema as a file, or as JSON that begins with {"


def add_arguments(parser: ArgumentParser) -> None:
    options.add_model(parser)
    parser.add_argument("-s", "--system", metavar="TEXT", help="the system message")
    file = parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        action="append",
        default=[],
        help="a text, an image or a PDF that goes with the prompt, - for standard input; may be"
        " repeated",
    )
    options.completes(file, "file")


def add_sampling(parser: ArgumentParser) -> None:
    """What shapes the response."""
    group = parser.add_argument_group("how the model responds")
    group.add_argument("--max-tokens", metavar="COUNT", type=options.count, help="of the response")
    group.add_argument("--temperature", metavar="NUMBER", type=options.number, help="of sampling")
    group.add_argument(
        "--reasoning-effort",
        metavar="LEVEL",
        help="how hard to think: low, medium, high, or a word of the provider's",
    )
    schema = group.add_argument(
        "--schema",
        metavar="SCHEMA",
        help="the response is JSON of this schema: a file, or the JSON itself",
    )
    options.completes(schema, "file")


def read_content(words: list[str], paths: list[str]) -> Any:
    """The user's message: files, then what is piped in, then the words. Text alone is a text."""
    parts = [files.read_part(path) for path in paths]
    piped = "" if files.STDIN in paths else read_piped()
    text = " ".join(words)
    if piped.strip():
        text = f"{piped.rstrip()}\n\n{text}" if text else piped
    if text:
        parts.append({"type": "text", "text": text})
    if not parts:
        raise UsageError("no prompt; give one as argument, or pipe a text in")
    texts = [part["text"] for part in parts if part["type"] == "text"]
    return "\n\n".join(texts) if len(texts) == len(parts) else parts


def read_piped() -> str:
    """Standard input, unless a person would have to type it."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    try:
        return files.read_limited(sys.stdin.buffer, "standard input").decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("standard input is not text in UTF-8; for an image use -f -") from None
    except OSError as error:
        raise UsageError(f"cannot read standard input: {error.strerror}") from None


def request_fields(arguments: Namespace) -> Fields:
    """What the arguments of add_sampling say."""
    fields = {
        name: value
        for name in ("max_tokens", "temperature", "reasoning_effort")
        if (value := getattr(arguments, name)) is not None
    }
    if arguments.schema is not None:
        fields["response_format"] = response_format(arguments.schema)
    return fields


def system_messages(arguments: Namespace) -> list[Fields]:
    return [{"role": "system", "content": arguments.system}] if arguments.system else []


def response_format(given: str) -> Fields:
    """OpenAI's form, which the core translates; a schema that has that form already is taken as it
    is. The name is the schema's title: OpenAI requires one of such letters."""
    inline = given.lstrip().startswith("{")
    what = "--schema" if inline else f"the schema {given}"
    schema = options.read_json(what, given if inline else options.read_text(given))
    if not isinstance(schema, dict):
        raise UsageError(f"{what} is not a JSON object; {_FORM}")
    if schema.get("type") == "json_schema":
        return schema
    if isinstance(schema.get("schema"), dict) and isinstance(schema.get("name"), str):
        return {"type": "json_schema", "json_schema": schema}
    title = schema.get("title")
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", title if isinstance(title, str) else "")[:64]
    return {"type": "json_schema", "json_schema": {"name": name or "response", "schema": schema}}
