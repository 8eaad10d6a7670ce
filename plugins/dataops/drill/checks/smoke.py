"""The application's own questions, from ``drill.smoke`` of the YAML: each has one right answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pydantic import JsonValue

from dataops.drill.checks.finding import Finding, failed, inconclusive, not_applicable
from dataops.drill.checks.looking import Look, lost, reason_of
from dataops.drill.checks.registry import check
from dataops.evidence.verdict import Verdict
from dataops.inventory import Database, Smoke

_UNANSWERED = {"57014", "55P03", "40P01", "42501", "25006", "53100", "53200", "53300"}
"""SQLSTATEs that say nothing of the data: cancelled, locked, no right, would write, no room, no memory."""


@check("smoke", expected="the application's questions are answered as it expects")
def smoke(look: Look) -> Iterator[Finding]:
    """A wrong answer or an error, such as a table that is missing, is failed; no answer is inconclusive."""
    questions = look.server.settings.smoke
    yield from misplaced(look, [(each.name, each.database) for each in questions])
    ours = [each for each in questions if is_about(look, each.database)]
    for question in ours:
        yield answer(look, question)
    if not ours:
        yield not_applicable("the YAML asks nothing of this database (drill.smoke)")


def misplaced(look: Look, entries: Sequence[tuple[str, str | None]]) -> Iterator[Finding]:
    """Entries of the YAML that no restored database is asked: red, or nobody would notice. Told once."""
    names = sorted(look.server.dbnames)
    if names and look.dbname != names[0]:
        return
    for name, database in entries:
        if database is None and not _is_single(look):
            why = f"the YAML names no database to ask: write `database:` with one of {', '.join(names)}"
            yield inconclusive(why, about=name)
        elif database is not None and database not in names:
            why = f"the YAML names database {database}, which was not restored; there are {', '.join(names)}"
            yield inconclusive(why, about=name)


def is_about(look: Look, database: str | None) -> bool:
    """Whether an entry of the YAML that names this database, or none, is about the one looked at."""
    return _is_single(look) if database is None else database == look.dbname


def _is_single(look: Look) -> bool:
    return isinstance(look.job.subject, Database) or len(look.server.dbnames) == 1


def answer(look: Look, question: Smoke) -> Finding:
    """The finding about one question; it runs read-only, within the check's time."""
    import psycopg2

    expected = question.expect
    try:
        with look.cursor({"TimeZone": "UTC"}) as cursor:
            # As the application finds it: the database's own, where all else here names its schemas.
            cursor.execute("SET LOCAL search_path TO DEFAULT")
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
        return Finding(Verdict.PASSED, observed, "", question.name, expected)
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
