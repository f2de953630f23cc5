"""Arguments that commands share, and what they become: options of a client, fields of a request."""

from __future__ import annotations

import json
import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import keys
from .usage_error import UsageError, cannot

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser, Namespace

    from .. import LiterLlm
    from .output import Output

MODEL_VARIABLE = "LITER_LLM_MODEL"
TAPE_MODES = ("auto", "record", "replay")
Fields = dict[str, Any]
# Fields that have a place of their own on the command line, or that would change what comes back.
_TAKEN = {
    "messages": "the prompt is the message",
    "model": "use -m",
    "input": "the arguments are the inputs",
    "query": "the first argument is the query",
    "documents": "the arguments are the documents",
    "operation": "the command is the operation",
    "collect": "it is an option for programs",
}


def completes(action: Action, kind: str) -> None:
    """Marks an argument for shell completion: `file`, `model` or `provider`."""
    action.completes = kind  # type: ignore[attr-defined]


def add_model(parser: ArgumentParser) -> None:
    about = f"the model, as provider/model; by default that of {MODEL_VARIABLE}"
    completes(parser.add_argument("-m", "--model", metavar="MODEL", help=about), "model")


def add_connection(parser: ArgumentParser) -> None:
    """What every request has: where it goes, with which key, for how long."""
    group = parser.add_argument_group("where it goes")
    provider = group.add_argument(
        "-p",
        "--provider",
        metavar="NAME",
        help="the provider; the model's name is then sent as it is",
    )
    completes(provider, "provider")
    group.add_argument("--base-url", metavar="URL", help="another address of the provider's API")
    group.add_argument(
        "--api", metavar="NAME", help="which of its APIs: chat, responses, native, ..."
    )
    key_file = group.add_argument(
        "--key-file",
        metavar="FILE",
        help="a file that has the key and nothing else; by default the key is that of the"
        " environment",
    )
    completes(key_file, "file")
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        help="for the whole request, retries included",
    )
    group.add_argument(
        "-o",
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any field of the request or option of the client, also a provider's own; the value is"
        " JSON or else text, and @FILE is what a file has; may be repeated",
    )


def add_tape(parser: ArgumentParser) -> None:
    """For commands whose requests can be recorded and played again."""
    group = parser.add_argument_group("a tape of the exchanges")
    tape = group.add_argument(
        "--tape",
        metavar="FILE",
        help="play what is on it, without network and key, and record what is not; it holds the"
        " prompts and responses, and no key",
    )
    completes(tape, "file")
    group.add_argument(
        "--tape-mode",
        choices=TAPE_MODES,
        help="auto, by default; record: send everything and write the file anew; replay: send"
        " nothing",
    )


def add_verbosity(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("messages on standard error")
    group.add_argument("-q", "--quiet", action="store_true", help="errors only")
    group.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="also model, tokens and times; twice: what the library logs",
    )


def verbosity(arguments: Namespace) -> int:
    return -1 if arguments.quiet else int(arguments.verbose)


def seconds(text: str) -> int:
    """Milliseconds."""
    value = _number(text)
    if value is None or not 0 < value < 10**7:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return max(1, round(value * 1000))


def number(text: str) -> float:
    value = _number(text)
    if value is None:
        raise ArgumentTypeError(f"{text!r} is not a number")
    return value


def count(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None  # neither infinite nor nan


def name_model(arguments: Namespace) -> Fields:
    """The model and, where it is named, the provider."""
    model = arguments.model
    if not model and not arguments.provider:
        model = os.environ.get(MODEL_VARIABLE)
    if not model:
        raise UsageError(
            f"no model; give one as -m PROVIDER/MODEL, or set {MODEL_VARIABLE}"
            " (liter-llm providers lists the providers)"
        )
    if not arguments.provider and "/" not in model:
        from .provider_table import PROVIDERS

        if model in PROVIDERS:
            raise UsageError(
                f"{model!r} is a provider, not a model; give a model of it, as -m {model}/MODEL"
            )
    return {"model": model}


def given_fields(arguments: Namespace) -> tuple[Fields, Fields]:
    """What -o and the arguments of add_connection say: options of a client, and fields of a
    request."""
    from .._constants_generated import CALL_OPTIONS
    from .._types_generated import Options, RequestFields

    fields = dict(_named(text) for text in arguments.option)
    of_call = {*CALL_OPTIONS, *RequestFields.__annotations__}
    client = {name: fields.pop(name) for name in Options.__annotations__ if name in fields
              and name not in of_call}  # fmt: skip
    for name in ("provider", "base_url", "api"):
        if getattr(arguments, name) is not None:
            fields[name] = getattr(arguments, name)
    if arguments.timeout is not None:
        fields["total_timeout_ms"] = arguments.timeout
    return client, fields


def open_client(client: Fields, arguments: Namespace, output: Output) -> LiterLlm:
    """The client. This loads the native library, at its first request."""
    from .. import LiterLlm

    if arguments.key_file is not None:
        client = {**client, "api_key": keys.read_key(arguments.key_file, output)}
    tape, mode = getattr(arguments, "tape", None), getattr(arguments, "tape_mode", None)
    if mode and not tape:
        raise UsageError("--tape-mode needs --tape FILE")
    if tape:
        client = {**client, "tape": {"file": tape, "mode": mode or "auto"}}
    _log(output)
    return LiterLlm(**client)


def read_json(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} is not JSON: {error}") from None


def read_text(path: str) -> str:
    """A file of ours, such as a schema; what goes to the model is read by files.py."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise cannot("read", path, error) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8") from None


def _named(text: str) -> tuple[str, Any]:
    """The name and the value of -o."""
    name, equals, value = text.partition("=")
    if keys.is_secret(name):
        keys.refuse_secrets(name, value)
    if not equals or not name:
        raise UsageError(f"-o {name}: give it as -o NAME=VALUE")
    if name in _TAKEN:
        raise UsageError(f"-o {name}: {_TAKEN[name]}")
    if value.startswith("@"):
        return name, _value(name, read_text(value[1:]))
    parsed = _value(name, value)
    keys.refuse_secrets(name, parsed)
    return name, parsed


def _value(name: str, text: str) -> Any:
    """JSON, or the text itself, as also where only text is meant: --option user=7."""
    from .._operation_types_generated import EmbedRequest
    from .._types_generated import Options, RequestFields

    for known in (RequestFields, Options, EmbedRequest):
        if known.__annotations__.get(name) is str:
            return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _log(output: Output) -> None:
    """Shows the library's log lines: what it waits for, and with -vv everything."""
    import logging

    class ToOutput(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno < logging.ERROR:  # what failed for good is told at the end
                output.log(record.getMessage())

    if output.verbosity >= 0:
        logger = logging.getLogger("liter_llm")
        logger.setLevel(logging.DEBUG if output.verbosity > 1 else logging.WARNING)
        logger.addHandler(ToOutput())
