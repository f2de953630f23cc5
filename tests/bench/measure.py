"""Plays scenarios: the mock on one core, a driver on another, rounds interleaved.

Owns what makes a run valid. Ends only processes that it started.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenarios import IN_NODE, PEERS, Scenario

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "build" / "bench"
HERE = Path(__file__).resolve().parent
MOCK = ROOT / "tests" / "mock" / "target" / "release" / "liter-llm-mock"
MOCK_CORE, DRIVER_CORE = "0", "1"
LIFETIME_S = 1800
NATIVE = ("limit", "bare", "core", "c", "c-system")
Run = dict[str, Any]


def commands() -> dict[str, list[str]]:
    """How each driver is started."""
    own = str(ROOT / "build" / "venv" / "bin" / "python")
    python = HERE / "python"

    def peer(name: str, script: str) -> list[str]:
        return [str(BENCH / f"venv-{name}" / "bin" / "python"), str(python / script)]

    return {
        **{name: [str(BENCH / "bin" / name)] for name in NATIVE},
        "go": [str(BENCH / "bin" / "go-drivers"), "--driver", "go"],
        "nethttp": [str(BENCH / "bin" / "go-drivers"), "--driver", "nethttp"],
        **{name: ["node", str(HERE / "node" / "driver.mjs"), "--driver", name] for name in IN_NODE},
        "node-ai": ["node", str(HERE / "node-ai" / "driver.mjs"), "--driver", "node-ai"],
        "openai-go": [str(BENCH / "peer-go" / "bin" / "openai-go")],
        **{name: [str(BENCH / "peer-rust" / "bin" / name)] for name in ("genai", "async-openai")},
        "asyncio-raw": [own, str(python / "asyncio_raw.py")],
        "python": [own, str(python / "ours.py")],
        "python-uvloop": [own, str(python / "ours.py"), "--loop", "uvloop"],
        "aiohttp": peer("aiohttp", "aiohttp_orjson.py"),
        "httpx": peer("httpx", "httpx_orjson.py"),
        "openai": peer("openai", "openai_package.py"),
        "published": peer("published", "published.py"),
        "map": [own, str(python / "rows_map.py")],
        "map-file": [own, str(python / "rows_file.py")],
        "openai-rows": peer("openai", "rows_openai.py"),
        "litellm": peer("litellm", "rows_litellm.py"),
        "litellm-router": peer("litellm", "rows_router.py"),
    }


def missing(driver: str) -> str | None:
    """Why a driver cannot run, in one line."""
    program = next(Path(word) for word in commands()[driver] if word.startswith("/"))
    needed, note = program, program.parents[1] / "missing"
    if program.suffix == ".mjs":
        needed = program.parent / "node_modules"
        note = BENCH / f"peer-{program.parent.name}" / "missing"
    if note.exists():
        return note.read_text(encoding="utf-8").strip()
    return None if needed.exists() else "it was not built"


class Mock:
    """A fresh mock provider on its own core."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.places: dict[str, str] = json.loads(process.stdout.readline())

    def accepted(self) -> int:
        """Connections so far."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.places['http']}/_/stats", timeout=10) as response:
            return sum(json.load(response)["accepted"].values())

    def cpu_s(self) -> float:
        """User and system time (proc(5), stat)."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def mock() -> Iterator[Mock]:
    """Ends with its standard input."""
    command = ["taskset", "-c", MOCK_CORE, str(MOCK), "--tls"]
    command += ["--lifetime-seconds", str(LIFETIME_S)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Mock(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def command(scenario: Scenario, driver: str, key: str, server: Mock) -> list[str]:
    """What a driver is told."""
    words = [*commands()[driver], "--base-url", server.places[scenario.place], "--key", key]
    words += ["--streams", str(scenario.streams), "--concurrency", str(scenario.concurrency)]
    words += ["--tokens", str(scenario.tokens)]
    if scenario.timed:
        words += ["--timed-key", key.replace("tokens~", "timed~", 1)]
    if scenario.inputs:
        words += ["--inputs", str(scenario.inputs), "--dimensions", str(scenario.dimensions)]
        words += ["--floats"] if scenario.floats else []
    if scenario.whole:
        words += ["--whole"]
    if scenario.hold_ms:
        words += ["--hold-ms", str(scenario.hold_ms)]
    if scenario.place != "http":
        words += ["--ca", server.places["ca_file"]]
    return words


def play(
    scenario: Scenario,
    driver: str,
    name: str,
    cores: str = DRIVER_CORE,
    options: tuple[str, ...] = (),
) -> Run:
    """One run, whose name no other has. Its `invalid` is the reason why it does not count.

    It has a mock of its own: to the port that 10,000 connections were just closed to, the kernel
    opens 10,000 others a second later (TIME_WAIT), and all but the first run would measure that.
    """
    with mock() as server:
        return played(scenario, driver, name, server, cores, options)


def played(
    scenario: Scenario,
    driver: str,
    name: str,
    server: Mock,
    cores: str,
    options: tuple[str, ...],
) -> Run:
    """One run against a mock that no other used."""
    key = f"tokens~{scenario.tokens}~{scenario.interval_ms}~{driver}-{name}"
    if scenario.inputs:
        key = f"embed~{scenario.name}~{driver}-{name}"
    words = ["taskset", "-c", cores, *command(scenario, driver, key, server), *options]
    accepted, cpu_s = server.accepted(), server.cpu_s()
    try:
        done = driven(words, scenario.timeout_s)
    except subprocess.TimeoutExpired:
        return {"driver": driver, "invalid": f"not done after {scenario.timeout_s} s"}
    # One peer crashes at its exit, after it has printed its line; no other driver may.
    crashed = done.returncode != 0 and driver not in PEERS
    if crashed or not done.stdout.startswith("{"):
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        return {"driver": driver, "invalid": last[0][:200]}
    run: Run = json.loads(done.stdout.splitlines()[-1])
    run["exit"] = done.returncode
    run["cores"] = os.cpu_count()
    run["driver"] = driver
    # One of them is the request for this number.
    run["connections"] = server.accepted() - accepted - 1
    run["mock_share"] = (server.cpu_s() - cpu_s) / run["wall_s"]
    run["invalid"] = wrong(run, scenario)
    return run


def driven(command: list[str], timeout_s: int) -> subprocess.CompletedProcess[str]:
    """Runs a driver, without the machine's proxies: some peers obey them even on loopback."""
    own = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_s, check=False, env=own
    )


def wrong(run: Run, scenario: Scenario) -> str | None:
    """Every token and every character must have come."""
    for name, expected in (
        ("tokens", scenario.tokens_expected()),
        ("characters", scenario.characters_expected()),
    ):
        if run[name] != expected:
            errors = "; ".join(run["errors"]) or "no error was reported"
            return f"{run[name]} of {expected} {name} came ({errors})"[:300]
    if scenario.hold_ms and run["held_s"] is None:
        return "not all streams were open at the same time"
    return "; ".join(run["errors"])[:300] or None


def rounds(scenario: Scenario, drivers: list[str], count: int) -> list[Run]:
    """All drivers in turn, so many times."""
    runs = []
    for number in range(count):
        for driver in drivers:
            run = play(scenario.sized(driver), driver, str(number))
            outcome = run["invalid"] or f"{run['cpu_s'] / run['tokens'] * 1e6:.2f} us/token"
            print(f"  {scenario.name} round {number + 1} {driver}: {outcome}", flush=True)
            runs.append(run)
    return runs
