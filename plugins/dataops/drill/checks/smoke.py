"""The application's own questions, from ``drill.smoke`` of the YAML: each has one right answer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import JsonValue

from dataops.drill.checks.finding import Finding, failed, inconclusive, not_applicable, passed
from dataops.drill.checks.looking import Look, lost, reason_of
from dataops.drill.checks.registry import check
from dataops.inventory import Database, Smoke

_UNANSWERED = {"57014", "55P03", "40P01", "42501", "25006", "53100", "53200", "53300"}
"""SQLSTATEs that say nothing of the data: cancelled, locked, no right, would write, no room, no memory."""


@check("smoke", expected="the application's questions are answered as it expects")
def smoke(look: Look) -> Iterator[Finding]:
    """A wrong answer or an error, such as a table that is missing, is failed; no answer is inconclusive."""
    asked = False
    for question in look.server.settings.smoke:
        if is_about(look, question.database):
            asked = True
            yield answer(look, question)
    if not asked:
        yield not_applicable("the YAML asks nothing of this database (drill.smoke)")


def is_about(look: Look, database: str | None) -> bool:
    """Whether an entry of the YAML that names this database, or none, is about the one looked at."""
    if database is None:
        return isinstance(look.job.subject, Database) or len(look.server.dbnames) == 1
    return database == look.dbname


def answer(look: Look, question: Smoke) -> Finding:
    """The finding about one question; it runs read-only, within the check's time."""
    import psycopg2

    expected = question.expect
    try:
        with look.cursor() as cursor:
            cursor.execute(question.sql)
            rows = cursor.fetchmany(2) if cursor.description else []
    except psycopg2.Error as error:
        if lost(error) or (error.pgcode or "") in _UNANSWERED or not error.pgcode:
            return inconclusive(f"could not run: {reason_of(error)}", about=question.name)
        return failed("an error", reason_of(error), about=question.name, expected=expected)
    if len(rows) != 1 or len(rows[0]) != 1:
        found = "no row" if not rows else "more than one value"
        why = f"the question must return one row with one value, it returned {found}"
        return failed(found, why, about=question.name, expected=expected)
    observed = _plain(rows[0][0])
    if _equal(observed, expected):
        return passed(observed, about=question.name, expected=expected)
    why = f"the answer is {observed!r}, expected was {expected!r}"
    return failed(observed, why, about=question.name, expected=expected)


def _plain(value: object) -> JsonValue:
    """As JSON and YAML know it: whole numbers stay whole, dates and times become text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _equal(observed: JsonValue, expected: JsonValue) -> bool:
    """``1`` is not ``true``; a number or a time may be written as text in the YAML."""
    if isinstance(observed, bool) or isinstance(expected, bool):
        return observed is expected
    return observed == expected or (observed is not None and str(observed) == str(expected))
