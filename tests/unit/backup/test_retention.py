"""Retention: the rules by example, and what must hold for every policy and every set of backups."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dataops.backup.retention import Action, Candidate, Decision, Policy, decide
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
POLICY = Policy(daily=7, weekly=4, monthly=6, minimum=3, keep_proven=0)


def nightly(count: int, **fields: object) -> list[Candidate]:
    """One backup a night, the newest last night; ``n<k>`` is k nights old."""
    return [
        Candidate(f"n{age}", NOW - timedelta(days=age, hours=1), **fields)  # type: ignore[arg-type]
        for age in range(count)
    ]


def kept(decisions: tuple[Decision, ...]) -> set[str]:
    return {each.backup_id for each in decisions if each.action is Action.KEEP}


def reason(decisions: tuple[Decision, ...], backup_id: str) -> str:
    return next(each.reason for each in decisions if each.backup_id == backup_id)


def test_a_year_of_nights_leaves_days_weeks_and_months():
    decisions = decide(nightly(365), POLICY, NOW)
    assert kept(decisions) >= {f"n{age}" for age in range(7)}
    assert len(kept(decisions)) <= 7 + 4 + 6
    assert reason(decisions, "n0") == "among the newest 3"
    assert reason(decisions, "n6") == "daily, number 7 of 7"
    assert reason(decisions, "n364") == "no rule keeps it"


def test_a_schedule_that_stopped_expires_nothing_more():
    old = [replace(each, taken_at=each.taken_at - timedelta(days=900)) for each in nightly(7)]
    assert kept(decide(old, POLICY, NOW)) == {each.backup_id for each in old}


def test_without_enough_proof_nothing_expires():
    decisions = decide(nightly(60), replace(POLICY, keep_proven=1), NOW)
    assert len(kept(decisions)) == 60
    assert reason(decisions, "n59") == "proof gate: 0 of 1 proven"


def test_the_newest_proven_outlives_every_rule():
    candidates = [replace(each, proven=each.backup_id == "n59") for each in nightly(60)]
    decisions = decide(candidates, Policy(1, 0, 0, minimum=1, keep_proven=0), NOW)
    assert kept(decisions) == {"n0", "n59"}
    assert reason(decisions, "n59") == "newest proven"


def test_what_a_drill_restores_stays_with_all_that_it_needs():
    full = Candidate("full", NOW - timedelta(days=90))
    diff = Candidate("diff", NOW - timedelta(days=80), needs=frozenset({"full"}), restoring=True)
    decisions = decide([*nightly(3), full, diff], Policy(1, 0, 0, minimum=1, keep_proven=0), NOW)
    assert kept(decisions) == {"n0", "diff", "full"}
    assert reason(decisions, "diff") == "a drill is restoring it"
    assert reason(decisions, "full") == "needed by diff"


def test_the_full_of_a_kept_differential_stays():
    full = Candidate("full", NOW - timedelta(days=40))
    middle = Candidate("incr1", NOW - timedelta(days=39), needs=frozenset({"full"}))
    last = Candidate("incr2", NOW, needs=frozenset({"incr1"}))
    decisions = decide([full, middle, last], Policy(1, 0, 0, minimum=1, keep_proven=0), NOW)
    assert kept(decisions) == {"full", "incr1", "incr2"}
    assert reason(decisions, "full") == "needed by incr1"


def test_a_point_in_time_window_keeps_the_backup_that_it_starts_from():
    weekly = [Candidate(f"w{age}", NOW - timedelta(days=7 * age, hours=1)) for age in range(6)]
    policy = Policy(1, 0, 0, minimum=1, keep_proven=0, window=timedelta(days=10))
    decisions = decide(weekly, policy, NOW)
    assert kept(decisions) == {"w0", "w1", "w2"}
    assert reason(decisions, "w2") == "WAL of the point-in-time window starts from it"


def test_locked_and_unfinished_backups_are_never_touched():
    ancient = NOW - timedelta(days=4000)
    locked = Candidate("locked", ancient, locked_until=NOW + timedelta(hours=1))
    unlocked = Candidate("unlocked", ancient, locked_until=NOW - timedelta(hours=1))
    unfinished = Candidate("unfinished", ancient, in_progress=True)
    decisions = decide([*nightly(9), locked, unlocked, unfinished], replace(POLICY, weekly=0, monthly=0), NOW)
    assert {"locked", "unfinished"} <= kept(decisions)
    assert "unlocked" not in kept(decisions)


@st.composite
def histories(draw: st.DrawFn) -> list[Candidate]:
    """Any set of backups: any age, proven or not, chained to older ones, some locked or in progress."""
    ages = draw(st.lists(st.integers(0, 24 * 800), max_size=40))
    candidates: list[Candidate] = []
    for number, age in enumerate(sorted(ages, reverse=True)):
        chained = draw(st.booleans()) and bool(candidates)
        candidates.append(
            Candidate(
                f"b{number}",
                NOW - timedelta(hours=age),
                proven=draw(st.booleans()),
                in_progress=draw(st.integers(0, 9)) == 0,
                locked_until=draw(st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1)])),
                needs=frozenset({candidates[-1].backup_id}) if chained else frozenset(),
            )
        )
    return candidates


policies = st.builds(
    Policy,
    daily=st.integers(0, 10),
    weekly=st.integers(0, 6),
    monthly=st.integers(0, 6),
    minimum=st.integers(0, 5),
    keep_proven=st.integers(0, 4),
    window=st.one_of(st.none(), st.integers(0, 60).map(lambda days: timedelta(days=days))),
)


@given(histories(), policies)
def test_what_holds_for_every_history_and_policy(history: list[Candidate], policy: Policy):
    decisions = decide(history, policy, NOW)
    stay = kept(decisions)
    by_id = {each.backup_id: each for each in history}
    assert sorted(each.backup_id for each in decisions) == sorted(by_id)
    assert all(each.reason for each in decisions)

    proven = sorted(
        (each for each in history if each.proven), key=lambda each: (each.taken_at, each.backup_id)
    )
    assert not proven or proven[-1].backup_id in stay
    expired_something = len(stay) < len(history)
    assert not expired_something or sum(by_id[i].proven for i in stay) >= policy.keep_proven

    finished = [each for each in history if not each.in_progress]
    assert len(stay) >= min(policy.minimum, len(finished))
    for backup_id in by_id.keys() - stay:
        gone = by_id[backup_id]
        assert not gone.in_progress
        assert gone.locked_until is None or gone.locked_until <= NOW
        assert not any(backup_id in by_id[holder].needs for holder in stay)


@given(histories(), policies)
def test_deciding_again_after_expiry_expires_nothing_more(history: list[Candidate], policy: Policy):
    stay = kept(decide(history, policy, NOW))
    rest = [each for each in history if each.backup_id in stay]
    assert kept(decide(rest, policy, NOW)) == stay


@given(histories(), policies)
def test_a_longer_policy_never_keeps_less(history: list[Candidate], policy: Policy):
    longer = replace(policy, daily=policy.daily + 1, weekly=policy.weekly + 1, minimum=policy.minimum + 1)
    assert kept(decide(history, policy, NOW)) <= kept(decide(history, longer, NOW))
