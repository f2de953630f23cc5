"""All commands with their arguments as plain values: what completion scripts and docs/cli.md are
made from."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

from . import commands


class Argument(NamedTuple):
    """An option, or an argument without a name."""

    flags: tuple[str, ...]
    usage: str
    """Its value as the help shows it; empty where an option takes none."""
    help: str
    group: str
    completes: str
    """`file`, `model`, `provider`, or empty."""
    choices: tuple[str, ...]


class CommandTree(NamedTuple):
    """A command with everything that its help says."""

    name: str
    summary: str
    description: str
    examples: tuple[str, ...]
    arguments: tuple[Argument, ...]

    @property
    def options(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.flags]

    @property
    def positionals(self) -> list[Argument]:
        return [argument for argument in self.arguments if not argument.flags]


def read() -> list[CommandTree]:
    """Of every command that is installed."""
    return [_read_command(command) for command in commands.commands().values()]


def _read_command(command: commands.Command) -> CommandTree:
    parser, _ = commands.make_parser(command)
    arguments = tuple(
        _read_argument(action, group.title or "")
        for group in parser._action_groups
        for action in group._group_actions
        if action.help != argparse.SUPPRESS
    )
    examples = commands.examples_of(parser)
    about = " ".join((parser.description or "").split())
    return CommandTree(command.name, command.summary, about, examples, arguments)


def _read_argument(action: argparse.Action, group: str) -> Argument:
    choices = tuple(str(choice) for choice in action.choices or ())
    name: Any = action.metavar or ("|".join(choices) if choices else action.dest.upper())
    usage = "" if action.nargs == 0 else str(name)
    if not action.option_strings:
        usage = {"*": f"[{name} ...]", "?": f"[{name}]", "+": f"{name} ..."}.get(
            str(action.nargs), usage
        )
    return Argument(
        tuple(action.option_strings),
        usage,
        (action.help or "").replace("%%", "%"),
        group,
        getattr(action, "completes", ""),
        choices,
    )
