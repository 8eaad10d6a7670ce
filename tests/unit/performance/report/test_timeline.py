"""What was measured in uneven intervals keeps its sum, and what was not measured stays a gap."""

from datetime import timedelta

from dataops.performance.report.timeline import timeline

from tests.unit.performance.report.days import SINCE

HOUR = 3600.0


def at(hours: float):
    return SINCE + timedelta(hours=hours)


def test_growth_is_spread_over_the_steps_that_an_interval_overlaps():
    steps = timeline(SINCE, at(4), [(at(1), HOUR), (at(2), HOUR), (at(3), HOUR), (at(4), HOUR)])

    rates = steps.rates([(at(1.5), HOUR, 3600.0)])

    assert rates == [0.5, 0.5, 0.0, 0.0]


def test_nothing_is_lost_when_intervals_and_steps_do_not_meet():
    intervals = [(at(hour), 0.7 * HOUR) for hour in (0.7, 1.4, 2.1, 2.8, 3.5, 4.2)]
    steps = timeline(SINCE, at(4.2), intervals)

    rates = steps.rates([(end, seconds, 7.0) for end, seconds in intervals])

    grown = sum(
        rate * seconds for rate, seconds in zip(rates, steps.measured, strict=True) if rate is not None
    )
    assert abs(grown - 42.0) < 1e-6


def test_a_step_that_was_hardly_measured_is_a_gap():
    steps = timeline(SINCE, at(4), [(at(1), HOUR), (at(2), HOUR), (at(4), HOUR)])

    assert steps.rates([(at(1), HOUR, 1.0)])[2] is None
    assert steps.readings([(at(1), HOUR, 5.0)], absent=0.0) == [5.0, 0.0, None, 0.0]


def test_a_counter_that_the_server_does_not_have_is_not_zero():
    steps = timeline(SINCE, at(2), [(at(1), HOUR), (at(2), HOUR)])

    assert steps.rates([(at(1), HOUR, None), (at(2), HOUR, 3600.0)]) == [None, 1.0]


def test_a_window_without_samples_has_no_numbers():
    steps = timeline(SINCE, at(2), [])

    assert steps.rates([]) == [None]
    assert all(steps.gaps)


def test_samples_a_minute_apart_are_drawn_as_ten_minutes():
    minutes = [(SINCE + timedelta(minutes=index + 1), 60.0) for index in range(1440)]
    steps = timeline(SINCE, at(24), minutes)

    assert steps.steps == 144
    assert not any(steps.gaps)
    assert [round(rate, 6) for rate in steps.rates([(end, 60.0, 6.0) for end, _ in minutes])] == [0.1] * 144
