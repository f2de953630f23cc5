"""The proof that a run over many rows is resumed without loss: it is killed at random moments while
the provider fails in every way, and then the output and the mock's own counts are compared."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import Mock

FAULT_PERCENT = 30
SENT, LIMITED, FAILED, ANSWERED = range(4)
_REQUESTS_PER_ROW = 1.3
"""At least, with the retries that the faults need."""
_STALL_MS = 2_000


@dataclass
class Proof:
    """Figures of a run, all of its processes together."""

    rows: int
    kills: list[tuple[set[str], dict[str, list[int]]]] = field(default_factory=list)
    """Of each: what was in the output, and what the mock had counted."""
    resident_kib: list[int] = field(default_factory=list)
    """The most memory that each process had."""
    counts: dict[str, list[int]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    last_words: str = ""

    def figures(self) -> str:
        """One line for people."""
        sums = [sum(row[place] for row in self.counts.values()) for place in range(4)]
        twice = sum(row[ANSWERED] - 1 for row in self.counts.values())
        resident = [kib // 1024 for kib in self.resident_kib if kib]
        return (
            f"{self.rows} rows, {len(self.kills)} kills: {sums[SENT]} requests, {sums[FAILED]}"
            f" failed, {sums[LIMITED]} limited, {twice} answers lost in flight; at most"
            f" {resident[0]} MiB at the first kill, {resident[-1]} at the end"
        )


def question(row: int) -> str:
    return f"question {row}"


def write_rows(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in range(rows):
            messages = [{"role": "user", "content": question(row)}]
            body = {"model": "gpt-4o-mini", "messages": messages}
            batch = {"custom_id": f"r{row}", "method": "POST", "url": "/v1/chat/completions"}
            file.write(json.dumps({**batch, "body": body}) + "\n")


def run_rows(mock: Mock, key: str, folder: Path, concurrency: int) -> subprocess.Popen[bytes]:
    """Starts the command, in a process of its own."""
    options = [f"{name}_timeout_ms={_STALL_MS}" for name in ("first_token", "idle")]
    command = [sys.executable, "-m", "liter_llm.bulk", "in.jsonl", "out.jsonl", "-p", "openai"]
    command += ["--tries", "20", "--concurrency", str(concurrency)]
    for option in options:
        command += ["--option", option]
    environment = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": mock.base_url(key)}
    with (folder / "stderr").open("wb") as errors:
        return subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stderr=errors
        )


def prove(
    mock: Mock, folder: Path, rows: int, kills: int, concurrency: int, per_minute: int, seed: int
) -> Proof:
    """Runs, kills, resumes; the last process runs to its end."""
    random_gap = random.Random(seed).uniform
    proof = Proof(rows)
    limits = {"requests_per_minute": per_minute, "burst": per_minute // 120}
    key = mock.plan({"bulk": {"fault_percent": FAULT_PERCENT, "answer_ms": 5, **limits}})
    write_rows(folder / "in.jsonl", rows)
    requests = 0
    for _ in range(kills):
        requests += max(1, int(random_gap(0.1, 1.0) * rows * _REQUESTS_PER_ROW / (kills + 1)))
        process = run_rows(mock, key, folder, concurrency)
        requests = _await_requests(mock, key, requests, process)
        proof.resident_kib.append(_most_resident_kib(process))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        done = {line["custom_id"] for line in whole_lines(folder / "out.jsonl")}
        proof.kills.append((done, mock._call("GET", f"bulk/{key}")["rows"]))
    process = run_rows(mock, key, folder, concurrency)
    assert _watch_until_end(process, proof.resident_kib) == 0
    proof.last_words = (folder / "stderr").read_text(encoding="utf-8")
    proof.lines = whole_lines(folder / "out.jsonl")
    proof.counts = mock._call("GET", f"bulk/{key}")["rows"]
    return proof


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of an output that may end with half of one, or may not be there yet."""
    data = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def _await_requests(mock: Mock, key: str, count: int, process: subprocess.Popen[bytes]) -> int:
    """Returns when the mock has seen so many, and how many it has seen then."""
    while True:
        assert process.poll() is None, "the run ended before it was killed"
        seen = mock._call("GET", f"wait/{key}?requests={count}&timeout_ms=5000")
        if seen["held"]:
            return int(seen["requests_count"])


def _watch_until_end(process: subprocess.Popen[bytes], resident_kib: list[int]) -> int:
    """The exit code; notes memory once a second."""
    while True:
        resident_kib.append(_most_resident_kib(process))
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=1)


def _most_resident_kib(process: subprocess.Popen[bytes]) -> int:
    """The most memory that a process had since it began; 0 when it has just ended."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return next(
        (int(line.split()[1]) for line in text.splitlines() if "VmHWM" in line), 0
    )  # 0: it ends


def check(proof: Proof, concurrency: int) -> None:
    """Every row once in the output; asked again only if it was in flight at a kill."""
    answers = {line["custom_id"]: line for line in proof.lines}
    assert len(proof.lines) == len(answers) == proof.rows
    for row in range(proof.rows):
        line = answers[f"r{row}"]
        assert line["error"] is None, line
        message = line["response"]["body"]["choices"][0]["message"]
        assert message["content"] == f"answer to {question(row)}"
    in_flight: dict[str, int] = {}
    before: dict[str, list[int]] = {}
    for done, counts in proof.kills:
        for row in range(proof.rows):
            text = question(row)
            if f"r{row}" in done:
                assert proof.counts[text][SENT] == counts[text][SENT], f"{text} was sent again"
            elif counts.get(text, [0])[SENT] > before.get(text, [0])[SENT]:
                in_flight[text] = in_flight.get(text, 0) + 1
        before = counts
    for text, counts_of_row in proof.counts.items():
        assert counts_of_row[ANSWERED] <= 1 + in_flight.get(text, 0), text
    lost = sum(row[ANSWERED] - 1 for row in proof.counts.values())
    assert lost <= len(proof.kills) * concurrency
    # 20,000 rows may cost what is kept of them, and no more: their answers are not.
    assert max(proof.resident_kib) < (80 + proof.rows // 1000) * 1024, proof.resident_kib
