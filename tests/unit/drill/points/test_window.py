"""The point-in-time window over an archive, what of it is proven, and drills that prove all of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from dataops.backup.catalog import Backup, Proof
from dataops.backup.manifest.header import Consistency, Encryption, Header, PgBackRest
from dataops.backup.physical.wal import Segment
from dataops.drill.choosing import drills_left, newest_was_last, units
from dataops.drill.turns import whose_turn
from dataops.drill.window import Window, merged, replayed_by, standing, window
from dataops.evidence.verdict import Verdict
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIZE = 16 << 20


def segment(number: int) -> str:
    return Segment(1, number).name(SIZE)


def backup(minute: int, *proofs: Proof, **fields: Any) -> Backup:
    """A backup of this minute: it began in the segment of that minute and ended in the same."""
    at = START + minute * MINUTE
    summary = PgBackRest(
        label=f"L{minute}", type="full", stanza="main", wal_start=segment(minute), wal_stop=segment(minute)
    )
    header = Header(
        backup_id=f"{at:%Y%m%dT%H%M%SZ}-abcdef",
        subject="main",
        kind="server",
        method="physical",
        environment="test",
        server="main",
        started=at,
        finished=at,
        snapshot_at=at,
        consistency=Consistency.EXACT_LSN,
        lsn=f"0/{minute * SIZE + 100:X}",
        timeline=1,
        encryption=Encryption(scheme="off"),
        pgbackrest=summary,
    )
    return Backup(header.model_copy(update=fields), proofs)


def archive(last: int, *, without: tuple[int, ...] = ()) -> Mapping[Segment, datetime]:
    """One segment a minute, each arriving at its end."""
    numbers = (number for number in range(last + 1) if number not in without)
    return {Segment(1, number): START + (number + 1) * MINUTE for number in numbers}


def proof(verdict: str, reached: int, kind: str = "instant", at: int = 100) -> Proof:
    return Proof(
        at=START + at * MINUTE, verdict=Verdict(verdict), kind=kind, reached=START + reached * MINUTE
    )


def test_the_window_begins_with_the_oldest_backup_and_ends_with_the_archive():
    found = window([backup(30), backup(10)], archive(49))
    assert (found.begins, found.ends) == (START + 10 * MINUTE, START + 50 * MINUTE)
    assert [each.backup_id for each in found.stretches] == [backup(10).backup_id, backup(30).backup_id]
    assert found.seconds == 40 * 60 and not found.gaps and not found.unreachable


def test_a_gap_ends_a_stretch_and_is_named():
    found = window([backup(10), backup(30)], archive(49, without=(20, 21)))
    assert found.gaps == (f"{segment(20)} to {segment(21)}",)
    assert found.stretches[0].ends == START + 20 * MINUTE
    assert found.seconds == 10 * 60 + 20 * 60
    assert found.holding(START + 25 * MINUTE) is None
    assert found.holding(START + 35 * MINUTE) == found.stretches[1]


def test_a_backup_without_its_own_wal_is_no_part_of_the_window():
    found = window([backup(10), backup(30)], archive(49, without=(10,)))
    assert found.unreachable == (backup(10).backup_id,)
    assert found.begins == START + 30 * MINUTE


def test_an_empty_archive_reaches_nothing():
    found = window([backup(10)], {})
    assert found.unreachable and found.begins is None and found.proven_share([]) is None


def test_a_drill_to_an_instant_proves_what_was_replayed_for_it():
    drilled = backup(10, proof("passed", 20))
    found = window([drilled, backup(30)], archive(49))
    assert found.proven_share(replayed_by(drilled)) == pytest.approx(0.25)


def test_a_failed_drill_takes_away_what_earlier_ones_had_proven():
    passed, failed = proof("passed", 20), proof("failed", 15)
    unknown = proof("inconclusive", 20)
    assert standing([passed, failed]) == ()
    assert standing([failed, passed, unknown]) == (passed,)
    assert replayed_by(backup(10, passed, failed)) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=10))
def test_merged_spans_hold_the_same_moments_once(spans: list[tuple[int, int]]):
    moments = [(START + begin * MINUTE, START + end * MINUTE) for begin, end in spans]
    found = merged(moments)
    assert all(first[1] < second[0] for first, second in pairwise(found))
    inside = {minute for begin, end in spans for minute in range(begin, end)}
    covered = sum(int((end - begin) / MINUTE) for begin, end in found)
    assert covered == len(inside)


@given(st.floats(0, 1))
def test_every_share_of_the_window_is_a_moment_inside_it(share: float):
    found = window([backup(10), backup(30)], archive(49, without=(20,)))
    stretch, moment = found.at(share)
    assert stretch.begins <= moment <= stretch.ends


@given(st.integers(1, 6), st.randoms(use_true_random=False), st.booleans())
def test_drills_by_coverage_prove_every_backup_and_the_whole_window(
    count: int, dice: random.Random, passes: bool
):
    backups = [backup(10 * rank) for rank in range(count)][::-1]
    reach = window(backups, archive(10 * count + 5))
    verdict = "passed" if passes else "inconclusive"
    for number in range(drills_left(backups, reach)):
        backups = _drilled(backups, reach, number, verdict)
        dice.random()
    assert drills_left(backups, reach) == 0
    share = reach.proven_share([span for each in backups for span in replayed_by(each)])
    assert share == pytest.approx(1.0 if passes else 0.0)
    assert all(each.proven is passes for each in backups)


def _drilled(backups: list[Backup], reach: Window, number: int, verdict: str) -> list[Backup]:
    """The backups after one drill, chosen as a drill chooses."""
    turn = whose_turn(
        units(backups, reach), newest=backups[0].backup_id, newest_was_last=newest_was_last(backups)
    )
    kind = "backup" if turn.unit.part == "itself" else "instant"
    left = Proof(
        at=START + (1000 + number) * MINUTE, verdict=Verdict(verdict), kind=kind, reached=turn.unit.until
    )
    return [
        replace(each, proofs=(*each.proofs, left)) if each.backup_id == turn.unit.backup_id else each
        for each in backups
    ]
