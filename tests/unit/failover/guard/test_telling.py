"""What a person reads on a telephone: what is so, and what to do now."""

from __future__ import annotations

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard import telling
from dataops.failover.guard.course import Course, Decision
from dataops.failover.guard.telling import Place
from dataops.failover.journal import Phase
from dataops.failover.journaling import Entry, Moment

from tests.unit.failover.guard.simulation import told

PLACE = Place("main", "staging", "dba")
ENTRY = Entry(
    round=told(Phase.COMMITTED),
    lease=15,
    longest=900,
    opened="2026-11-28T06:00:00+00:00",
    trail=(Moment(Phase.PREPARED, "2026-11-28T06:00:00+00:00", "the DAG run"),),
)
SERVES = Check(
    name="the new primary serves", verdict=Verdict.PASSED, observed="beta is primary; the route leads to beta"
)
FENCED = Check(name="old primary fenced", verdict=Verdict.PASSED)


def test_all_pages_of_one_incident_have_one_key_of_their_own() -> None:
    decision = Decision(Course.HEAL, "because")
    keys = {
        telling.acted(PLACE, ENTRY, decision, []).key,
        telling.acted(PLACE, ENTRY, decision, [SERVES]).key,
        telling.overdue(PLACE, ENTRY).key,
        telling.blind(PLACE, ENTRY, "no answer").key,
        telling.stranger("staging", ENTRY).key,
        telling.unreadable(PLACE, "damaged").key,
    }
    run = ENTRY.round.run
    assert keys == {
        f"failover-main-{run}",
        f"failover-main-{run}-overdue",
        f"failover-main-{run}-blind",
        f"failover-main-{run}-unwatched",
        "failover-main-journal",
    }


@pytest.mark.parametrize(
    ("course", "checks", "severity", "text"),
    [
        (
            Course.HEAL,
            [SERVES.model_copy(update={"name": "the primary serves again", "observed": "alpha is primary"})],
            "error",
            "All was taken back: alpha is primary. Nothing is left to do.",
        ),
        (
            Course.FORWARD,
            [FENCED, SERVES],
            "critical",
            "Past the commit point nothing is reverted: beta is primary; the route leads to beta. alpha is "
            "fenced: let it rejoin as a standby.",
        ),
        (
            Course.SETTLE,
            [],
            "critical",
            "The route leads to the one primary. Nothing else was touched.",
        ),
        (
            Course.FORWARD,
            [FENCED.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "reason": "its host is silent"})],
            "critical",
            "It is NOT in order: old primary fenced: its host is silent. Act now.",
        ),
    ],
)
def test_it_says_what_is_so_and_what_is_left(
    course: Course, checks: list[Check], severity: str, text: str
) -> None:
    page = telling.acted(PLACE, ENTRY, Decision(course, "because"), checks)
    assert (page.severity, page.text) == (severity, text)
    assert page.title == "Failover test crash on main (staging) lost its coordinator"
    assert page.details["led by"] == "the DAG run"
    assert page.details["owner"] == "dba"
    assert page.details["runbook"] == "docs/failover-guard.md"
