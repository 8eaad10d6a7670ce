"""Drills that take turns see everything that is retained, within the stated number of drills."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dataops.drill.turns import Unit, drills_until_covered, whose_turn
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def itself(name: str, age: int, **fields: object) -> Unit:
    return Unit(name, "itself", START - age * HOUR, **fields)  # type: ignore[arg-type]


class Nights:
    """A catalog over which drills run: backups come and go, every drill passes or fails as told."""

    def __init__(self, retained: int) -> None:
        self.now = START
        self.units = [itself(f"b{age:03d}", age) for age in range(retained)]
        self.made = 0
        self.newest_was_last = False

    @property
    def newest(self) -> Unit:
        return max(self.units, key=lambda unit: unit.until)

    def back_up(self, *, keep: int) -> None:
        self.now += HOUR
        self.made += 1
        self.units.append(Unit(f"n{self.made:03d}", "itself", self.now))
        self.units = sorted(self.units, key=lambda unit: unit.until)[-keep:]

    def drill(self, *, passes: bool = True) -> Unit:
        self.now += HOUR
        turn = whose_turn(self.units, newest=self.newest.backup_id, newest_was_last=self.newest_was_last)
        self.newest_was_last = turn.unit.backup_id == self.newest.backup_id
        seen = replace(turn.unit, drilled_at=self.now, proven=passes)
        self.units[self.units.index(turn.unit)] = seen
        return seen


@given(st.integers(1, 12), st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_all_that_is_retained_is_seen_within_the_stated_number_of_drills(
    retained: int, nights: list[tuple[bool, bool]]
):
    catalog = Nights(retained)
    for passes, backs_up in nights:  # any history
        if backs_up:
            catalog.back_up(keep=retained)
        catalog.drill(passes=passes)
    waiting = {unit.backup_id for unit in catalog.units if unit.drilled_at is None}
    for number in range(drills_until_covered(catalog.units)):
        if number % 2:
            catalog.back_up(keep=retained)
        catalog.drill(passes=number % 3 == 0)
    left = {unit.backup_id for unit in catalog.units if unit.drilled_at is None}
    assert not waiting & left


def test_a_new_backup_is_proven_first_and_the_queue_goes_on_next():
    units = [itself("new", 0), itself("mid", 5), itself("old", 9)]
    first = whose_turn(units, newest="new", newest_was_last=False)
    assert first.unit.backup_id == "new" and "newest" in first.because
    assert whose_turn(units, newest="new", newest_was_last=True).unit.backup_id == "old"


def test_a_newest_backup_that_fails_every_time_does_not_hold_up_the_others():
    catalog = Nights(4)
    drilled = [catalog.drill(passes=False).backup_id for _ in range(8)]
    assert set(drilled) == {"b000", "b001", "b002", "b003"}


def test_when_all_is_proven_what_was_seen_longest_ago_comes_next():
    units = [
        itself("new", 0, drilled_at=START - HOUR, proven=True),
        itself("old", 9, drilled_at=START - 4 * HOUR, proven=True),
    ]
    assert whose_turn(units, newest="new", newest_was_last=False).unit.backup_id == "old"


def test_moments_between_backups_wait_in_the_same_queue():
    units = [
        itself("new", 0, drilled_at=START, proven=True),
        itself("old", 9, drilled_at=START, proven=True),
        Unit("old", "until the next", START),
    ]
    turn = whose_turn(units, newest="new", newest_was_last=False)
    assert (turn.unit.backup_id, turn.unit.part) == ("old", "until the next")
