"""`liter-llm completion`: a script that completes commands and options in a shell.

The script is made from the parsers once, and has everything in it: to complete a word runs no
Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import argument_tree, completion_bash, completion_fish, completion_zsh, exit_codes
from .output import Output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DESCRIPTION = (
    "Prints a script that completes commands, options, files and names of providers. Make it again"
    " after an update."
)
EXAMPLES = (
    "liter-llm completion bash > ~/.local/share/bash-completion/completions/liter-llm",
    "liter-llm completion zsh > ~/.zfunc/_liter-llm    # where ~/.zfunc is in fpath",
    "liter-llm completion fish > ~/.config/fish/completions/liter-llm.fish",
)
RENDERERS = {
    "bash": completion_bash.render,
    "zsh": completion_zsh.render,
    "fish": completion_fish.render,
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(RENDERERS), help="whose script")


def run(arguments: Namespace) -> int:
    Output().text(RENDERERS[arguments.shell](argument_tree.read()))
    return exit_codes.OK
