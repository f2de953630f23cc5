"""Makes docs/map.svg: what a terminal shows of `liter-llm map`, stopped and typed again.

    LITER_LLM_MOCK=... python picture_of_map.py [PICTURE.svg]

It is a real run in a real terminal (tmux), of 20,000 rows of a CSV against the mock provider, which
fails one row of twenty and limits requests. Needs tmux, and the package with its extra `cli`.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tests"))
from support import Mock  # noqa: E402  (the tests' own mock)

PICTURE = HERE.parent.parent / "docs/map.svg"
COLUMNS, LINES = 100, 26
ROWS = 20_000
# A provider that hangs would else hold a row for as long as its answer may take.
COMMAND = (
    'liter-llm map reviews.csv answers.jsonl -m openai/gpt-4o-mini -t "Summarize: {text}" \\',
    "-c 64 --option first_token_timeout_ms=1000",
)
PROVIDER = {"fault_percent": 5, "answer_ms": 20, "requests_per_minute": 60_000, "burst": 500}
SHELL = f"""\
liter-llm() {{ {sys.executable} -m liter_llm "$@"; }}
PS1='$ ' PS2='  '
"""
WAIT_SECONDS = 300


class Terminal:
    """A terminal with a shell in it, on a tmux server of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        (folder / ".rc").write_text(SHELL, encoding="utf-8")
        self._tmux = ("tmux", "-f", "/dev/null", "-S", str(folder / ".tmux"))
        size = ("-x", str(COLUMNS), "-y", str(LINES))
        shell = ("bash", "--rcfile", ".rc")
        subprocess.run(
            (*self._tmux, "new-session", "-d", *size, *shell),
            check=True,
            cwd=folder,
            env={**os.environ, **environment},
        )

    def type(self, *lines: str) -> None:
        """Lines, each with its end."""
        for line in lines:
            self.press("-l", "--", line)
            self.press("Enter")

    def press(self, *keys: str) -> None:
        """Keys by their names, or after -l words as they are."""
        subprocess.run((*self._tmux, "send-keys", *keys), check=True)

    def screen(self) -> str:
        """What it shows, with colours."""
        command = (*self._tmux, "capture-pane", "-e", "-p")
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def wait_for(self, holds: Callable[[str], bool]) -> str:
        """The first screen of which that holds."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            screen = self.screen()
            if holds(Text.from_ansi(screen).plain.rstrip()):
                return screen
            time.sleep(0.05)
        raise SystemExit(f"not seen in {WAIT_SECONDS} s; the screen was:\n{screen}")

    def close(self) -> None:
        """Ends what runs in it."""
        subprocess.run((*self._tmux, "kill-server"), check=False)


def percent(shown: str) -> int:
    """How much the last bar says."""
    found = re.findall(r"(\d+) %", shown)
    return int(found[-1]) if found else 0


def play(terminal: Terminal) -> str:
    """Types the command, stops it, types it again; gives a screen of the second run."""
    terminal.wait_for(lambda shown: shown.endswith("$"))
    terminal.type(*COMMAND)
    terminal.wait_for(lambda shown: percent(shown) >= 35)
    terminal.press("C-c")
    terminal.wait_for(lambda shown: "type the same command again" in shown and shown[-1] == "$")
    terminal.type(*COMMAND)
    return terminal.wait_for(lambda shown: percent(shown.rpartition("same command")[2]) >= 70)


def write_rows(path: Path) -> None:
    """A CSV that needs the template."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("stars", "text"))
        rows.writerows((row % 5 + 1, f"The kettle boils, says review {row}") for row in range(ROWS))


def draw(screen: str, path: Path) -> None:
    """The screen as a picture, in the fonts of whoever looks at it: it loads nothing."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  (no file)
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(screen.rstrip()), soft_wrap=True)
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = form.replace("Fira Code", "ui-monospace, Menlo, Consolas")
    console.save_svg(str(path), title="liter-llm map", unique_id="map", code_format=form)


def main(path: Path) -> None:
    """Starts the provider and the terminal, and ends both."""
    mock = Mock()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_rows(folder / "reviews.csv")
            url = mock.base_url(mock.plan({"bulk": PROVIDER}))
            keys = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": url, "LANG": "C.UTF-8"}
            terminal = Terminal(folder, keys)
            try:
                draw(play(terminal), path)
            finally:
                terminal.close()
    finally:
        mock.stop()
    print(f"{path}: written")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
