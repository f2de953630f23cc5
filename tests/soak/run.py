"""Soak: `run.py [--program c|python] [--streams N] [--seconds N]`, for `make soak`.

Starts the mock and one program after the other, looks at its memory, threads and descriptors
once per second, and judges at the end (judge.py). Loopback only; it ends what it started, and a
program that is not done in time is ended as well, which is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from answers import Case, every_case
from judge import DESCRIPTORS_MORE, Sample, Verdict, verdicts

from support import ROOT, Mock, mock_path

OUT = ROOT / "build/soak"
PROGRAMS = {"c": [str(OUT / "soak")], "python": [sys.executable, str(ROOT / "tests/soak/soak.py")]}
# Beyond SECONDS: streams drain for a minute at most, see both programs.
SECONDS_MORE = 120
# How long a program that has no client any more may take to close its connections.
SETTLE_SECONDS = 10.0
# Plans are set anew so often: faults that come in turn begin again, and the mock forgets.
RENEW_SECONDS = 5.0
OPTIONS: dict[str, Any] = {
    "api_key": "soak-key-0123456789",
    "idle_timeout_ms": 30_000,
    "headers_timeout_ms": 30_000,
    # A program that gets a tenth of a core plays four seconds of text in a minute and more.
    "total_timeout_ms": 300_000,
    "stream_window_bytes": 64 * 1024,
    "pool_idle_timeout_ms": 5_000,
}


class LongMock(Mock):
    """The mock provider for as long as a soak takes, on all its ports."""

    def __init__(self, seconds: int) -> None:
        command = [str(mock_path()), "--tls", "--lifetime-seconds", str(seconds)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.places = json.loads(self.process.stdout.readline())
        self._keys = 0


def look(pid: int, line: dict[str, Any]) -> Sample:
    """The program as the kernel sees it, beside what it counted (proc(5))."""
    fields = dict(
        field.split(":", 1)
        for field in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    )
    return Sample(
        ended=line["ended"],
        live=line["live"],
        memory_bytes=int(fields["VmRSS"].split()[0]) * 1024,
        threads=int(fields["Threads"]),
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208
    )


def settled(pid: int, line: dict[str, Any], before: Sample) -> Sample:
    """The program once the descriptors of its last client are closed, or after some seconds."""
    limit = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < limit:
        sample = look(pid, line)
        if sample.descriptors <= before.descriptors + DESCRIPTORS_MORE:
            break
        time.sleep(0.1)
    return sample


def set_plans(mock: Mock, cases: list[Case]) -> None:
    """The plan of every response, from its first step."""
    for case in cases:
        mock.plan(*case.steps, key=case.key)


@contextmanager
def renewed(mock: Mock, cases: list[Case]) -> Iterator[None]:
    """Sets all plans, and goes on with it in a thread."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEW_SECONDS):
            set_plans(mock, cases)

    set_plans(mock, cases)
    thread = threading.Thread(target=renew)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def run_program(program: str, mock: Mock, options: argparse.Namespace) -> list[Verdict]:
    """One program from its start to its end."""
    cases = every_case()
    path = OUT / f"{program}-answers.tsv"
    path.write_text("".join(case.line(mock) + "\n" for case in cases), encoding="utf-8")
    client = json.dumps({**OPTIONS, "ca_file": mock.places["ca_file"]})
    arguments = [str(path), client, str(options.streams), str(options.seconds), str(options.seed)]
    samples: list[Sample] = []
    seen: dict[str, tuple[Sample, dict[str, Any]]] = {}
    with (
        renewed(mock, cases),
        subprocess.Popen(
            [*PROGRAMS[program], *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        timer = threading.Timer(options.seconds + SECONDS_MORE, process.kill)
        timer.start()
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            for text in process.stdout:
                line = json.loads(text)
                sample = look(process.pid, line)
                if "sample" in line:
                    # Streams that are no longer replaced do not count for the run.
                    samples += [sample] if line["busy"] else []
                    if len(samples) % 30 == 1:
                        print(f"  {program}: {sample}", flush=True)
                else:
                    seen["last" if "last" in line else "begun"] = (sample, line)
                if "last" in line:
                    seen["last"] = (settled(process.pid, line, seen["begun"][0]), line)
                    process.stdin.close()
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
    ended = Verdict("the program ends well", code == 0 and "last" in seen, f"exit code {code}")
    if not ended.holds:
        return [ended]
    keep(program, samples)
    after, last = seen["last"]
    return [ended, *verdicts(samples, last, options.streams, seen["begun"][0], after)]


def keep(program: str, samples: list[Sample]) -> None:
    """The samples as a table, for a reader."""
    rows = [f"{s.ended}\t{s.live}\t{s.memory_bytes}\t{s.threads}\t{s.descriptors}" for s in samples]
    text = "\n".join(["ended\tlive\tmemory\tthreads\tdescriptors", *rows, ""])
    (OUT / f"{program}-samples.tsv").write_text(text, encoding="utf-8")


def main() -> int:
    """Runs the programs that were requested; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", choices=PROGRAMS, action="append")
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=3600, help="of each program")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    failed = passed = 0
    for program in options.program or PROGRAMS:
        mock = LongMock(options.seconds + 2 * SECONDS_MORE)
        try:
            found = run_program(program, mock, options)
        finally:
            mock.stop()
        for verdict in found:
            print(
                f"{'ok' if verdict.holds else 'FAILED'} {program}: {verdict.name}: {verdict.found}"
            )
        passed += sum(verdict.holds for verdict in found)
        failed += sum(not verdict.holds for verdict in found)
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
