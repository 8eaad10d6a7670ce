"""Tonight against earlier nights: new, open, came back, fixed, unseen; and what somebody knows of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dataops.inventory import Acknowledgement
from dataops.performance.finding import Advice, Cause, Finding, Severity, Status
from dataops.performance.findings import Gap, Judgement
from dataops.performance.history import judged
from dataops.performance.night import Night

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TODAY = NOW.date()


def _finding(name: str, **fields: Any) -> Finding:
    settled: dict[str, Any] = {
        "code": "unused-index",
        "severity": Severity.WARNING,
        "cause": Cause.SCHEMA,
        "sentence": "Nothing has used it.",
        **fields,
    }
    return Finding(object=name, **settled)


def _night(days: int, *findings: Finding) -> Night:
    return Night(NOW - timedelta(days=days), findings)


def _told(
    judgement: Judgement, nights: list[Night], known: list[Acknowledgement] | None = None
) -> dict[str, Finding]:
    return {each.object: each for each in judged(judgement, nights, known or [], today=TODAY, now=NOW)}


def test_the_first_time_is_new_and_since_now() -> None:
    told = _told(Judgement((_finding("index a"),)), [])
    assert (told["index a"].status, told["index a"].since) == (Status.NEW, NOW)


def test_what_was_there_last_night_is_open_since_then() -> None:
    before = _finding("index a", since=NOW - timedelta(days=9))
    told = _told(Judgement((_finding("index a"),)), [_night(1, before)])
    assert (told["index a"].status, told["index a"].since) == (Status.OPEN, NOW - timedelta(days=9))


def test_what_was_gone_in_between_came_back() -> None:
    told = _told(Judgement((_finding("index a"),)), [_night(1), _night(2, _finding("index a"))])
    assert told["index a"].status is Status.CAME_BACK


def test_what_was_fixed_last_night_and_is_there_again_came_back() -> None:
    nights = [_night(1, _finding("index a", status=Status.FIXED)), _night(2, _finding("index a"))]
    assert _told(Judgement((_finding("index a"),)), nights)["index a"].status is Status.CAME_BACK


def test_what_is_gone_is_fixed_once_and_then_forgotten() -> None:
    before = _finding("index a", advice=Advice(sentence="Drop it.", sql="DROP INDEX a;"))
    told = _told(Judgement(), [_night(1, before)])
    assert (told["index a"].status, told["index a"].severity) == (Status.FIXED, Severity.NOTICE)
    assert "advised" in told["index a"].sentence
    assert _told(Judgement(), [_night(1, told["index a"]), _night(2, before)]) == {}


def test_what_could_not_be_looked_for_is_never_fixed() -> None:
    blind = Judgement(gaps=(Gap("unused-index", "Unused index", "No samples."),))
    told = _told(blind, [_night(1, _finding("index a"))])
    assert (told["index a"].status, told["index a"].severity) == (Status.OPEN, Severity.WARNING)
    assert "could not be looked for" in told["index a"].sentence
    again = _told(blind, [_night(1, told["index a"])])["index a"]
    assert again.sentence.count("could not be looked for") == 1


def test_an_acknowledgement_holds_until_its_day_and_for_its_objects() -> None:
    found = Judgement((_finding("index public.yearly_a"), _finding("index public.b")))
    known = Acknowledgement(
        code="unused-index", object="index public.yearly*", until=TODAY, reason="Once a year", by="dba"
    )
    told = _told(found, [], [known])
    acknowledged = told["index public.yearly_a"].acknowledged
    assert acknowledged is not None and (acknowledged.by, acknowledged.until) == ("dba", TODAY)
    assert told["index public.b"].acknowledged is None
    over = known.model_copy(update={"until": TODAY - timedelta(days=1)})
    assert _told(found, [], [over])["index public.yearly_a"].acknowledged is None
    other = known.model_copy(update={"code": "old-xmin", "until": date(2027, 1, 1)})
    assert _told(found, [], [other])["index public.yearly_a"].acknowledged is None
