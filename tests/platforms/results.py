"""What came of each check, and the table of all of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from targets import Target

TESTED, COMPILES, UNSUPPORTED, FAILED = "tested", "compiles", "not supported", "FAILED"
SECONDS_MAX = 3600


@dataclass(frozen=True)
class Result:
    """Of one part (a language) on one target."""

    outcome: str
    detail: str
    """What was run, or why not."""


Check = Callable[[Target], Result]


class CheckError(Exception):
    """A command of a check failed; its output was shown."""


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    log: Path,
    folder: Path | None = None,
    seconds: int = SECONDS_MAX,
) -> str:
    """What it printed to standard output. Everything goes to the log, which is shown on failure."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    printed = log.with_suffix(".out")
    # Files and not pipes, which wine does not give to Node.js.
    with log.open("a") as errors, printed.open("w") as output:
        errors.write(f"\n$ {' '.join(words)}\n")
        errors.flush()
        try:
            done = subprocess.run(
                words,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                timeout=seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckError(f"{error}; see {log}") from None
    text = printed.read_text(errors="replace")
    with log.open("a") as errors:
        errors.write("".join(f"{line[:500]}\n" for line in text.splitlines()))
    if done.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()
        print("\n".join(lines[-40:]))
        raise CheckError(f"{Path(words[0]).name} ended with {done.returncode}; see {log}")
    return text


def table(results: Mapping[Target, Mapping[str, Result]]) -> str:
    """One line for each target and part."""
    rows = [("target", "part", "result", "what was run")]
    for target, parts in results.items():
        rows += [(target.rust, part, one.outcome, one.detail) for part, one in parts.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append("  ".join([*cells, row[3]]))
    return "\n".join(lines)
