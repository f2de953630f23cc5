"""What the benchmark computes, with made-up runs."""

from __future__ import annotations

from typing import Any

import pytest
from instructions import compared
from measure import wrong
from report import limits_table, met, number, saturated, scenario_table
from scale import sizes
from scenarios import QUICK, SCENARIOS, Scenario, chosen
from split import part_of, shares
from verdicts import LIMITS, Limit, figures, single, verdicts

SCENARIO = Scenario("x", "made up", 100, 10, 3, interval_ms=5)


def a_run(**changed: Any) -> dict[str, Any]:
    run: dict[str, Any] = {
        "driver": "c",
        "tokens": 300,
        "characters": 98 * 3 * 4 + 2 * 3 * 16,
        "cpu_s": 0.0003,
        "wall_s": 0.1,
        "first_token_ms": {"p50": 1.0, "p99": 2.0},
        "answer_ms": None,
        "late_ms": None,
        "rss_before_kib": 1000,
        "rss_open_kib": 6000,
        "rss_peak_kib": 7000,
        "threads": 4,
        "held_cpu_s": None,
        "held_s": None,
        "connections": 10,
        "mock_share": 0.5,
        "cores": 2,
        "errors": [],
        "invalid": None,
    }
    return {**run, **changed}


def test_every_token_and_every_character_is_counted() -> None:
    assert wrong(a_run(), SCENARIO) is None
    assert "tokens" in str(wrong(a_run(tokens=299), SCENARIO))
    assert "characters" in str(wrong(a_run(characters=1), SCENARIO))
    assert wrong(a_run(errors=["NETWORK"]), SCENARIO) == "NETWORK"


def test_every_vector_and_every_number_is_counted() -> None:
    scenario = Scenario("x", "made up", 10, 2, 64, inputs=3, dimensions=8)
    assert wrong(a_run(tokens=30, characters=240), scenario) is None
    assert "tokens" in str(wrong(a_run(tokens=29, characters=240), scenario))
    assert "characters" in str(wrong(a_run(tokens=30, characters=239), scenario))
    shown = scenario_table(scenario, {"c": figures([a_run()], 10)}, {})
    assert "CPU us/vector" in shown


def test_every_row_is_counted() -> None:
    scenario = Scenario("x", "made up", 10, 2, 64, rows=True)
    assert wrong(a_run(tokens=10, characters=10 * 64 * 4), scenario) is None
    assert "9 of 10 tokens" in str(wrong(a_run(tokens=9, characters=10 * 64 * 4), scenario))
    assert "characters" in str(wrong(a_run(tokens=10, characters=9 * 64 * 4), scenario))
    shown = scenario_table(scenario, {"c": figures([a_run()], 10)}, {})
    assert "CPU us/row" in shown
    assert "rows/s" in shown
    assert "threads" not in shown


def test_figures_are_medians_of_what_counts() -> None:
    runs = [a_run(cpu_s=cpu * 300e-6) for cpu in (3, 1, 2)] + [a_run(cpu_s=9, invalid="cut")]
    found = figures(runs, 10)
    cpu = found["cpu"]
    assert (cpu.median, cpu.least, cpu.most) == pytest.approx((2, 1, 3))
    assert found["lost"].median == 1
    assert "answer" not in found
    assert "stream" not in found, "ten streams say nothing about memory"
    assert figures([a_run()], 1000)["stream"].median == 5


def test_a_limit_is_met_missed_or_not_measured() -> None:
    results = {"a": {"c": figures([a_run()], 10), "limit": figures([a_run(cpu_s=0.0002)], 10)}}
    judged = dict(verdicts(results))
    assert judged[LIMITS[0]] == pytest.approx(1.5)
    assert judged[LIMITS[1]] is None
    one, two = (single(about, 2, "a", "c", "cpu") for about in ("one", "two"))
    shown = limits_table([(one, 1), (two, 3), (one, None)])
    assert "| (a) one | 2 | 1 | yes |" in shown
    assert "| (a) two | 2 | 3 | **no** |" in shown
    assert "| (a) one | 2 |  | not measured |" in shown


def test_a_limit_may_be_a_difference() -> None:
    one, other = ("tls", "c", "stream"), ("plain", "c", "stream")
    limit = Limit("TLS less plain", 12, one, other, is_difference=True)
    kib = {"tls": 21_000, "plain": 6_000}
    results = {
        name: {"c": figures([a_run(rss_open_kib=open_kib)], 1000)} for name, open_kib in kib.items()
    }
    assert limit.measured(results) == 15
    assert limit.measured({"tls": results["tls"]}) is None


def test_a_table_shows_who_is_missing_and_who_is_smaller() -> None:
    scenario = Scenario("x", "x", 100, 10, 3, drivers=("c", "openai"), reduced={"openai": 5})
    shown = scenario_table(scenario, {"c": figures([a_run()], 10)}, {"openai": "no wheel"})
    assert "| openai package | 5 | no wheel |" in shown
    assert scenario.sized("openai").concurrency == 5


def test_a_driver_whose_runs_were_all_thrown_out_has_no_figures() -> None:
    scenario = Scenario("x", "x", 100, 10, 3, drivers=("c",))
    row = figures([a_run(invalid="cut")], 10)
    assert list(row) == ["lost"]
    assert "not measured" in scenario_table(scenario, {"c": row}, {})


def test_every_row_is_shown_as_a_multiple_of_the_limit() -> None:
    scenario = Scenario("x", "x", 100, 10, 3, drivers=("limit", "c", "openai"))
    results = {"limit": figures([a_run(cpu_s=0.0001)], 10), "c": figures([a_run()], 10)}
    shown = scenario_table(scenario, results, {}).splitlines()
    assert shown[2].startswith("|  | streams | CPU us/token | x the limit | tokens/s |")
    assert shown[4].startswith("| the limit (raw epoll, C) | 100 | 0.333 | 1 |")
    assert shown[5].startswith("| **liter-llm, C boundary** | 100 | 1 | 3 |")
    assert "not measured |  |" in shown[6]
    assert shown[6].count("|") == shown[2].count("|")
    assert "x the limit" not in scenario_table(scenario, {"c": results["c"]}, {})


def test_limits_and_goals_are_summed_apart() -> None:
    limit, goal = single("one", 2, "a", "c", "cpu"), single("one", 1, "a", "c", "cpu", goal=True)
    judged: list[Any] = [(limit, 1.5), (limit, None), (goal, 1.5)]
    assert met(judged, False) == "1 of 2"
    assert met(judged, True) == "0 of 1"


def test_a_full_mock_is_named() -> None:
    assert saturated({"c": figures([a_run()], 10)}) == ""
    assert "C boundary" in saturated({"c": figures([a_run(mock_share=0.99)], 10)})


def test_three_per_cent_more_instructions_fail() -> None:
    kept = {"c": {"long": 1000.0, "many": 500.0}}
    four, two, less = ({"c": {"long": count, "many": 500.0}} for count in (1040.0, 1020.0, 900.0))
    assert [verdict.failed for verdict in compared(kept, four, {})] == [True, False]
    assert [verdict.failed for verdict in compared(kept, two, {})] == [False, False]
    assert (
        "1,040.0 a token, 1.040 of what is kept: more than 1.03" in compared(kept, four, {})[0].text
    )
    assert compared(kept, less, {})[0].text.endswith("keep it with WRITE=1")


def test_a_driver_without_instructions_is_named() -> None:
    kept, found = {"c": {"long": 1000.0}}, {"limit": {"long": 1.0}}
    missing, new = compared(kept, found, {"c": "it was not built"})
    assert (missing.text, missing.failed) == ("c: not measured: it was not built", False)
    assert (new.text, new.failed) == ("limit (long): 1.0 a token, and none kept; WRITE=1", False)


def test_the_largest_size_that_fits_is_measured() -> None:
    assert sizes(19_800, (1_000, 20_000)) == [1_000, 19_000, 20_000]
    assert sizes(28_232, (1_000, 20_000)) == [1_000, 20_000]


def test_samples_are_sorted_by_what_they_are_spent_on() -> None:
    report = "\n".join(
        (
            "# Overhead\tShared Object\tSymbol",
            " 30.00%\t[kernel.kallsyms]\t[k] tcp_recvmsg",
            " 20.00%  \tlibliter_llm.so.0   \t[.] liter_llm::framing::Framer::feed",
            " 10.00%  \tlibliter_llm.so.0   \t[.] liter_llm::buffer::Buffer::push_delta",
            "  5.00%  \tlibliter_llm.so.0   \t[.] what nobody has a name for",
        )
    )
    found = {part: round(share * 65) for part, share in shares(report).items() if share}
    assert found == {"kernel": 30, "framing": 20, "queue and boundary": 10, "other": 5}
    assert part_of("libpython3.11.so.1.0", "_PyEval_EvalFrameDefault") == "language"
    assert part_of("_native.abi3.so", "0x00000000001ab70") == "the core, whole"
    assert part_of("go-drivers", "runtime.mallocgc") == "language"
    assert part_of("[JIT] tid 7", "0x00007f3a") == "language"
    assert part_of("_json.cpython-311-x86_64-linux-gnu.so", "0x1234") == "language"
    assert part_of("[vdso]", "__vdso_clock_gettime") == "kernel"
    assert set(shares("").values()) == {0}


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.01234, 1.5, 123.4, 12345)] == [
        "0.0123",
        "1.5",
        "123",
        "12,345",
    ]


def test_the_quick_benchmark_is_smaller() -> None:
    assert set(QUICK) <= {scenario.name for scenario in SCENARIOS}
    quick = {scenario.name: scenario for scenario in chosen([], True)}
    assert all(quick[s.name].streams <= s.streams for s in SCENARIOS if s.name in quick)
    assert [scenario.name for scenario in chosen(["c"], False)] == ["c"]
