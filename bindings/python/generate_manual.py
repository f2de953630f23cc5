"""Writes the parts of docs/cli.md that the program itself knows: commands, options and exit codes.

    python generate_manual.py [--check]

A part stands between `<!-- cli: NAME -->` and `<!-- /cli -->`; that of a new command is added at
the end. --check writes nothing and fails when a part is missing, or not as it would be written. The
installed package is asked (`make package`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from liter_llm.cli import argument_tree, exit_codes
from liter_llm.cli.argument_tree import Argument, CommandTree

HERE = Path(__file__).resolve().parent
MANUAL = HERE.parent.parent / "docs/cli.md"
PART = re.compile(r"(<!-- cli: ([\w ]+) -->\n)(.*?)(<!-- /cli -->\n)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Writes or checks; the exit code."""
    text = MANUAL.read_text(encoding="utf-8")
    parts = render_parts()
    present = {match[2] for match in PART.finditer(text)}
    missing = [name for name in parts if name not in present]
    if missing and "--check" in arguments:
        print(f"docs/cli.md: no part for {', '.join(missing)}; run python generate_manual.py")
        return 1
    written = text + "".join(f"\n## {n}\n\n<!-- cli: {n} -->\n<!-- /cli -->\n" for n in missing)
    renewed = PART.sub(lambda match: match[1] + parts[match[2]] + match[4], written)
    if renewed == text:
        return 0
    if "--check" in arguments:
        print("docs/cli.md: not as the program says; run python generate_manual.py")
        return 1
    MANUAL.write_text(renewed, encoding="utf-8")
    print("docs/cli.md: written")
    return 0


def render_parts() -> dict[str, str]:
    """Every part, by the name of its mark."""
    tree = argument_tree.read()
    commands = [(f"[`{command.name}`](#{command.name})", command.summary) for command in tree]
    return {
        "commands": table(("command", "what it does"), commands),
        "exit codes": table(("code", "meaning", "kinds of error"), exit_code_rows()),
        **{command.name: render_command(command) for command in tree},
    }


def exit_code_rows() -> list[tuple[str, ...]]:
    return [
        (
            f"`{code}`",
            meaning,
            ", ".join(
                f"`{kind}`" for kind, of_kind in exit_codes.BY_KIND.items() if of_kind == code
            ),
        )
        for code, meaning in exit_codes.MEANINGS.items()
    ]


def render_command(command: CommandTree) -> str:
    words = ["liter-llm", command.name, *(each.usage for each in command.positionals), "[options]"]
    described = [argument for argument in command.arguments if "--help" not in argument.flags]
    rows = [(shown(argument), argument.help) for argument in described]
    lines = [f"```\n{' '.join(words)}\n```\n", command.description + "\n"]
    lines.append(table(("argument", "meaning"), rows))
    if command.examples:
        lines.append("```sh\n" + "\n".join(command.examples) + "\n```\n")
    return "\n".join(lines)


def shown(argument: Argument) -> str:
    flags = ", ".join(argument.flags)
    return (
        f"`{flags} {argument.usage}`"
        if flags and argument.usage
        else f"`{flags or argument.usage}`"
    )


def table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    marks = ("---",) * len(heading)
    return "".join(f"|{'|'.join(map(cell, row))}|\n" for row in (heading, marks, *rows))


def cell(text: str) -> str:
    return f" {text} ".replace("|", "\\|") if text else " "


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
