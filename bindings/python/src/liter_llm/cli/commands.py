"""The list of commands, and the parser of each. A command's file is loaded when it is used.

A command is a module with `add_arguments(parser)` and `run(arguments)`, which returns the exit
code; DESCRIPTION, and EXAMPLES or an EPILOG that shows some, are for its help.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import textwrap
from typing import Any, NamedTuple, NoReturn

from . import exit_codes
from .output import PROGRAM
from .usage_error import UsageError

DEFAULT = "prompt"


class Command(NamedTuple):
    """A command before its file is loaded."""

    name: str
    module: str
    summary: str


_ALL = (
    Command("prompt", "liter_llm.cli.prompt", "send a prompt; the default command"),
    Command("chat", "liter_llm.cli.chat", "a conversation in the terminal"),
    Command("embed", "liter_llm.cli.embed", "vectors of texts, as lines of JSON"),
    Command("rerank", "liter_llm.cli.rerank", "order documents by how well they answer a query"),
    Command("map", "liter_llm.bulk.command", "send a file of prompts; can be resumed"),
    Command("count", "liter_llm.cli.count", "count the tokens of a prompt"),
    Command("models", "liter_llm.cli.models", "list the models of a provider"),
    Command("providers", "liter_llm.cli.providers", "list providers, and which keys are set"),
    Command("completion", "liter_llm.cli.completion", "print a script that completes commands"),
)


def commands() -> dict[str, Command]:
    """Those that are installed, by name."""
    return {command.name: command for command in _ALL if _exists(command.module)}


class Parser(argparse.ArgumentParser):
    """One line for what is wrong, and no abbreviations: they change when options are added."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def make_parser(command: Command) -> tuple[argparse.ArgumentParser, Any]:
    """The parser of a command, and its module."""
    module = importlib.import_module(command.module)
    parser = Parser(
        prog=f"{PROGRAM} {command.name}",
        description=textwrap.fill(getattr(module, "DESCRIPTION", command.summary), 79),
        epilog=_epilog(module),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    parser.add_argument("--api-key", nargs="?", dest="_api_key", help=argparse.SUPPRESS)
    return parser, module


def _epilog(module: Any) -> str | None:
    examples: tuple[str, ...] = getattr(module, "EXAMPLES", ())
    if examples:
        return "examples:\n  " + "\n  ".join(examples)
    epilog: str | None = getattr(module, "EPILOG", None)
    return epilog


def examples_of(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    """Those that the help shows, each in a line."""
    _, _, shown = (parser.epilog or "").partition("examples:\n")
    lines = re.sub(r"\s*\\\n\s*", " ", shown).splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def overview() -> str:
    """The help of the program as a whole."""
    listed = [f"  {command.name:<12}{command.summary}" for command in commands().values()]
    return "\n".join(
        (
            f"usage: {PROGRAM} [PROMPT ...] [options]",
            f"       {PROGRAM} COMMAND [arguments] [options]",
            "",
            "Talks to LLM providers from the shell.",
            "",
            "commands:",
            *listed,
            "",
            f"`{PROGRAM} COMMAND --help` has the options of each, with examples;"
            f" `{PROGRAM} prompt --help` those of a prompt.",
            "",
            "examples:",
            f'  {PROGRAM} -m openai/gpt-4o-mini "Explain Rust ownership"',
            f'  cat notes.txt | {PROGRAM} "Summarize this in one line"',
            f"  {PROGRAM} chat -m anthropic/claude-sonnet-4-5",
            "",
            "options:",
            "  -h, --help     this text",
            "  -V, --version  the version",
            "",
            "exit codes:",
            *(f"  {code:<5}{meaning}" for code, meaning in exit_codes.MEANINGS.items()),
        )
    )


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
