"""Tonight against earlier nights: new, open, came back, fixed, unseen; and what somebody knows of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dataops.inventory import Acknowledgement
from dataops.performance.finding import Advice, Cause, Finding, Severity, Status
from dataops.performance.findings import Gap, Judgement
from dataops.performance.history import judged, open_since
from dataops.performance.night import Night
from dataops.performance.statement_text import fingerprint
from dataops.performance.window import SectionName, Window

from tests.unit.performance.findings.windows import DAY, healthy, window

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
    told = judged(judgement, nights, known or [], today=TODAY, tonight=window(until=NOW))
    return {each.object: each for each in told}


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
    assert told["index a"].sentence == "Gone tonight: Nothing has used it."
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
    unsigned = known.model_copy(update={"by": None})
    (signed,) = judged(
        Judgement((_finding("index public.yearly_a"),)),
        [],
        [unsigned],
        today=TODAY,
        tonight=window(until=NOW),
        owner="shop",
    )
    assert signed.acknowledged is not None and signed.acknowledged.by == "shop"
    over = known.model_copy(update={"until": TODAY - timedelta(days=1)})
    assert _told(found, [], [over])["index public.yearly_a"].acknowledged is None
    other = known.model_copy(update={"code": "old-xmin", "until": date(2027, 1, 1)})
    assert _told(found, [], [other])["index public.yearly_a"].acknowledged is None


def test_what_is_open_is_known_since_when_and_what_is_fixed_is_not() -> None:
    since = NOW - timedelta(days=3)
    nights = [
        _night(1, _finding("index a", since=since), _finding("index b", since=since, status=Status.FIXED)),
        _night(2, _finding("index c", since=since)),
    ]
    assert open_since(nights) == {"unused-index:index a": since}
    assert open_since([]) == {}


@pytest.mark.parametrize(("days", "forgotten"), [(27, False), (28, True)])
def test_what_was_slower_for_four_weeks_is_the_usual_and_says_so(days: int, forgotten: bool) -> None:
    before = _finding("statement s", code="statement-slower", since=NOW - timedelta(days=days))
    told = _told(Judgement(), [_night(1, before)])["statement s"]
    assert ("It has been so for 4 weeks" in told.sentence) is forgotten


STATEMENT = "SELECT * FROM orders WHERE state = $1"


def _called(seconds: float, *, days: int = 0) -> Window:
    """A window in which the statement takes this long each of a hundred times."""
    row = healthy(
        SectionName.STATEMENTS,
        statement=fingerprint(STATEMENT),
        text=STATEMENT,
        calls=100,
        exec_seconds=100 * seconds,
    )
    return window({SectionName.STATEMENTS: [row]}, until=NOW - days * DAY)


@pytest.mark.parametrize(
    ("tonight", "earlier", "says"),
    [
        (
            _called(0.002),
            [_called(0.5, days=1)],
            "It helped: `SELECT * FROM orders WHERE state = $1` takes 2 ms",
        ),
        (_called(0.48), [_called(0.5, days=1)], "It brought little"),
        (_called(0.9), [_called(0.5, days=1)], "It did not help"),
        (window(until=NOW), [_called(0.5, days=1)], "cannot be told: its statement was not called"),
        (_called(0.002), [window(until=NOW - DAY)], "cannot be told: no earlier window"),
    ],
)
@pytest.mark.parametrize("by", ["advice", "object"])
def test_what_is_gone_says_whether_that_helped(
    tonight: Window, earlier: list[Window], says: str, by: str
) -> None:
    advice = Advice(sentence="Build it.", sql="CREATE INDEX …;", statement=STATEMENT)
    before = (
        _finding("table public.orders", advice=advice)
        if by == "advice"
        else _finding(f"statement {fingerprint(STATEMENT)}")
    )
    (told,) = judged(Judgement(), [_night(1, before)], today=TODAY, tonight=tonight, earlier=earlier)
    assert (told.status, says in told.sentence) == (Status.FIXED, True), told.sentence
    assert [each.name for each in told.evidence] == ([] if "cannot" in says else ["mean before", "mean"])
