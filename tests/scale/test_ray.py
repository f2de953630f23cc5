"""Ray Data on a cluster of two workers: every row once, one limit for all, a worker killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow
import pytest
import ray
from redis_server import Redis
from rows import ALL, BLOCKS_AT_ONCE, CountedComplete, answer, make_rows, read_lines

from liter_llm.ray import Embed, unanswered, write
from liter_llm.ray.sink import LinesDatasink
from liter_llm.shared_limits import SharedLimits
from support import Mock

pytestmark = pytest.mark.usefixtures("cluster")
ROWS = 5000
ROWS_PER_BLOCK = 100
PER_MINUTE = 9000


def most_in(times: list[float], span: float) -> int:
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def kill_one(mock: Mock, key: str, folder: Path, after: int, killed: list[str]) -> None:
    """Ends a worker as the kernel does when memory is short, once so many requests were seen."""
    while not mock._call("GET", f"wait/{key}?requests={after}&timeout_ms=10000")["held"]:
        pass
    pid = sorted(path.name for path in folder.iterdir())[0]
    os.kill(int(pid), signal.SIGKILL)
    killed.append(pid)


@pytest.mark.timeout(400)
def test_every_row_once_within_the_limit_though_a_worker_is_killed(
    mock: Mock, redis: Redis, tmp_path: Path
) -> None:
    key = mock.plan({"bulk": {"fault_percent": 10, "answer_ms": 20}})
    killed: list[str] = []
    pids, out = tmp_path / "pids", tmp_path / "out"
    pids.mkdir()
    limits = SharedLimits("mock", requests_per_minute=PER_MINUTE, redis_url=redis.url)
    killer = threading.Thread(target=kill_one, args=(mock, key, pids, ROWS // 2, killed))
    killer.start()
    began = time.monotonic()
    answered = answer(
        make_rows(ROWS, blocks=ROWS // ROWS_PER_BLOCK),
        mock.base_url(key),
        CountedComplete,
        folder=str(pids),
        limits=limits,
        idle_timeout_ms=1000,
        first_token_timeout_ms=1000,
    )
    write(answered, out)
    took = time.monotonic() - began
    killer.join()

    lines = read_lines(out)
    assert killed
    assert len(list(pids.iterdir())) >= 3, "another worker took the place of the killed one"
    assert sorted(line["custom_id"] for line in lines) == sorted(f"id-{n}" for n in range(ROWS))
    for line in lines:
        text = line["response"]["body"]["choices"][0]["message"]["content"]
        assert text == "answer to row " + line["custom_id"].removeprefix("id-")

    seen = mock._call("GET", f"bulk/{key}")
    again = [row for row in seen["rows"].values() if row[3] > 1]
    times = sorted(request["at_ms"] / 1000 for request in mock.seen(key)["requests"])
    per_second = PER_MINUTE / 60
    over = {span: most_in(times, span) / (per_second * span) for span in (1, 5, 10, 20, 30)}
    report(seen, again, times, over, took)
    assert set(seen["rows"]) == {f"row {number}" for number in range(ROWS)}
    # The blocks that the killed worker had in flight, and nothing else, were asked again.
    assert len(again) <= BLOCKS_AT_ONCE * ROWS_PER_BLOCK
    assert all(row[3] <= 2 for row in seen["rows"].values())
    # A limit is per minute. A busy machine holds some requests up between the count and the
    # provider, by a part of a second: what then arrives at once shows in a short span.
    assert over[20] <= 1.02
    assert over[30] <= 1.02


def report(
    seen: dict[str, Any],
    again: list[list[int]],
    times: list[float],
    over: dict[int, float],
    took: float,
) -> None:
    """The figures of docs/scale.md."""
    calls = Counter(row[0] for row in seen["rows"].values())
    print(f"\n{len(seen['rows'])} rows in {took:.1f} s; requests by kind: {seen['sum']}")
    print(f"requests per row: {dict(sorted(calls.items()))}; answered twice: {len(again)}")
    rate = len(times) / (times[-1] - times[0])
    print(f"{rate:.1f} requests a second; most in a span, of the limit: {over}")


def test_what_is_written_is_not_asked_again(mock: Mock, tmp_path: Path) -> None:
    refused = {"status": 400, "error": {"message": "no", "type": "invalid_request_error"}}
    first, second, third = mock.plan(ALL), mock.plan(refused), mock.plan(ALL)
    out = tmp_path / "out"
    write(answer(make_rows(60), mock.base_url(first)), out)
    write(answer(make_rows(20, 60), mock.base_url(second)), out)
    # A disk that was full, or a machine that went down, leaves half a line.
    (out / "cut.jsonl").write_text('{"custom_id": "id-99", "error": null, "resp')
    rows = make_rows(100)

    left = {row["custom_id"] for row in unanswered(rows, out).take_all()}
    with_failed = {row["custom_id"] for row in unanswered(rows, out, retry_failed=True).take_all()}
    assert left == {f"id-{number}" for number in range(80, 100)}
    assert with_failed == {f"id-{number}" for number in range(60, 100)}

    write(answer(unanswered(rows, out), mock.base_url(third)), out)
    lines = read_lines(out)
    assert Counter(line["custom_id"] for line in lines) == Counter(f"id-{n}" for n in range(100))
    counted = mock._call("GET", f"bulk/{third}")["rows"]
    assert set(counted) == {f"row {number}" for number in range(80, 100)}


def test_what_is_answered_may_be_a_dataset(mock: Mock) -> None:
    key = mock.plan(ALL)
    done = answer(make_rows(30), mock.base_url(key)).materialize()

    left = unanswered(make_rows(40), done)
    assert {row["custom_id"] for row in left.take_all()} == {f"id-{n}" for n in range(30, 40)}
    assert unanswered(make_rows(10), "/nowhere/at/all").count() == 10
    # For more ids than a machine's memory holds, Ray joins them.
    joined = make_rows(40).join(done, join_type="left_anti", num_partitions=2, on=("custom_id",))
    assert {row["custom_id"] for row in joined.take_all()} == {f"id-{n}" for n in range(30, 40)}


def test_a_bad_row_and_a_wrong_key_are_rows(mock: Mock) -> None:
    wrong = {"status": 401, "error": {"message": "wrong key", "type": "t"}}
    key = mock.plan(wrong)
    table = pyarrow.table({"custom_id": ["a", "b", "c"], "prompt": ["x", None, "y"]})

    rows = answer(ray.data.from_arrow(table), mock.base_url(key), concurrency=1).take_all()
    errors = {row["custom_id"]: json.loads(row["error"])["code"] for row in rows}
    assert errors == {"a": "authentication", "b": "invalid_row", "c": "authentication"}
    assert mock.seen(key)["requests_count"] == 1  # the other would get the same


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    done = {"id": "row_a", "custom_id": "a", "response": None, "error": None, "liter_llm": "{}"}
    table = pyarrow.Table.from_pylist([done])
    sink = LinesDatasink(tmp_path.as_uri(), "run", ".jsonl")
    context = SimpleNamespace(task_idx=7)

    def broken() -> Iterator[pyarrow.Table]:
        yield table
        raise RuntimeError("the worker is lost")

    with pytest.raises(RuntimeError):
        sink.write(broken(), context)
    assert list(tmp_path.glob("*.jsonl")) == []
    for _ in range(2):  # a task that runs again
        sink.write([table], context)
    sink.write([table.slice(0, 0)], SimpleNamespace(task_idx=8))
    assert [path.name for path in tmp_path.iterdir()] == ["run-000007.jsonl"]
    assert [line["custom_id"] for line in read_lines(tmp_path)] == ["a"]


def test_vectors_are_a_column_and_in_the_lines(mock: Mock, tmp_path: Path) -> None:
    embedded = answer(make_rows(20), mock.base_url(mock.new_key()), Embed).materialize()

    vectors = {row["custom_id"]: row["embeddings"] for row in embedded.take_all()}
    assert {len(each) for each in vectors.values()} == {1}
    write(embedded, tmp_path / "out")
    for line in read_lines(tmp_path / "out"):
        (written,) = line["response"]["body"]["data"]
        assert written["embedding"] == pytest.approx(list(vectors[line["custom_id"]][0]))


def test_the_key_is_the_workers_own(mock: Mock) -> None:
    key = mock.plan(ALL)
    answer(make_rows(4), mock.base_url(key)).materialize()

    for request in mock.seen(key)["requests"]:
        assert dict(request["headers"])["authorization"] == "Bearer key-of-the-environment"
