"""What the Python drivers share: the command line, what is counted, the one line of JSON.

Every driver gives `run` a function that makes one call and reports pieces of text to its `Stream`.
The counting costs each of them the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import resource
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

MODEL = "test-model"
API_KEY = "test-key"
PROMPT = "hello"
MESSAGES = [{"role": "user", "content": PROMPT}]
TIMED_EVERY = 50
WARM_UP_KEY = "tokens~1~0~warm-up"
ERRORS_SHOWN = 3


class Arguments(argparse.Namespace):
    """The arguments that the runner passes."""

    base: str
    key: str
    timed_key: str | None
    streams: int
    concurrency: int
    tokens: int
    whole: bool
    inputs: int
    dimensions: int
    floats: bool
    ca: str | None
    loop: str
    hold_ms: int
    workers: int | None

    def base_url(self, index: int) -> str:
        """The base URL of a stream; every fiftieth may be timed."""
        return f"{self.base}/{self.timed_key if self.is_timed(index) else self.key}/v1"

    def texts(self) -> list[str]:
        """The inputs of a request for embeddings."""
        return [f"input {index} of a document that is embedded" for index in range(self.inputs)]

    def is_timed(self, index: int) -> bool:
        """Whether the tokens of this stream hold the time when they were due."""
        return self.timed_key is not None and index % TIMED_EVERY == 0


def read_arguments() -> Arguments:
    """The command line of a driver."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", dest="base", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--timed-key")
    parser.add_argument("--streams", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--dimensions", type=int, default=0)
    parser.add_argument("--floats", action="store_true")
    parser.add_argument("--ca")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--hold-ms", type=int, default=0)
    parser.add_argument("--workers", type=int)
    return parser.parse_args(namespace=Arguments())


def status(field: str) -> int:
    """A number of this process (proc(5), status)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return 0


def percentiles(values: list[float]) -> dict[str, float] | None:
    """By nearest rank; None of nothing."""
    if not values:
        return None
    values.sort()
    rank = [values[math.ceil(len(values) * share) - 1] for share in (0.5, 0.99)]
    return {"p50": rank[0], "p99": rank[1], "count": len(values)}


class Meter:
    """The counters of one run."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.tokens = self.characters = self.opened = 0
        self.first_ms: list[float] = []
        self.answer_ms: list[float] = []
        self.late_ms: list[float] = []
        self.errors: list[str] = []
        self.rss_open_kib: int | None = None
        self.threads = 0
        self.held: tuple[float, float] | None = None
        self.all_open = asyncio.Event()
        self.rss_before_kib = status("VmRSS:")
        self.began = time.monotonic()
        self.cpu_s = time.process_time()

    def opens(self) -> None:
        """One more stream has its first token."""
        self.opened += 1
        if self.opened == self.arguments.concurrency:
            self.rss_open_kib = status("VmRSS:")
            self.threads = status("Threads:")
            self.all_open.set()

    async def hold(self) -> None:
        """Measures the CPU of a while in which all streams are open."""
        if self.arguments.hold_ms:
            await self.all_open.wait()
            cpu_s, began = time.process_time(), time.monotonic()
            await asyncio.sleep(self.arguments.hold_ms / 1000)
            self.held = (time.process_time() - cpu_s, time.monotonic() - began)

    def report(self, driver: str, version: str) -> str:
        """The line for the runner."""
        wall_s, cpu_s = time.monotonic() - self.began, time.process_time() - self.cpu_s
        held = self.held or (None, None)
        return json.dumps(
            {
                "driver": driver,
                "version": version,
                "streams": self.arguments.streams,
                "tokens": self.tokens,
                "characters": self.characters,
                "wall_s": wall_s,
                "cpu_s": cpu_s,
                "first_token_ms": percentiles(self.first_ms),
                "answer_ms": percentiles(self.answer_ms) if self.arguments.whole else None,
                "late_ms": percentiles(self.late_ms),
                "rss_before_kib": self.rss_before_kib,
                "rss_open_kib": self.rss_open_kib,
                "rss_peak_kib": status("VmHWM:"),
                "threads": max(self.threads, status("Threads:")),
                "held_cpu_s": held[0],
                "held_s": held[1],
                "errors": self.errors[:ERRORS_SHOWN],
            }
        )


class Stream:
    """The counters of one stream."""

    __slots__ = ("base_url", "began", "characters", "meter", "timed", "tokens")

    def __init__(self, meter: Meter, index: int) -> None:
        self.meter = meter
        self.base_url = meter.arguments.base_url(index)
        self.timed = meter.arguments.is_timed(index)
        self.tokens = self.characters = 0
        self.began = time.monotonic()

    def token(self, text: str) -> None:
        """A piece of its text."""
        if not self.tokens:
            self.meter.first_ms.append((time.monotonic() - self.began) * 1000)
            self.meter.opens()
        self.tokens += 1
        self.characters += len(text)
        if self.timed:
            self.meter.late_ms.append(time.monotonic() * 1000 - int(text) / 1000)

    def vectors(self, count: int, numbers: int) -> None:
        """All its vectors, as an array of float32."""
        self.meter.first_ms.append((time.monotonic() - self.began) * 1000)
        self.tokens += count
        self.characters += numbers

    def end(self) -> None:
        """It is over."""
        self.meter.tokens += self.tokens
        self.meter.characters += self.characters
        self.meter.answer_ms.append((time.monotonic() - self.began) * 1000)


Ask = Callable[[Stream], Awaitable[None]]
Open = Callable[[Arguments], AbstractAsyncContextManager[Ask]]


async def measure(driver: str, version: str, arguments: Arguments, opens: Open) -> None:
    """Runs all streams, so many at once, and prints the line."""
    async with opens(arguments) as ask:
        warm_up = Stream(Meter(arguments), 1)
        warm_up.base_url = f"{arguments.base}/{WARM_UP_KEY}/v1"
        await ask(warm_up)
        meter = Meter(arguments)
        left = iter(range(arguments.streams))

        async def worker() -> None:
            for index in left:
                stream = Stream(meter, index)
                try:
                    await ask(stream)
                except Exception as error:
                    meter.errors.append(f"{type(error).__name__}: {error}"[:300])
                stream.end()

        holder = asyncio.create_task(meter.hold())
        await asyncio.gather(*(worker() for _ in range(arguments.concurrency)))
        holder.cancel()
        print(meter.report(driver, version))


def run(driver: str, version: str, opens: Open) -> None:
    """The whole of a driver."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    arguments = read_arguments()
    if arguments.loop == "uvloop":
        import uvloop

        uvloop.run(measure(f"{driver}-uvloop", version, arguments, opens))
    else:
        asyncio.run(measure(driver, version, arguments, opens))
