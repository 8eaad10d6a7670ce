"""How young the newest business row was at the recovery point, against ``drill.fresh`` of the YAML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from dataops.drill.checks.finding import Finding, failed, inconclusive, not_applicable
from dataops.drill.checks.looking import Look, lost, reason_of
from dataops.drill.checks.registry import check
from dataops.drill.checks.smoke import is_about, misplaced
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.inventory import Fresh, format_duration

_ABSENT = {"42P01", "42703", "3F000"}
"""SQLSTATEs: no such table, column or schema."""


@check("freshness", expected="the newest row is young enough")
def freshness(look: Look) -> Iterator[Finding]:
    """A backup taken on time from a source that nobody writes to any more is old all the same."""
    wanted = look.server.settings.fresh
    yield from misplaced(look, [(f"{each.table}.{each.column}", each.database) for each in wanted])
    ours = [each for each in wanted if is_about(look, each.database)]
    for each in ours:
        yield age(look, each)
    if not ours:
        yield not_applicable("the YAML expects no fresh rows of this database (drill.fresh)")


def age(look: Look, wanted: Fresh) -> Finding:
    """The finding about one column: failed for rows too old, for none, and for a table that is missing.

    Rows later than the recovery point are business (planned flights) or a wrong clock: they are told, and the
    newest row up to the point is what counts.
    """
    import psycopg2

    about = f"{wanted.table}.{wanted.column}"
    expected = f"at most {format_duration(wanted.within)} old at {look.server.point.at:%Y-%m-%d %H:%M:%S} UTC"
    try:
        newest, future = _read(look, wanted)
    except psycopg2.Error as error:
        if not lost(error) and error.pgcode in _ABSENT:
            return failed("missing", reason_of(error), about=about, expected=expected)
        return inconclusive(f"could not run: {reason_of(error)}", about=about)
    later = f"; {future:,} rows are later than the recovery point" if future else ""
    if newest is None:
        why = "no row is as old as the recovery point" if future else "there is no row, so nothing is fresh"
        return failed(f"no row{later}", why, about=about, expected=expected)
    old = max(look.server.point.at - newest, timedelta())
    observed = f"{newest:%Y-%m-%d %H:%M:%S} UTC, {_told(old)} old{later}"
    if old <= wanted.within:
        return Finding(Verdict.PASSED, observed, "", about, expected)
    why = f"the newest row is {_told(old)} old, {format_duration(wanted.within)} were allowed"
    return failed(observed, why, about=about, expected=expected)


def _read(look: Look, wanted: Fresh) -> tuple[datetime | None, int]:
    """The newest value up to the recovery point, and how many are later."""
    from psycopg2 import sql

    schema, dot, table = wanted.table.partition(".")
    if not dot:
        schema, table = "public", wanted.table
    query = sql.SQL(
        "SELECT max({column}) FILTER (WHERE {column} <= {at}), count(*) FILTER (WHERE {column} > {at})"
        " FROM {table}"
    ).format(
        column=sql.Identifier(wanted.column), table=sql.Identifier(schema, table), at=sql.Placeholder("at")
    )
    with look.cursor({"TimeZone": "UTC"}) as cursor:
        cursor.execute(query, {"at": look.server.point.at})
        newest, future = cursor.fetchone()
    return _instant(newest), future


def _instant(value: object) -> datetime | None:
    """A day counts to its end, a timestamp without a zone as UTC."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC) + timedelta(days=1)
    raise ConfigurationError(
        "drill.fresh: the column must be of type date, timestamp or timestamptz, not " + type(value).__name__
    )


def _told(age: timedelta) -> str:
    """Days and hours, or whatever is the largest unit that says something."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
