"""Whose turn it is: every method is rehearsed, with the smallest backup of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dataops.drill.rehearsing import Candidate, in_turn
from dataops.errors import ConfigurationError

SATURDAY = date(2026, 11, 28)
LARGE, SMALL = Candidate("warehouse", "logical", 9000), Candidate("orders", "logical", 10)
SERVER = Candidate("main", "physical", 10000)


def test_methods_take_turns_week_by_week_and_the_smallest_stands_for_its_method() -> None:
    turns = [in_turn([LARGE, SERVER, SMALL], SATURDAY + timedelta(weeks=week)) for week in range(4)]
    assert {each.name for each in turns} == {"orders", "main"}
    assert turns[:2] == turns[2:]


def test_within_a_week_it_stays_the_same() -> None:
    assert in_turn([SMALL, LARGE], SATURDAY) == SMALL


def test_without_a_backup_there_is_nothing_to_rehearse_with() -> None:
    with pytest.raises(ConfigurationError, match="take one first"):
        in_turn([], SATURDAY)
