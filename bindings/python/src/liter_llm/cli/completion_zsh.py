"""The completion script for zsh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .provider_table import PROVIDERS

if TYPE_CHECKING:
    from .argument_tree import Argument, CommandTree

_SCRIPT = """\
#compdef liter-llm
# zsh completion for liter-llm; written by `liter-llm completion zsh`.
_liter_llm_models() { compadd -S '' -- %(models)s }
_liter_llm_providers() { compadd -- %(providers)s }
_liter_llm() {
  local -a commands=(
%(commands)s
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  local command=prompt
  case $words[2] in
    %(names)s) command=$words[2]; shift words; (( CURRENT-- )) ;;
  esac
  case $command in
%(cases)s
  esac
}
if [[ $funcstack[1] == _liter_llm ]]; then _liter_llm "$@"; else compdef _liter_llm liter-llm; fi
"""


def render(tree: list[CommandTree]) -> str:
    return _SCRIPT % {
        "models": " ".join(f"{name}/" for name in PROVIDERS),
        "providers": " ".join(PROVIDERS),
        "commands": "\n".join(f"    {_quoted(f'{c.name}:{c.summary}')}" for c in tree),
        "names": "|".join(command.name for command in tree),
        "cases": "\n".join(_case(command) for command in tree),
    }


def _case(command: CommandTree) -> str:
    specs = [_option(option) for option in command.options]
    for argument in command.positionals:
        many = "*" if "..." in argument.usage else ""
        specs.append(_quoted(f"{many}:{_escaped(argument.help)}:{_action(argument)}"))
    lines = " \\\n        ".join(specs)
    return f"    {command.name})\n      _arguments -s \\\n        {lines} ;;"


def _option(option: Argument) -> str:
    spec = f"[{_escaped(option.help)}]"
    if option.usage:
        spec += f":{_escaped(option.usage)}:{_action(option)}"
    again = "*" if "may be repeated" in option.help else ""
    if len(option.flags) == 1:
        return _quoted(f"{again}{option.flags[0]}{spec}")
    others = again or f"({' '.join(option.flags)})"
    return f"{_quoted(others)}{{{','.join(option.flags)}}}{_quoted(spec)}"


def _action(argument: Argument) -> str:
    if argument.choices:
        return f"({' '.join(argument.choices)})"
    kinds = {
        "file": "_files",
        "model": "_liter_llm_models",
        "provider": "_liter_llm_providers",
    }
    return kinds.get(argument.completes, " ")


def _escaped(text: str) -> str:
    for special in ("\\", "[", "]", ":"):
        text = text.replace(special, f"\\{special}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
