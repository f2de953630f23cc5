"""A process that was stopped and goes on (Ctrl-Z, docker pause, a closed laptop): what arrived in
the meantime wins over the timers that ran out in the meantime, and nothing is asked for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support import MESSAGES, REQUEST, token

TIMER_MS = 400
PROGRAM = f"""
import asyncio, sys
import liter_llm
way, timer, url = sys.argv[1:]
options = {{timer: {TIMER_MS}}}
llm = liter_llm.LiterLlm("openai", api_key="k", base_url=url, **options)
call = llm.invoke({{"model": "m", "messages": {MESSAGES!r}, "stream": way != "whole"}})
try:
    if way == "loop":
        async def read():
            return "".join([piece async for piece in call])
        text = asyncio.run(read())
    elif way == "whole":
        text = call.complete().text
    else:
        text = "".join(call)
    print(call.response.outcome, call.response.attempts, text)
except liter_llm.LlmError as error:
    print(error.kind, error.timer, error.attempts, error.partial and error.partial.text)
"""


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program above; it is continued and ended whatever happens."""
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=10)


def stop(running: subprocess.Popen[str]) -> None:
    """Returns when every thread of the process stands still."""
    running.send_signal(signal.SIGSTOP)
    tasks = Path(f"/proc/{running.pid}/task")
    give_up = time.monotonic() + 10
    while any(state_of(task) != "T" for task in tasks.iterdir()):
        assert time.monotonic() < give_up


def state_of(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


def pass_time(mock: Any) -> None:
    """More than the timer; the mock's own clock, as the child's stands still for it."""
    mock.never(mock.new_key(), timeout_ms=3 * TIMER_MS, requests=1)


SSE = [["content-type", "text/event-stream"]]
HEAD = {"head": {"status": 200, "headers": SSE, "chunked": True}}
REST = [token("wor"), token("ld"), {"finish": "stop"}, {"done": True}, {"chunk_end": True}]
WHOLE = (
    '{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",'
    '"message":{"role":"assistant","content":"Hello world"}}]}'
)
WHOLE_HEAD = {
    "head": {
        "status": 200,
        "headers": [["content-type", "application/json"], ["content-length", str(len(WHOLE))]],
    }
}
GO: list[dict[str, Any]] = [{"signal": "waits"}, {"await": "go"}]
SENT: list[dict[str, Any]] = [{"signal": "sent"}]

# Which timer runs out while the process is stopped, and what waits for it in the socket then.
CASES: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "idle": ("stream", "idle_timeout_ms", [HEAD, token("Hello "), *GO, *REST, *SENT]),
    "idle_on_a_loop": ("loop", "idle_timeout_ms", [HEAD, token("Hello "), *GO, *REST, *SENT]),
    "first_token": (
        "stream",
        "first_token_timeout_ms",
        [HEAD, {"chunk": ": ping\n\n"}, *GO, token("Hello "), *REST, *SENT],
    ),
    "headers": ("stream", "headers_timeout_ms", [*GO, HEAD, token("Hello "), *REST, *SENT]),
    "headers_of_a_whole_response": (
        "whole",
        "headers_timeout_ms",
        [*GO, WHOLE_HEAD, {"write": WHOLE}, *SENT],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_arrived_wins_over_timers(mock, name):
    way, timer, actions = CASES[name]
    key = mock.plan({"raw": actions})

    with program(way, timer, mock.base_url(key)) as running:
        mock.wait(key, signal="waits")
        stop(running)
        mock.signal(key, "go")
        mock.wait(key, signal="sent")
        pass_time(mock)
        running.send_signal(signal.SIGCONT)
        output, errors = running.communicate(timeout=20)

    assert (output, errors) == ("complete 1 Hello world\n", "")
    assert mock.seen(key)["requests_count"] == 1


def test_the_timer_runs_without_a_pause(mock, connect):
    """Else the test above shows nothing."""
    actions = CASES["idle"][2]
    llm = connect(mock.plan({"raw": actions}), idle_timeout_ms=TIMER_MS)
    with pytest.raises(TimeoutError):
        list(llm.invoke(REQUEST))
