"""The completion script for fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .provider_table import PROVIDERS

if TYPE_CHECKING:
    from .argument_tree import Argument, CommandTree

_HEAD = """\
# fish completion for liter-llm; written by `liter-llm completion fish`.
set -g __liter_llm_commands %(names)s
set -g __liter_llm_providers %(providers)s
function __liter_llm_in
  set -l words (commandline -opc)
  set -l command prompt
  if set -q words[2]; and contains -- $words[2] $__liter_llm_commands
    set command $words[2]
  end
  test $command = $argv[1]
end
complete -c liter-llm -f
"""
_FIRST = "test (count (commandline -opc)) = 1"
_VALUES = {
    "model": "-xa '(string replace -r \\$ / $__liter_llm_providers)'",
    "provider": "-xa '$__liter_llm_providers'",
    "file": "-rF",
}


def render(tree: list[CommandTree]) -> str:
    lines = [
        _HEAD
        % {
            "names": " ".join(command.name for command in tree),
            "providers": " ".join(PROVIDERS),
        }
    ]
    for command in tree:
        about = _quoted(command.summary)
        lines.append(f"complete -c liter-llm -n '{_FIRST}' -a {command.name} -d {about}\n")
        lines += [_line(command, argument) for argument in command.arguments]
    return "".join(lines)


def _line(command: CommandTree, argument: Argument) -> str:
    value = ""
    if argument.choices:
        value = f" -xa {_quoted(' '.join(argument.choices))}"
    elif argument.completes:
        value = f" {_VALUES[argument.completes]}"
    elif argument.flags and argument.usage:
        value = " -x"
    if not argument.flags:
        # Words of a prompt are not completed.
        if not value:
            return ""
        value = value.replace(" -xa", " -a").replace(" -rF", " -F")
    flags = "".join(f" {_flag(flag)}" for flag in argument.flags)
    about = f" -d {_quoted(argument.help)}" if argument.flags else ""
    return f"complete -c liter-llm -n '__liter_llm_in {command.name}'{flags}{value}{about}\n"


def _flag(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
