"""One check of rows: what was found before it broke stands, whatever becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from dataops.drill.checks.coverage import Rotation
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import Item, Registered
from dataops.drill.checks.rows import RowCheck
from dataops.evidence.verdict import Verdict
from dataops.inventory import Drill

LOOK = cast(Look, SimpleNamespace(dbname="shop"))
ITEM = Item("payments", "payments", 1)


class OutOfTime(Exception):
    """The statement that was to look at the rest was cancelled."""


def _broken_off(look: Look, item: Item) -> Iterator[str]:
    yield "the first row points nowhere"
    raise OutOfTime


def _broken_at_once(look: Look, item: Item) -> Iterator[str]:
    raise OutOfTime
    yield ""


def _row_check(look_at_item: Any, *, mode: str = "full") -> RowCheck:
    one = Registered("links", "database", ("logical",), None, look_at_item=look_at_item)
    server = cast(Any, SimpleNamespace(settings=Drill.model_validate({"mode": mode}), databases=()))
    return RowCheck(one, [ITEM], LOOK, Rotation(server, budgeted=mode == "budgeted"))


@pytest.mark.parametrize("mode", ["full", "budgeted"])
def test_a_fault_that_was_found_before_the_check_broke_off_is_told(mode: str) -> None:
    rows = _row_check(_broken_off, mode=mode)
    with pytest.raises(OutOfTime):
        rows.look_at(LOOK, ITEM)
    rows.skip(ITEM)  # as a budgeted drill does with what took more than its share
    (finding,) = rows.findings()
    assert finding.verdict is Verdict.FAILED
    assert finding.observed == ["the first row points nowhere"]


def test_what_broke_off_without_a_finding_is_inconclusive() -> None:
    rows = _row_check(_broken_at_once)
    with pytest.raises(OutOfTime) as caught:
        rows.look_at(LOOK, ITEM)
    rows.failed_to_look(ITEM, caught.value)
    (finding,) = rows.findings()
    assert finding.verdict is Verdict.INCONCLUSIVE
