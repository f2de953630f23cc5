"""Standard output has the answer and nothing else; standard error has everything else.

Every piece is flushed when it is written. On a terminal control characters of a model or a provider
are shown, not sent: they could change the terminal or write its clipboard.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import deque
from typing import Any, TextIO

PROGRAM = "liter-llm"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_HARMLESS = (0x09, 0x0A)
_VISIBLE = {code: f"\\x{code:02x}" for code in _CONTROLS if code not in _HARMLESS}
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class OutputError(Exception):
    """Standard output takes no more, for another reason than that its reader has gone."""


class Output:
    """Both streams, at a verbosity: -1 is quiet, 1 and more say more."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.to_terminal = _is_terminal(sys.stdout)
        self._at_line_start = True
        self._in_reasoning = False
        self._logged: deque[str] = deque(maxlen=64)  # the last ones
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    def text(self, text: str) -> None:
        """A piece of the answer."""
        self.end_reasoning()
        if text:  # noted first: an interrupt may come as soon as it is written
            self._at_line_start = text.endswith("\n")
        self._write(text.translate(_VISIBLE) if self.to_terminal else text)

    def line(self, value: Any) -> None:
        """A line of JSON."""
        self.end_line()
        self._write(json.dumps(value, ensure_ascii=False) + "\n")

    def end_line(self) -> None:
        """Ends the line that the answer is in, if it is in one."""
        if not self._at_line_start:
            self.text("\n")

    def reasoning(self, text: str) -> None:
        """A piece of reasoning: dim, on standard error."""
        styled = _is_terminal(sys.stderr) and "NO_COLOR" not in os.environ
        if not self._in_reasoning and styled:
            _write_error(_DIM)
        self._in_reasoning = True
        _write_error(visible(text))

    def end_reasoning(self) -> None:
        """Goes on in another line, and not dim."""
        if self._in_reasoning:
            self._in_reasoning = False
            styled = _is_terminal(sys.stderr) and "NO_COLOR" not in os.environ
            _write_error(f"{_PLAIN}\n" if styled else "\n")

    def warn(self, message: str) -> None:
        """What may surprise; not with -q, and not again where the log has just said it."""
        if self.verbosity >= 0 and message.removeprefix("warning: ") not in self._logged:
            self.fail(message)

    def log(self, message: str) -> None:
        """A line of the library's log."""
        self._logged.append(message)
        self.fail(message)

    def tell(self, message: str) -> None:
        """What is asked for with -v."""
        if self.verbosity > 0:
            self.fail(message)

    def fail(self, message: str) -> None:
        """What went wrong, in one line."""
        self.end_reasoning()
        _write_error(f"{PROGRAM}: {one_line(message)}\n")

    def _write(self, text: str) -> None:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write to standard output: {error.strerror}") from error


def visible(text: str) -> str:
    """The same for a terminal; for a file or a pipe it is as it came."""
    return text.translate(_VISIBLE) if _is_terminal(sys.stderr) else text


def one_line(text: str) -> str:
    return " ".join(text.split("\n")).translate(_VISIBLE)


def abandon() -> None:
    """Has nothing written any more, so that Python does not try again when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _write_error(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # there is no one to tell
        sys.stderr.write(text)
        sys.stderr.flush()
