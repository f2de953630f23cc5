"""A run over many rows is killed again and again, and loses nothing; `make test-bulk` has the large
one."""

from __future__ import annotations

import pytest

from bulk_proof import ANSWERED, FAILED, LIMITED, check, prove


@pytest.mark.timeout(180)
def test_three_hundred_rows_and_three_kills(mock, tmp_path):
    proof = prove(mock, tmp_path, rows=300, kills=3, concurrency=24, per_minute=6_000, seed=3)

    check(proof, concurrency=24)
    for place in (LIMITED, FAILED, ANSWERED):  # else it was no proof
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
