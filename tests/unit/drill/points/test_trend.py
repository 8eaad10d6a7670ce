"""The forecast of the night on which the RTO breaks its objective."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.drill.trend import FEWEST, Run, trend
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
GB = 1e9


def nightly(rtos: list[float], sizes: list[float] | None = None) -> list[Run]:
    return [
        Run(START + timedelta(days=night), rto, sizes[night] if sizes else None)
        for night, rto in enumerate(rtos)
    ]


def test_too_few_runs_forecast_nothing():
    found = trend(nightly([10.0] * (FEWEST - 1)), 60)
    assert found.breaks_on is None and "too few runs" in found.words


def test_a_steady_rise_names_its_night():
    found = trend(nightly([100 + 10.0 * night for night in range(6)]), 200)
    assert found.breaks_on == (START + timedelta(days=10)).date()
    assert "2026-11-11" in found.words


def test_a_database_that_grows_is_followed_by_its_size():
    sizes = [10 * GB, 10 * GB, 11 * GB, 12 * GB, 13 * GB, 14 * GB, 15 * GB]
    found = trend(nightly([size / GB * 10 for size in sizes], sizes), 300)
    assert found.breaks_on is not None
    assert START.date() + timedelta(days=15) < found.breaks_on < START.date() + timedelta(days=25)


def test_an_objective_that_is_broken_already_is_said():
    found = trend(nightly([100.0 + night for night in range(6)]), 60)
    assert found.breaks_on == (START + timedelta(days=5)).date()
    assert "already" in found.words


def test_noise_around_a_level_is_no_trend():
    assert trend(nightly([100, 103, 98, 102, 99, 101, 100, 98]), 110).breaks_on is None


def test_runs_of_one_moment_say_nothing():
    assert trend([Run(START, 10.0 + n) for n in range(6)], 60).breaks_on is None


@given(st.lists(st.floats(1, 1e4), min_size=FEWEST, max_size=20), st.randoms())
def test_the_order_of_the_runs_does_not_matter(rtos: list[float], dice: object):
    runs = nightly(rtos)
    shuffled = [*runs]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert trend(runs, 1e5) == trend(shuffled, 1e5)


@given(st.lists(st.floats(0, 1e6), min_size=FEWEST, max_size=20))
def test_a_fall_breaks_nothing(rtos: list[float]):
    assert trend(nightly(sorted(rtos, reverse=True)), max(rtos) + 1).breaks_on is None


@given(
    st.integers(10, 30),
    st.floats(0.5, 50),
    st.lists(st.tuples(st.integers(0, 29), st.floats(0, 1e6)), max_size=2),
)
def test_two_wild_runs_among_many_do_not_move_the_night(
    count: int, slope: float, wild: list[tuple[int, float]]
):
    rtos = [100 + slope * night for night in range(count)]
    objective = 100 + slope * (count + 10.5)
    for place, value in wild:
        rtos[place % count] = value
    found = trend(nightly(rtos), objective).breaks_on
    assert found is not None
    assert abs((found - (START + timedelta(days=count + 10)).date()).days) <= 1


@given(st.lists(st.floats(1, 1e3), min_size=FEWEST, max_size=15), st.floats(1, 1e3), st.floats(1, 1e3))
def test_a_looser_objective_never_breaks_sooner(rtos: list[float], one: float, other: float):
    runs = nightly(rtos)
    strict, loose = (trend(runs, objective).breaks_on for objective in sorted([one, other]))
    assert loose is None or (strict is not None and strict <= loose)
