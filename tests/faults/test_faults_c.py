"""Faults through the C boundary: every row on every transport, with a client of its own and
with llm_invoke, played by the program of tests/c/player.c and judged here."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from queue import Queue
from typing import IO, Any, NamedTuple, cast

import pytest
from rows import (
    KEY,
    TRANSPORTS,
    Case,
    Observed,
    cancel_as_told,
    cases,
    check,
    differences,
    played,
    tried_of,
)

from support import ROOT, Mock

START, TEXT, TOOL_CALL, END, VECTORS, RESULT = 1, 2, 5, 7, 9, 10
LONGEST_S = 45.0
HOW = {"test_scenario": "stream", "test_invoke": "invoke"}
CASES = cases(TRANSPORTS, operations=True)


def is_for_invoke(case: Case) -> bool:
    """llm_invoke has no options, is cancelled by nothing but its callback (test_stop_c.py), and its
    calls share connections: `new_connection` is the reason why a row needs its own; over HTTP/2 a
    row that closes one would end the others. Vectors are no text, so it refuses them."""
    if case.row.get("request", {}).get("operation") == "embed":
        return False
    if any(name in case.row for name in ("new_connection", "cancel_when", "options")):
        return False
    return case.transport.name != "http2" or '"close"' not in json.dumps(case.row["steps"])


class Record(NamedTuple):
    """One record of the player's output: see tests/c/player.c."""

    what: str
    number: int
    first: int
    error: int
    data: bytes


class Player:
    """The C program; its records are sorted by the number of their call."""

    def __init__(self, ca_file: str) -> None:
        foreign = ("_API_KEY", "_BASE_URL", "_proxy", "_PROXY")
        kept = {name: text for name, text in os.environ.items() if not name.endswith(foreign)}
        self.process = subprocess.Popen(
            [str(ROOT / "build/c/plain/player")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, "SSL_CERT_FILE": ca_file},  # llm_invoke has no options
        )
        self._records: dict[int, Queue[Record]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def stop(self) -> int:
        """Ends the program; returns its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(timeout=10)
        self._reader.join(timeout=10)
        self.process.stdout.close()
        return code

    def start(self, how: str, provider: str, options: Any, request: Any) -> int:
        """Starts a call; returns its number."""
        with self._lock:
            number = len(self._records) + 1
            self._records[number] = Queue()
        self._write(how, str(number), provider, json.dumps(options), json.dumps(request))
        return number

    def cancel(self, number: int) -> None:
        self._write("cancel", str(number))

    def all_of(self, number: int) -> list[Record]:
        """All records of a call, `done` last."""
        records = self._records[number]
        found = [records.get(timeout=LONGEST_S)]
        while found[-1].what != "done":
            found.append(records.get(timeout=LONGEST_S))
        return found

    def _write(self, *fields: str) -> None:
        assert self.process.stdin is not None
        with self._lock:
            self.process.stdin.write("\t".join(fields).encode() + b"\n")
            self.process.stdin.flush()

    def _read(self) -> None:
        output = self.process.stdout
        assert output is not None
        while record := read_record(output):
            self._records[record.number].put(record)
        for number, records in self._records.items():
            records.put(Record("done", number, 0, -1, b'{"kind": "the player has ended"}'))


def read_record(output: IO[bytes]) -> Record | None:
    line = output.readline().split()
    if len(line) != 5:
        return None
    number, first, error, length = map(int, line[1:])
    data = output.read(length)
    output.read(1)
    return Record(line[0].decode(), number, first, error, data)


def observed_of(records: list[Record]) -> Observed:
    """The outcome that the events of one stream amount to."""
    done = records[-1]
    events = [record for record in records if record.what == "event"]
    text = b"".join(event.data for event in events if event.first == TEXT).decode()
    shown = b"\n".join(record.data for record in records).decode("utf-8", "replace")
    ends = [event for event in events if event.first == END]
    assert len(ends) == 1, done
    receipt = json.loads(ends[0].data)
    starts = [json.loads(event.data) for event in events if event.first == START]
    calls = [json.loads(event.data) for event in events if event.first == TOOL_CALL]
    error = receipt.get("error")
    assert error is None or error.get("tried") == receipt.get("tried")
    source = starts[0] if starts else {}
    assert (error or {"number": 0})["number"] == ends[0].error
    fields = {
        "outcome": receipt["outcome"],
        "text": text,
        "text_length": len(text),
        "attempts": receipt["attempts"],
        "finish_reason": receipt.get("finish_reason"),
        "tool_calls": calls,
        "tried": tried_of(receipt.get("tried", [])),
        "provider": source.get("provider"),
        "model": source.get("model"),
        "warnings": [
            warning for part in (*starts, receipt) for warning in part.get("warnings", [])
        ],
        **fields_of_operation(events, receipt),
    }
    return Observed(fields, error, done.first / 1000, shown)


def fields_of_operation(events: list[Record], receipt: Any) -> dict[str, Any]:
    """What an operation beside chat found, in the terms of the rows."""
    numbers = b"".join(event.data for event in events if event.first == VECTORS)
    results = [json.loads(event.data) for event in events if event.first == RESULT]
    result = results[0] if results else {}
    assert len(results) <= 1
    return {
        "vectors": receipt.get("count"),
        "dimensions": receipt.get("dimensions"),
        "vectors_sha256": hashlib.sha256(numbers).hexdigest(),
        "ranked": [row["index"] for row in result.get("results", [])],
        "models": len(result.get("models", [])),
        "counted": result.get("input_tokens"),
    }


def observed_of_invoke(records: list[Record]) -> Observed:
    """What llm_invoke returns: text, and an error when it is not OK."""
    done = records[-1]
    text = b"".join(record.data for record in records if record.what == "event").decode()
    shown = b"\n".join(record.data for record in records).decode("utf-8", "replace")
    error = json.loads(done.data) if done.error else None
    assert (error or {"number": 0})["number"] == done.error
    return Observed({"text": text, "text_length": len(text)}, error, done.first / 1000, shown)


def play(mock: Mock, player: Player, case: Case, how: str) -> list[str]:
    """Everything that is not as promised."""
    key = mock.new_key(f"{case.name}-{how}")
    mock.plan(*case.steps(), key=key)
    place = case.address(mock.base_url(key, case.transport.port))
    request = {"base_url": place, **case.request("hello", place)}
    options = {
        "provider": "openai",
        "api_key": KEY,
        "ca_file": mock.places["ca_file"],
        "log_level": "debug",
        # Clients with equal options share connections; a row needs its own.
        "pool_idle_timeout_ms": 50_000 + case.number,
        **case.options(),
    }
    if how == "stream":
        number = player.start(how, "", options, request)
        cancel_as_told(case, partial(mock.wait, key), partial(player.cancel, number))
        records = player.all_of(number)
        observed = observed_of(records)
    else:
        provider = request.get("provider", "openai")
        number = player.start(how, provider, {}, {"api_key": KEY, **request})
        records = player.all_of(number)
        observed = observed_of_invoke(records)
    found = [record.data.decode() for record in records if record.what == "broken"]
    if case.row.get("closed"):
        mock.wait(key, closed=1)
    host = place.split("/")[2].split(":")[0]
    return found + differences(case, observed, mock.seen(key), host)


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock("--tls")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def player(mock: Mock) -> Iterator[Player]:
    running = Player(mock.places["ca_file"])
    yield running
    assert running.stop() == 0


FOR_INVOKE = [case for case in CASES if is_for_invoke(case)]
Wanted = tuple[str, Case]
Verdicts = dict[Wanted, Future[list[str]]]


def play_alone(
    mock: Mock, player: Player, wanted: Wanted, others: list[Future[list[str]]]
) -> list[str]:
    """Like `play`, but once no other call runs, and with the growth of the player's memory."""
    wait(others)
    process = Path(f"/proc/{player.process.pid}")
    before = memory_mb(process, "VmRSS")
    (process / "clear_refs").write_text("5")  # the peak begins anew, proc(5)
    found = play(mock, player, wanted[1], wanted[0])
    grown = memory_mb(process, "VmHWM") - before
    at_most = wanted[1].row["memory_mb_max"]
    return found + ([f"memory grew by {grown} MiB"] if grown > at_most else [])


def is_alone(how: str, case: Case) -> bool:
    """Rows that measure memory, or flood a connection that other calls would share."""
    return "memory_mb_max" in case.row and (how == "stream" or case.transport.name == "http2")


def memory_mb(process: Path, name: str) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, mock: Mock, player: Player) -> Iterator[Verdicts]:
    """The verdicts on all tests of this run, which are played concurrently."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted = [
        (HOW[test.originalname], cast(Case, test.callspec.params["case"]))
        for test in tests
        if test.originalname in HOW
    ]
    alone = [(how, case) for how, case in wanted if is_alone(how, case)]
    together = [what for what in wanted if what not in alone]
    with (
        played(together, lambda what: play(mock, player, what[1], what[0])) as found,
        ThreadPoolExecutor(1) as pool,
    ):
        others = list(found.values())
        yield {
            **found,
            **{what: pool.submit(play_alone, mock, player, what, others) for what in alone},
        }


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_scenario(verdicts: Verdicts, case: Case) -> None:
    check(verdicts["stream", case].result())


@pytest.mark.parametrize("case", FOR_INVOKE, ids=lambda case: str(case.name))
def test_invoke(verdicts: Verdicts, case: Case) -> None:
    check(verdicts["invoke", case].result())
