"""The chart: every write, every moment, the time without service; the same in the table behind it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from dataops.evidence.picture import objection
from dataops.failover.canary.chart import of_outage, of_round
from dataops.failover.canary.timing import timing
from dataops.failover.canary.view import Leg, around, spoken, whole
from dataops.failover.marks import Marks
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.failover.canary.builders import ledger, session

LEDGER = ledger(session("a" * 10 + "uffff" + "a" * 20), session("a" * 10 + "fff" + "a" * 22, number=2))
MARKS = Marks(fault=1.05, detected=1.1, fenced=1.2, promoted=1.4, routed=1.45)
LEG = Leg("failover", MARKS, timing(LEDGER, MARKS, steady=0.5))
NAMES = {"127.0.0.1:5432": "alpha"}


def words(svg: str) -> list[str]:
    return [
        "".join(text.itertext()) for text in ElementTree.fromstring(svg).iter() if text.tag.endswith("text")
    ]


def test_the_outage_shows_every_moment_the_sessions_and_who_answered() -> None:
    said = words(of_outage(LEDGER, LEG, names=NAMES).svg)
    for moment in (
        "last acknowledgement \N{MINUS SIGN}50 ms",
        "fault +0 ms",
        "detected +50 ms",
        "fenced +150 ms",
        "promoted +350 ms",
        "routed +400 ms",
        "first lasting acknowledgement +550 ms",
    ):
        assert moment in said
    assert {"session 1", "session 2", "alpha", "answered by"} <= set(said)


def test_the_time_without_service_is_shaded() -> None:
    assert of_outage(LEDGER, LEG).svg.count('class="chart-outage"') == 2  # and its legend
    unknown = Leg("failover", MARKS)
    assert 'class="chart-outage"' not in of_outage(LEDGER, unknown).svg


def test_the_table_holds_every_write_that_is_shown() -> None:
    picture = of_round(LEDGER, [LEG])
    assert picture.heading == ("Seconds", "Acknowledged", "Failed", "Unanswered", "What happened")
    totals = [sum(int(row[column]) for row in picture.rows) for column in (1, 2, 3)]
    assert totals == [len(LEDGER.acknowledged), 7, 1]
    assert [row[4] for row in picture.rows if row[4]] == ["failover"]
    assert len(picture.rows) <= 40


def test_service_that_did_not_come_back_is_shaded_to_the_end() -> None:
    gone = ledger(session("aaaaa" + "f" * 20))
    marks = Marks(fault=0.55)
    picture = of_outage(gone, Leg("failover", marks, timing(gone, marks, steady=0.5)))
    (shaded,) = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" [^>]*chart-outage', picture.svg)[
        :1
    ]
    assert sum(map(float, shaded)) == pytest.approx(944, abs=1)
    assert "first lasting acknowledgement" not in picture.svg


def test_the_outage_is_shown_with_time_before_and_after_it() -> None:
    view = around(LEG, LEDGER.writes)
    assert view.begin == pytest.approx(0.5)
    assert view.end == pytest.approx(2.1)
    assert view.origin == MARKS.fault


def test_without_any_fault_the_run_is_counted_from_its_first_write() -> None:
    view = whole([], LEDGER.writes)
    assert view.origin == view.begin == LEDGER.writes[0].sent


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "+0 ms"), (0.0123, "+12 ms"), (-0.5, "\N{MINUS SIGN}500 ms"), (4.2, "+4.20 s")],
)
def test_distances_are_spoken_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


@settings(max_examples=40)
@given(st.lists(st.text("afu.", max_size=60), max_size=10), st.floats(0, 8), st.booleans())
def test_whatever_happened_can_be_drawn_and_may_stand_on_a_page(outcomes, fault, known) -> None:  # type: ignore[no-untyped-def]
    drawn = ledger(*(session(each, number=number) for number, each in enumerate(outcomes, start=1)))
    marks = Marks(fault=fault, detected=fault + 0.1)
    found = timing(drawn, marks, steady=0.5) if known and drawn.sessions else None
    leg = Leg("failover & back", marks, found)
    for picture in (of_outage(drawn, leg), of_round(drawn, [leg]), of_round(drawn, [])):
        assert not objection(picture.svg)
