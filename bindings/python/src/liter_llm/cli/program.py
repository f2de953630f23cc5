"""The program: arguments to a command, and every failure to one line and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._distribution import DISTRIBUTION, check_not_replaced
from .._platform import end_by_interrupt
from . import commands, exit_codes, keys
from .output import Output, OutputError, abandon
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

_MARK = "\0"  # no argument of a program can have it


def main(argv: list[str] | None = None) -> int:
    """The exit code. Ctrl-C ends the process by its signal, as a shell that runs it expects: 130
    there, and its loops end too."""
    try:
        code = run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        abandon()
        return exit_codes.READER_GONE
    except OSError as error:
        abandon()
        Output().fail(f"cannot write to standard output: {error.strerror or error}")
        return exit_codes.FAILURE


def run(argv: list[str]) -> int:
    """Runs a command. Raises KeyboardInterrupt and BrokenPipeError only."""
    try:
        check_not_replaced()
    except ImportError as error:
        Output().fail(str(error))
        return exit_codes.FAILURE
    from .._errors import LlmError

    try:
        if argv[:1] in (["-h"], ["--help"]) or (not argv and sys.stdin and sys.stdin.isatty()):
            print(commands.overview())
            return exit_codes.OK
        if argv[:1] in (["-V"], ["--version"]):
            print(version())
            return exit_codes.OK
        arguments, module = parse(argv)
        return int(module.run(arguments))
    except SystemExit as ended:  # argparse has printed a help
        return ended.code if isinstance(ended.code, int) else exit_codes.OK
    except UsageError as error:
        Output().fail(str(error))
        return exit_codes.USAGE
    except OutputError as error:
        abandon()
        Output().fail(str(error))
        return exit_codes.FAILURE
    except LlmError as error:
        Output().fail(f"{error.kind}: {error}")
        return exit_codes.of_kind(error.kind)


def parse(argv: list[str]) -> tuple[Namespace, Any]:
    """The arguments, and the module of the command; without one it is a prompt."""
    known = commands.commands()
    named = known.get(argv[0]) if argv else None
    rest = argv if named is None else argv[1:]
    parser, module = commands.make_parser(named or known[commands.DEFAULT])
    if any(word == "--api-key" or word.startswith("--api-key=") for word in before_dashes(rest)):
        raise UsageError(f"--api-key: a key {keys.REFUSED}")
    arguments, unknown = parser.parse_known_intermixed_args(_mark_words(rest))
    _unmark_words(arguments)
    if unknown:
        # The value of an unknown option may be a key.
        name = next((word for word in unknown if word.startswith("-")), None)
        what = "too many arguments" if name is None else f"unknown option {name.split('=')[0]}"
        parser.error(what)
    return arguments, module


def _mark_words(words: list[str]) -> list[str]:
    """Marks what stands behind `--`, which argparse would still take for options here: it reads
    options and words in two turns."""
    before = before_dashes(words)
    behind = words[len(before) + 1 :]
    return before + [_MARK + word if word.startswith("-") else word for word in behind]


def _unmark_words(arguments: Namespace) -> None:
    for name, value in vars(arguments).items():
        if isinstance(value, list):
            setattr(arguments, name, [_unmarked(entry) for entry in value])
        else:
            setattr(arguments, name, _unmarked(value))


def _unmarked(value: Any) -> Any:
    if isinstance(value, (str, Path)) and str(value).startswith(_MARK):
        return type(value)(str(value)[len(_MARK) :])
    return value


def before_dashes(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


def version() -> str:
    """Of the installed package, which is that of the library."""
    from importlib.metadata import version as version_of

    return f"liter-llm {version_of(DISTRIBUTION)}"


def _interrupted() -> int:
    abandon()
    end_by_interrupt()
    return exit_codes.CANCELLED
