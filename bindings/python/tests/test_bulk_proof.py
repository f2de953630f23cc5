"""A run over many rows is killed again and again, and loses nothing; `make test-bulk` has the large
one."""

from __future__ import annotations

import pytest

from bulk_proof import ANSWERED, FAILED, LIMITED, SENT, check, prove, run_rows, write_rows


@pytest.mark.timeout(180)
def test_three_hundred_rows_and_three_kills(mock, tmp_path):
    proof = prove(mock, tmp_path, rows=300, kills=3, concurrency=24, per_minute=6_000, seed=3)

    check(proof, concurrency=24)
    # Else it was no proof. How many are refused by the limit is up to the pacing.
    for place in (FAILED, ANSWERED):
        assert sum(row[place] for row in proof.counts.values()) > 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_thousand_rows_and_ten_kills(mock, tmp_path):
    proof = prove(
        mock, tmp_path, rows=20_000, kills=10, concurrency=128, per_minute=24_000, seed=11
    )

    print(proof.last_words)
    print(proof.figures())
    check(proof, concurrency=128)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_a_minute_few_requests_are_limited(mock, tmp_path):
    """The limit lets 100 requests through in a second; 64 rows at once would be several times that.
    At most 2 % may get 429 once the limit was learned."""
    key = mock.plan({"bulk": {"requests_per_minute": 6_000, "burst": 50}})
    write_rows(tmp_path / "in.jsonl", 9_000)
    process = run_rows(mock, key, tmp_path, 64)
    while not mock._call("GET", f"wait/{key}?requests=6000&timeout_ms=5000")["held"]:
        assert process.poll() is None
    first = mock._call("GET", f"bulk/{key}")["sum"]
    assert process.wait() == 0
    last = mock._call("GET", f"bulk/{key}")["sum"]

    sent, limited = last[SENT] - first[SENT], last[LIMITED] - first[LIMITED]
    print(f"{limited} of {sent} requests were limited")
    assert limited <= sent * 0.02
