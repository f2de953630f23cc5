"""The Python program of a soak: one client, one event loop, so many streams live at any time.

`soak.py ANSWERS OPTIONS STREAMS SECONDS SEED`, as soak.c: the same files, the same lines of JSON on
standard output, the same wait for the end of standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liter_llm import LiterLlm, LlmError, Response, Stream

CANCEL_SHARE, CANCEL_SECONDS_MAX, DRAIN_SECONDS, FAULTS_SHOWN = 0.1, 4.0, 60.0, 20
# How a stream is used and left; each is drawn as often as it stands here.
USES = ("tokens",) * 6 + ("whole",) * 3 + ("broken",)
NUMBERS = {
    "RATE_LIMITED": 7,
    "OVERLOADED": 9,
    "PROVIDER": 10,
    "NETWORK": 11,
    "TIMEOUT": 13,
    "PROTOCOL": 14,
    "TRUNCATED": 15,
    "CANCELLED": 17,
}


@dataclass(frozen=True)
class Case:
    """One line of the file of responses."""

    kind: str
    place: str
    weight: int
    ends: frozenset[int]
    provider: str
    request: dict[str, Any]
    text: str

    @classmethod
    def parse(cls, line: str) -> Case:
        """Fields are parted by tabs; see answers.py."""
        kind, place, weight, ends, provider, request, text = line.rstrip("\n").split("\t")
        numbers = frozenset(int(number) for number in ends.split(","))
        return cls(kind, place, int(weight), numbers, provider, json.loads(request), text)

    @property
    def name(self) -> str:
        """Whose counts these are."""
        return f"{self.kind}/{self.place}/{self.provider}"


class Soak:
    """What is counted, and the streams that are counted."""

    def __init__(self, cases: list[Case], client: LiterLlm, seed: int) -> None:
        self.cases = cases
        self.weights = [case.weight for case in cases]
        self.client = client
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.completed: Counter[str] = Counter()

    def fault(self, what: str, case: Case, details: str) -> None:
        """Counts a fault, and prints the first ones."""
        self.counts[what] += 1
        if sum(self.counts[name] for name in FAULTS) <= FAULTS_SHOWN:
            print(f"soak: {what}: {case.name}: {details[:600]}", file=sys.stderr)

    async def keep_busy(self, until: float) -> None:
        """One slot: a stream after the other."""
        while time.monotonic() < until:
            case = self.random.choices(self.cases, self.weights)[0]
            self.counts["started"] += 1
            await self.play(case)
            self.counts["ended"] += 1
            self.ended[case.name] += 1

    async def play(self, case: Case) -> None:
        """One stream, used in one of the ways that there are."""
        request: Any = case.request
        stream = self.client.invoke(request, provider=case.provider)
        use = "whole" if case.kind == "unstreamed" else self.random.choice(USES)
        cancels = self.random.random() < CANCEL_SHARE
        after = self.random.uniform(0, CANCEL_SECONDS_MAX)
        timer = asyncio.get_running_loop().call_later(after, stream.cancel) if cancels else None
        try:
            await getattr(self, f"use_{use}")(case, stream)
        except LlmError as error:
            self.judge_error(case, error, cancels)
        finally:
            if timer is not None:
                timer.cancel()

    async def use_tokens(self, case: Case, stream: Stream) -> None:
        """Every token is compared as it comes."""
        received = 0
        async for token in stream:
            if not case.text.startswith(token, received):
                self.fault("wrong_text", case, f"{token!r} at {received}")
            received += len(token)
        self.judge_success(case, stream.response, received == len(case.text))

    async def use_whole(self, case: Case, stream: Stream) -> None:
        """The response is taken as a whole."""
        reply = await stream
        self.judge_success(case, reply, reply.text == case.text)

    async def use_broken(self, case: Case, stream: Stream) -> None:
        """The loop is left early, or ends before that."""
        leave_at = self.random.randrange(len(case.text) + 1)
        received = 0
        async for token in stream:
            if not case.text.startswith(token, received):
                self.fault("wrong_text", case, f"{token!r} at {received}")
            received += len(token)
            if received >= leave_at:
                self.counts["cancelled"] += 1
                return
        self.judge_success(case, stream.response, received == len(case.text))

    def judge_success(self, case: Case, response: Response, whole: bool) -> None:
        """A response that ended without an error is whole, and of a kind that may be."""
        self.counts["completed"] += 1
        self.completed[case.name] += 1
        if not whole or 0 not in case.ends or response.outcome != "complete":
            self.fault("wrong_success", case, f"{response.outcome} {response.text!r}")

    def judge_error(self, case: Case, error: LlmError, cancels: bool) -> None:
        """What came is a beginning of the text, and the error is one that was promised."""
        partial = error.partial.text if isinstance(error.partial, Response) else ""
        if not case.text.startswith(partial):
            self.fault("wrong_text", case, f"{partial!r} {error!r}")
        if error.partial is not None and error.partial.outcome == "complete":
            self.fault("wrong_success", case, repr(error))
        if error.kind == "CANCELLED" and cancels:
            self.counts["cancelled"] += 1
        elif NUMBERS.get(error.kind) not in case.ends:
            self.fault("wrong_end", case, f"{error.kind} {error} {error.detail}")

    def report(self, what: str, **more: object) -> None:
        """Prints a line for the runner."""
        names = ("started", "ended", "completed", "cancelled", *FAULTS)
        counts = {name: self.counts[name] for name in names}
        counts["live"] = counts["started"] - counts["ended"]
        print(json.dumps({what: True, **counts, **more}), flush=True)


# Python raises once per use of a stream: a second END cannot be seen here, but in C.
FAULTS = ("wrong_success", "wrong_text", "wrong_end", "ended_twice")


async def run(soak: Soak, streams: int, seconds: float) -> None:
    """Keeps all slots busy for so long, then lets the streams end."""
    until = time.monotonic() + seconds
    slots = [asyncio.create_task(soak.keep_busy(until)) for _ in range(streams)]
    waiting = asyncio.gather(*slots)
    limit = until + DRAIN_SECONDS
    while not waiting.done() and time.monotonic() < limit:
        await asyncio.wait([waiting], timeout=1.0)
        soak.report("sample", busy=time.monotonic() < until)
    if waiting.done():
        waiting.result()
    waiting.cancel()


def main(arguments: list[str]) -> None:
    """Runs with the arguments of the command line."""
    path, options, streams, seconds, seed = arguments
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    client = LiterLlm(**json.loads(options))
    soak = Soak([Case.parse(line) for line in lines], client, int(seed))
    soak.report("begun")
    asyncio.run(run(soak, int(streams), float(seconds)))
    client.close()
    names = [case.name for case in soak.cases]
    kinds = {name: [soak.ended[name], soak.completed[name]] for name in names}
    soak.report("last", kinds=kinds)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
