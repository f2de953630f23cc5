"""The completion script for bash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .provider_table import PROVIDERS

if TYPE_CHECKING:
    from .argument_tree import Argument, CommandTree

_SCRIPT = """\
# bash completion for liter-llm; written by `liter-llm completion bash`.
_liter_llm() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=prompt
  COMPREPLY=()
  if (( COMP_CWORD > 1 )); then
    case ${COMP_WORDS[1]} in %(names)s) command=${COMP_WORDS[1]} ;; esac
  fi
  case $command:$previous in
%(values)s
  esac
  if [[ $current != -* ]]; then
    if (( COMP_CWORD == 1 )); then
      COMPREPLY=($(compgen -W '%(words)s' -- "$current"))
      return
    fi
    case $command in
%(positionals)s
    esac
    return
  fi
  case $command in
%(options)s
  esac
}
_liter_llm_words() { COMPREPLY=($(compgen -W "$1" -- "$2")); }
_liter_llm_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$1"); }
_liter_llm_models() { compopt -o nospace; _liter_llm_words '%(models)s' "$1"; }
_liter_llm_providers() { _liter_llm_words '%(providers)s' "$1"; }
complete -F _liter_llm liter-llm
"""


def render(tree: list[CommandTree]) -> str:
    names = [command.name for command in tree]
    values = [
        f"    {'|'.join(f'{command.name}:{flag}' for flag in option.flags)})"
        f" {_action(option)}; return ;;"
        for command in tree
        for option in command.options
        if option.usage
    ]
    positionals = [
        f"      {command.name}) {_action(command.positionals[0])} ;;"
        for command in tree
        if command.positionals and _action(command.positionals[0]) != ":"
    ]
    options = [f"    {command.name}) {_words(_flags(command))} ;;" for command in tree]
    return _SCRIPT % {
        "names": "|".join(names),
        "words": " ".join(names),
        "values": "\n".join(values),
        "positionals": "\n".join(positionals),
        "options": "\n".join(options),
        "models": " ".join(f"{name}/" for name in PROVIDERS),
        "providers": " ".join(PROVIDERS),
    }


def _flags(command: CommandTree) -> list[str]:
    return [flag for option in command.options for flag in option.flags]


def _words(words: list[str]) -> str:
    return f"_liter_llm_words '{' '.join(words)}' \"$current\""


def _action(argument: Argument) -> str:
    """What completes a value; nothing does for free text."""
    if argument.choices:
        return _words(list(argument.choices))
    kinds = {"file": "files", "model": "models", "provider": "providers"}
    kind = kinds.get(argument.completes)
    return f'_liter_llm_{kind} "$current"' if kind else ":"
