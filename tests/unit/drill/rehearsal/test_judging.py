"""A fault counts as seen only where a check that is green without it turned red."""

from __future__ import annotations

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql
from dataops.drill.rehearsal.judging import Look, clean_run, judged, not_put_in
from dataops.evidence.verdict import Check, Verdict

LOST = Fault("row lost", Family.DATA, Kind.COPY, Sql("DELETE FROM t"), "row counts")
KILLED = Fault("server killed", Family.PROCESS, Kind.COPY, Sql(""), "")


def look(*, survived: bool = True, **verdicts: Verdict) -> Look:
    checks = tuple(Check(name=name.replace("_", " "), verdict=verdict) for name, verdict in verdicts.items())
    return Look(checks, survived)


def test_a_fault_that_its_check_fails_is_seen() -> None:
    line = judged(LOST, look(row_counts=Verdict.FAILED, roles=Verdict.PASSED), (), 1.5)
    assert (line.name, line.verdict, line.reason) == ("data: row lost", Verdict.PASSED, "")
    assert line.observed == {"seen by": ["row counts (failed)"]}


def test_a_fault_that_no_check_sees_fails_the_rehearsal() -> None:
    line = judged(LOST, look(row_counts=Verdict.PASSED), (), 1.0)
    assert line.verdict is Verdict.FAILED
    assert line.reason == "no check saw it; row counts should have"


def test_what_is_red_anyway_has_not_seen_the_fault() -> None:
    line = judged(LOST, look(roles=Verdict.FAILED), {"roles"}, 1.0)
    assert line.verdict is Verdict.FAILED


def test_a_fault_that_another_check_saw_tells_so() -> None:
    line = judged(LOST, look(roles=Verdict.FAILED), (), 1.0)
    assert (line.verdict, line.reason) == (Verdict.PASSED, "expected of row counts")


def test_a_fault_seen_only_because_everything_broke_tells_so() -> None:
    unknown = Verdict.INCONCLUSIVE
    line = judged(LOST, look(row_counts=unknown, roles=unknown, grants=unknown), (), 1.0)
    assert line.reason == "seen only because everything broke: 3 of 3 checks could not run"


def test_a_fault_that_killed_the_scratch_server_proves_nothing() -> None:
    line = judged(LOST, look(row_counts=Verdict.INCONCLUSIVE, survived=False), (), 1.0)
    assert line.verdict is Verdict.INCONCLUSIVE
    assert "the scratch server died of it" in line.reason


def test_a_death_that_was_meant_is_seen() -> None:
    line = judged(KILLED, look(row_counts=Verdict.INCONCLUSIVE, survived=False), (), 1.0)
    assert line.verdict is Verdict.PASSED


def test_a_fault_that_was_not_put_in_is_never_seen() -> None:
    line = not_put_in(LOST, "no table has rows", Verdict.INCONCLUSIVE)
    assert (line.verdict, line.observed) == (Verdict.INCONCLUSIVE, "not put in")


def test_what_is_red_in_a_clean_drill_is_a_false_alarm() -> None:
    line = clean_run("clean drill 1", look(roles=Verdict.INCONCLUSIVE, rows=Verdict.PASSED), 2.0)
    assert line.verdict is Verdict.FAILED
    assert line.observed == ["roles (inconclusive)"]


def test_a_clean_drill_without_any_check_is_no_clean_drill() -> None:
    assert clean_run("clean drill 1", look(), 2.0).verdict is Verdict.FAILED
    assert clean_run("clean drill 1", look(a=Verdict.NOT_APPLICABLE), 2.0).verdict is Verdict.FAILED
    assert clean_run("clean drill 1", look(a=Verdict.PASSED), 2.0).verdict is Verdict.PASSED
