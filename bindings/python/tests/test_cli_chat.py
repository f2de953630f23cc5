"""The command line in a terminal: `chat`, and what a terminal changes for a prompt."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time

import pytest

from cli_support import HELLO, MODEL, PROGRAM, CommandLine
from support import HANG, stream, token

LIMIT_SECONDS = 20
CTRL_C, CTRL_D = "\x03", "\x04"
PASTE = "\x1b[200~{}\x1b[201~"


class Terminal:
    """A command in a pseudo terminal; both of its outputs are the screen."""

    def __init__(self, line: CommandLine, *arguments: str, **more: str) -> None:
        self.screen = ""
        self._seen = 0
        self._ours, theirs = pty.openpty()
        environment = {**line.environment(**more), "TERM": "xterm", "INPUTRC": os.devnull}
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def expect(self, text: str) -> str:
        """Waits until it is on the screen, behind what was expected before; what came with it."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while (found := self.screen.find(text, self._seen)) < 0:
            assert self._read(deadline), (text, self.screen)
        shown = self.screen[self._seen : found + len(text)]
        self._seen = found + len(text)
        return shown

    def insist(self, key: str, text: str) -> None:
        """Presses a key until the text is there: Python may miss one that comes just before it
        waits, as with a person, who presses it again."""
        deadline = time.monotonic() + LIMIT_SECONDS
        self.type(key)
        while self.screen.find(text, self._seen) < 0:
            if not select.select([self._ours], [], [], 1)[0]:
                assert time.monotonic() < deadline, self.screen
                self.type(key)
                continue
            assert self._read(deadline), self.screen
        self.expect(text)

    def end(self) -> int:
        """Waits for the end; the exit code."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(timeout=LIMIT_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, deadline: float) -> bool:
        """Whether there is more to come."""
        ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
        assert ready, self.screen
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # Linux says EIO when the last program has closed it
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@pytest.fixture
def open_terminal():
    opened = []

    def open_one(*arguments, **more):
        opened.append(Terminal(*arguments, **more))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def contents(line):
    """Of the messages of the last request."""
    return [message["content"] for message in line.body()["messages"]]


def test_a_conversation_is_kept(mock, open_terminal):
    line = CommandLine(mock, HELLO, {"answer": {"text": "Second answer"}})
    terminal = open_terminal(line, "chat", *MODEL, "-s", "Be brief")
    terminal.expect("> ")
    terminal.type("hi\n")
    terminal.expect("Hello world\n")
    terminal.expect("> ")
    terminal.type("and now?\n")
    terminal.expect("Second answer\n")
    terminal.expect("> ")
    assert contents(line) == ["Be brief", "hi", "Hello world", "and now?"]
    terminal.type("/clear\n")
    terminal.expect("> ")
    terminal.type("again\n")
    terminal.expect("Second answer\n")
    assert contents(line) == ["Be brief", "again"]
    terminal.expect("> ")
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_commands_of_a_conversation(mock, open_terminal):
    line = CommandLine(mock)
    terminal = open_terminal(line, "chat", *MODEL)
    for typed, shown in (
        ("/model\n", "openai/gpt-x\n"),
        ("/model openai/other\n", "openai/other\n"),
        ("/help\n", "/clear "),
        ("/nonsense\n", "no command /nonsense"),
        ("/etc/passwd is a path\n", "Hello world\n"),
    ):
        terminal.expect("> ")
        terminal.type(typed)
        terminal.expect(shown)
    assert (line.body()["model"], contents(line)) == ("other", ["/etc/passwd is a path"])
    terminal.expect("> ")
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_an_interrupt_stops_the_response_and_keeps_the_conversation(mock, open_terminal):
    line = CommandLine(mock, stream(token("Once upon"), HANG), HELLO)
    terminal = open_terminal(line, "chat", *MODEL)
    terminal.expect("> ")
    terminal.type("a tale\n")
    terminal.expect("Once upon")
    terminal.type(CTRL_C)
    terminal.expect("stopped")
    mock.wait(line.key, closed=1)
    terminal.expect("> ")
    terminal.type("go on\n")
    terminal.expect("Hello world\n")
    assert contents(line) == ["a tale", "Once upon", "go on"]


def test_an_interrupt_forgets_the_line(mock, open_terminal):
    line = CommandLine(mock)
    terminal = open_terminal(line, "chat", *MODEL)
    terminal.expect("> ")
    terminal.type("wrong")
    terminal.expect("wrong")
    terminal.insist(CTRL_C, "> ")
    terminal.type("right\n")
    terminal.expect("Hello world\n")
    assert contents(line) == ["right"]


def test_a_failure_keeps_the_conversation_without_the_message(mock, open_terminal):
    wrong = {"status": 400, "error": {"message": "no", "type": "t"}}
    line = CommandLine(mock, HELLO, wrong, HELLO)
    terminal = open_terminal(line, "chat", *MODEL)
    for typed, shown in (
        ("one\n", "Hello world\n"),
        ("two\n", "INVALID_REQUEST: openai: "),
        ("three\n", "Hello world\n"),
    ):
        terminal.expect("> ")
        terminal.type(typed)
        terminal.expect(shown)
    assert contents(line) == ["one", "Hello world", "three"]


def test_a_message_of_several_lines(mock, open_terminal):
    line = CommandLine(mock)
    terminal = open_terminal(line, "chat", *MODEL)
    terminal.expect("> ")
    terminal.type('"""\none\n\ntwo\n"""\n')
    terminal.expect("Hello world\n")
    assert contents(line)[-1] == "one\n\ntwo"
    terminal.expect("> ")
    terminal.type(PASTE.format("three\nfour") + "\n")
    terminal.expect("Hello world\n")
    assert contents(line)[-1] == "three\nfour"
    assert terminal.screen.startswith("\x1b[?2004h")  # such pastes were asked for


def test_files_go_with_the_first_message(mock, open_terminal, tmp_path):
    (tmp_path / "notes").write_text("of a file\n")
    line = CommandLine(mock)
    terminal = open_terminal(line, "chat", *MODEL, "-f", str(tmp_path / "notes"))
    for _ in range(2):
        terminal.expect("> ")
        terminal.type("read it\n")
        terminal.expect("Hello world\n")
    first, _, second = contents(line)
    assert "of a file" in str(first)
    assert second == "read it"


def test_a_terminal_gets_no_control_characters(mock, open_terminal):
    evil = stream(token("a\x1b]52;c;Z29uZQ==\x07b\x9b2Jc\td"), {"finish": "stop"}, {"done": True})
    line = CommandLine(mock, evil)
    terminal = open_terminal(line, *MODEL, "hi", LC_ALL="C.UTF-8")
    assert terminal.end() == 0
    assert "a\\x1b]52;c;Z29uZQ==\\x07b\\x9b2Jc" in terminal.screen
    assert "\x1b" not in terminal.screen
    assert "\x1b]52;" in line.run(*MODEL, "hi").out


def test_reasoning_is_dim_in_a_terminal(mock, open_terminal):
    thinks = {"sse": {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm"}}]}}
    line = CommandLine(mock, stream(thinks, token("Yes"), {"finish": "stop"}, {"done": True}))
    terminal = open_terminal(line, *MODEL, "--reasoning", "hi")
    assert terminal.end() == 0
    assert terminal.screen == "\x1b[2mHm\x1b[0m\nYes\n"
    plain = open_terminal(line, *MODEL, "--reasoning", "hi", NO_COLOR="1")
    assert plain.end() == 0
    assert plain.screen == "Hm\nYes\n"


def test_a_terminal_has_tables_with_headings(mock, open_terminal):
    terminal = open_terminal(CommandLine(mock), "providers", "groq")
    assert terminal.end() == 0
    heading, row = terminal.screen.splitlines()
    assert heading.split() == ["PROVIDER", "KEY", "ADDRESS", "DOES"]
    assert row.index("set GROQ_API_KEY") == heading.index("KEY")
    models = open_terminal(CommandLine(mock), "models", "openai")
    assert models.end() == 0
    assert models.screen.splitlines()[0].split() == ["MODEL", "CREATED"]


def test_nothing_at_all_is_a_call_for_help(mock, open_terminal):
    terminal = open_terminal(CommandLine(mock))
    assert terminal.end() == 0
    assert "usage: liter-llm [PROMPT ...]" in terminal.screen
