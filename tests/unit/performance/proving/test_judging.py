"""When advice counts as helping: by time and by blocks, against the faster of both times without it."""

import pytest
from dataops.performance.proving.dropping import Drop, Dropped, judge_drop
from dataops.performance.proving.judging import (
    Built,
    WriteCost,
    judge_estimated,
    judge_measured,
    not_tried,
)
from dataops.performance.proving.measurement import Execution, Measured, fastest, of_plan

INDEX = Built(frozenset({"i"}), 0.5, 1_000_000)


def took(*seconds: float, blocks: int = 1000, uses: bool = False, cut_off: bool = False) -> Measured:
    used = frozenset({"i"} if uses else {"other"})
    return Measured(tuple(Execution(each, blocks, used, cut_off) for each in seconds))


def test_faster_with_fewer_blocks_helps() -> None:
    cost = WriteCost(1000, 0.010, 0.012, 100_000, 150_000)
    proof = judge_measured("x", INDEX, took(0.1), took(0.01, blocks=10, uses=True), took(0.09), cost)
    assert proof.helps is True
    figures = {each.name: each.value for each in proof.figures}
    assert figures["time without"] == pytest.approx(0.09)
    assert figures["WAL of a row with"] == 150
    assert "2.0 microseconds more (+20 %)" in proof.sentence


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        pytest.param(took(0.1), took(0.01, blocks=10), took(0.1), id="not used"),
        pytest.param(took(0.1), took(0.09, blocks=10, uses=True), took(0.1), id="hardly faster"),
        pytest.param(took(0.1), took(0.05, blocks=1000, uses=True), took(0.1), id="no fewer blocks"),
        pytest.param(took(0.1), took(0.05, blocks=10, uses=True), took(0.05), id="only the cache got warm"),
        pytest.param(took(0.1), took(60, blocks=0, uses=True, cut_off=True), took(0.1), id="cut off with it"),
    ],
)
def test_advice_that_does_not_win_is_withdrawn(before: Measured, after: Measured, again: Measured) -> None:
    proof = judge_measured("x", INDEX, before, after, again)
    assert proof.helps is False
    assert proof.sentence.startswith("Withdrawn")


def test_a_statement_that_was_cut_off_without_it_is_a_lower_bound() -> None:
    slow = took(60, blocks=0, cut_off=True)
    proof = judge_measured("x", INDEX, slow, took(0.01, blocks=10, uses=True), slow)
    assert proof.helps is True
    assert "More than 1 min" in proof.sentence


def test_values_with_which_it_is_slower_are_told() -> None:
    after = took(0.001, 0.03, blocks=10, uses=True)
    proof = judge_measured("x", INDEX, took(0.1, 0.01), after, took(0.1, 0.01))
    assert proof.helps is True
    assert "with 1 of 2 sets of values it is slower" in proof.sentence


def test_an_index_of_a_partition_counts_as_the_whole() -> None:
    pieces = Built(frozenset({"i", "p1_idx"}), 0.5, 1)
    after = Measured((Execution(0.01, 10, frozenset({"p1_idx"})),))
    assert judge_measured("x", pieces, took(0.1), after, took(0.1)).helps is True


def test_estimates_are_called_estimates() -> None:
    assert judge_estimated(1000, 10, used=True, bytes_=8192).helps is True
    assert "not a measured time" in judge_estimated(1000, 10, used=True, bytes_=8192).sentence
    assert judge_estimated(1000, 10, used=False, bytes_=8192).helps is False
    assert judge_estimated(1000, 900, used=True, bytes_=8192).helps is False
    assert judge_estimated(0, 0, used=True, bytes_=8192).helps is False


def test_what_was_not_tried_is_neither() -> None:
    assert not_tried("x", "no backup.").sentence == "Not tried: no backup."
    assert not_tried("x", "no backup.").helps is None


def test_the_fastest_run_counts_and_a_cut_off_one_is_not_forgotten() -> None:
    runs = [Execution(0.3, 12), Execution(0.1, 10), Execution(0.2, 11, cut_off=True)]
    assert fastest(runs) == Execution(0.1, 10, cut_off=True)


def test_a_plan_tells_time_blocks_and_indexes() -> None:
    told = {
        "Plan": {
            "Shared Hit Blocks": 3,
            "Shared Read Blocks": 4,
            "Temp Written Blocks": 5,
            "Plans": [{"Index Name": "a"}, {"Plans": [{"Index Name": "b"}]}],
        },
        "Planning Time": 1.0,
        "Execution Time": 9.0,
    }
    assert of_plan(told) == Execution(0.01, 12, frozenset({"a", "b"}))


def test_a_drop_that_slows_a_statement_is_withdrawn() -> None:
    slow = Dropped("SELECT 1", with_it=took(0.001), without=took(0.5))
    assert judge_drop("x", Drop(1, 3, 0, (slow,))).helps is False
    assert judge_drop("x", Drop(1, 3, 2, (slow,))).helps is False
    same = Dropped("SELECT 1", with_it=took(0.001), without=took(0.0011))
    assert judge_drop("x", Drop(1, 3, 0, (same,))).helps is True
    assert judge_drop("x", Drop(1, 3, 1, (same,))).helps is None
