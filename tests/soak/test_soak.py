"""A soak that cannot fail proves nothing: every verdict is seen to fail here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from answers import PIECES, every_case
from judge import Sample, slope, verdicts

STREAMS = 100
# Of each second.
REQUESTS = 10_000
QUIET = Sample(ended=0, live=0, memory_bytes=0, threads=2, descriptors=10)
LAST: dict[str, Any] = {
    "started": 9000,
    "ended": 9000,
    "completed": 5000,
    "cancelled": 10,
    "wrong_success": 0,
    "wrong_text": 0,
    "wrong_end": 0,
    "ended_twice": 0,
    "kinds": {"whole": [9000, 5000]},
}


def samples(change: Callable[[Sample, int], Sample] = lambda sample, _: sample) -> list[Sample]:
    """A run in which all is well, changed in one way."""
    good = Sample(ended=0, live=STREAMS, memory_bytes=50 << 20, threads=4, descriptors=130)
    return [change(replace(good, ended=REQUESTS * index), index) for index in range(60)]


def failed(
    run: list[Sample] | None = None, last: dict[str, Any] | None = None, after: Sample = QUIET
) -> list[str]:
    """The names of what does not hold."""
    run = samples() if run is None else run
    found = verdicts(run, {**LAST, **(last or {})}, STREAMS, QUIET, after)
    return [verdict.name for verdict in found if not verdict.holds]


def test_a_good_run_passes() -> None:
    assert failed() == []


def test_the_slope_is_that_of_the_line() -> None:
    assert slope([(0, 5), (1, 8), (2, 11)]) == pytest.approx(3)
    assert slope([(4, 1), (4, 9)]) == 0


@pytest.mark.parametrize(("bytes_a_request", "names"), [(15, []), (17, ["memory is flat"])])
def test_memory_that_grows_with_requests_fails(bytes_a_request: int, names: list[str]) -> None:
    def leak(sample: Sample, index: int) -> Sample:
        noise = (index % 2) * 4096
        grown = bytes_a_request * sample.ended
        return replace(sample, memory_bytes=sample.memory_bytes + grown + noise)

    assert failed(samples(leak)) == names


def test_growth_of_less_than_the_noise_is_none() -> None:
    def step(sample: Sample, index: int) -> Sample:
        grown = index * 8192
        return replace(sample, ended=10 * index, memory_bytes=sample.memory_bytes + grown)

    assert failed(samples(step)) == []
    assert failed(samples(lambda sample, index: step(step(step(sample, index), index), index))) == [
        "memory is flat"
    ]


def test_what_fills_in_the_warm_up_is_not_growth() -> None:
    def fill(sample: Sample, index: int) -> Sample:
        return replace(sample, memory_bytes=sample.memory_bytes - max(0, 10 - index) * (1 << 20))

    assert failed(samples(fill)) == []


def test_threads_and_descriptors_that_grow_fail() -> None:
    def threads(sample: Sample, index: int) -> Sample:
        return replace(sample, threads=4 + (index > 50))

    def descriptors(sample: Sample, index: int) -> Sample:
        return replace(sample, descriptors=130 + index)

    assert failed(samples(threads)) == ["threads are flat"]
    assert failed(samples(descriptors)) == ["descriptors are flat"]
    assert failed(after=replace(QUIET, descriptors=40)) == ["descriptors are given back"]


def test_streams_that_are_not_there_fail() -> None:
    assert failed(samples(lambda sample, _: replace(sample, live=80))) == ["streams are live"]
    assert failed(samples()[:4]) == ["samples"]


@pytest.mark.parametrize("name", ["wrong_success", "wrong_text", "wrong_end", "ended_twice"])
def test_one_wrong_stream_fails(name: str) -> None:
    assert failed(last={name: 1}) == [name.replace("_", " ")]


def test_streams_without_an_end_and_kinds_without_a_stream_fail() -> None:
    assert failed(last={"ended": 8999}) == ["every stream ended once"]
    assert failed(last={"kinds": {"whole": [1, 1], "cut": [0, 0]}}) == ["every kind was played"]


def test_no_piece_fits_another_place_or_response() -> None:
    pieces = [piece for case in every_case() for piece in case.text.split(" ") if piece]
    assert len(set(pieces)) == len(pieces) > 20 * PIECES
