"""Which samples may be compared: every way in which a server stops counting on, by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dataops.performance.samples.sample import Header
from dataops.performance.windowing.timeline import counting_since, covered, intervals, notes, restarts

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
RESET = {name: NOON - timedelta(days=9) for name in ("archiver", "writer", "wal", "slru", "database")}


def header(minutes: float, **changes: Any) -> Header:
    """A sample so many minutes after noon, of a server that has run for long."""
    moment = NOON + timedelta(minutes=minutes)
    known = Header(
        server="main",
        scope="server",
        taken=moment,
        at=moment,
        every=600.0,
        whole=False,
        version=150018,
        system_identifier="7",
        timeline=1,
        in_recovery=False,
        started=NOON - timedelta(days=9),
        address="",
        resets=RESET,
    )
    return replace(known, **changes)


def later(*names: str, minutes: float) -> dict[str, datetime]:
    """Resets where the named families begin anew at a moment."""
    return RESET | dict.fromkeys(names, NOON + timedelta(minutes=minutes))


def test_a_server_that_counts_on_is_measured_without_a_break() -> None:
    found = intervals([header(0), header(10), header(20)])
    assert [(each.index, each.seconds, each.usable, each.gap) for each in found] == [
        (1, 600.0, True, False),
        (2, 600.0, True, False),
    ]
    assert covered(found, NOON, NOON + timedelta(minutes=20)) == pytest.approx(1.0)
    assert notes([header(0), header(10), header(20)]) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"started": NOON + timedelta(minutes=5)}, "restarted at 2026-11-28 12:05:00"),
        ({"timeline": 2}, "failed over"),
        ({"in_recovery": True}, "failed over"),
        ({"system_identifier": "8"}, "Another server answered"),
        ({"at": NOON + timedelta(minutes=12)}, "clock jumped by 120 s"),
        ({"at": NOON - timedelta(minutes=50)}, "clock jumped by 3600 s"),
        (
            {"resets": later("archiver", "writer", "wal", "slru", minutes=5)},
            "crashed and lost its statistics",
        ),
    ],
    ids=["restart", "failover", "standby", "another server", "clock ahead", "clock back", "crash"],
)
def test_what_breaks_an_interval_breaks_that_one_alone(changes: dict[str, Any], said: str) -> None:
    broken = header(10, **changes)
    after = replace(broken, taken=broken.taken + timedelta(minutes=10), at=broken.at + timedelta(minutes=10))
    found = intervals([header(-10), header(0), broken, after])
    assert [each.usable for each in found] == [True, False, True]
    assert said in found[1].broken
    assert any(said in note for note in notes([header(0), broken]))


def test_a_reset_breaks_only_what_counts_in_its_family() -> None:
    samples = [header(0), header(10, resets=later("database", minutes=5))]
    assert "were reset at 2026-11-28 12:05:00" in intervals(samples, ("database",))[0].broken
    assert intervals(samples, ("wal",))[0].usable
    assert notes(samples) == ()


def test_statistics_that_were_never_reset_and_now_are_were_reset() -> None:
    never = header(0, resets=RESET | {"database": None})
    assert not intervals([never, header(10)], ("database",))[0].usable


def test_a_gap_is_told_and_blinds_what_is_only_seen_at_a_moment() -> None:
    samples = [header(0), header(10), header(60)]
    found = intervals(samples)
    assert [each.gap for each in found] == [False, True]
    hour = NOON + timedelta(hours=1)
    assert covered(found, NOON, hour) == pytest.approx(1.0)
    assert covered(found, NOON, hour, gaps=False) == pytest.approx(1 / 6)
    assert notes(samples) == (
        "There are no samples from 2026-11-28 12:10:00 UTC to 2026-11-28 13:00:00 UTC.",
    )


def test_what_lies_before_the_first_sample_is_not_covered() -> None:
    found = intervals([header(30), header(60)])
    assert covered(found, NOON, NOON + timedelta(hours=1)) == pytest.approx(0.5)
    assert covered((), NOON, NOON + timedelta(hours=1)) == pytest.approx(0.0)


def test_clocks_may_drift_a_little() -> None:
    assert intervals([header(0), header(10, at=NOON + timedelta(minutes=10, seconds=11))])[0].usable


def test_a_clock_that_server_and_sampler_share_is_judged_by_the_time_since_boot() -> None:
    up = {"boot": "b", "uptime": 0.0}
    assert intervals([header(0, **up), header(10, boot="b", uptime=605.0)])[0].usable
    for passed in (60.0, 6000.0, -600.0):
        assert "clock jumped" in intervals([header(0, **up), header(10, boot="b", uptime=passed)])[0].broken
        assert intervals([header(0, **up), header(10, boot="c", uptime=passed)])[0].usable


def test_statistics_count_since_the_crash_that_began_them_anew() -> None:
    crash = NOON - timedelta(hours=1)
    families = dict.fromkeys(("archiver", "writer", "wal", "slru"), crash)
    assert counting_since(header(0, resets={**families, "database": None}), "database") == crash
    reset = {**families, "writer": NOON, "database": crash - timedelta(days=9)}
    assert counting_since(header(0, resets=reset), "database") == crash
    assert counting_since(header(0, resets={**families, "database": NOON}), "database") == NOON
    assert counting_since(header(0, resets={"database": None}), "database") is None


def test_restarts_are_the_moments_of_the_starts() -> None:
    again = NOON + timedelta(minutes=5)
    assert restarts([header(0), header(10, started=again), header(20, started=again)]) == (again,)
