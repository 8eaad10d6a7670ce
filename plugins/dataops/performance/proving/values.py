"""Values for the parameters of a statement, taken from the rows of a restored database.

They are used where they were found, on the scratch server, and come into no report, log or error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.errors import InconclusiveError
from dataops.performance.advising.identifiers import qualified, quoted
from dataops.performance.proving.parameters import Place, Use

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

SETS = 3
"""Sets of values with which a statement is tried."""
SAMPLED = 10_000
"""Rows of a table that are looked at."""
_BETWEEN = (0.5, 0.25, 0.9)
_ABOVE = (0.99, 0.5, 0.9)
_BELOW = (0.01, 0.5, 0.1)
"""Of a single bound: a hundredth, a tenth and half of the rows lie beyond it."""
_SHARE = 0.01
"""Share of the rows between a lower and an upper bound."""
_NEUTRAL = {
    "text": "x",
    "character varying": "x",
    "boolean": "true",
    "interval": "1 day",
    "date": "2000-01-01",
    "timestamp without time zone": "2000-01-01",
    "timestamp with time zone": "2000-01-01",
    "jsonb": "{}",
    "json": "{}",
}
_FIXED = {Place.LIMIT: "20", Place.OFFSET: "0", Place.UNIT: "day"}
"""A page of a list, its first one, by day."""
_NO_PATTERN = str.maketrans("", "", "%_\\")
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})

Origin = tuple[str, str]
Value = str | tuple[str, ...]
"""A value as text; several for an array."""


class NoValues(InconclusiveError):
    """A parameter for which the data has no value to offer."""


@dataclass(frozen=True)
class Sampled:
    """What was found for one expression: values of single rows, and quantiles by share of the rows."""

    rows: tuple[str, ...]
    quantiles: Mapping[float, str]

    def row(self, place: int) -> str:
        """One of the rows' values, evenly spread over the table."""
        step = max(len(self.rows) // SETS, 1)
        return self.rows[(place * step + place // SETS) % len(self.rows)]


def sets_of_values(
    cursor: Cursor, uses: Mapping[int, Use], types: Sequence[str]
) -> list[tuple[Value | None, ...]]:
    """``SETS`` sets of values, or a single one where nothing is compared; ``types`` are the parameters'.

    Values of one set that belong to one table come from one row of it where they are compared for equality,
    so that together they mean something. Raises ``NoValues`` for what nothing is known of.
    """
    return chosen(uses, types, _sample(cursor, uses))


def chosen(
    uses: Mapping[int, Use], types: Sequence[str], sampled: Mapping[Origin, Sampled]
) -> list[tuple[Value | None, ...]]:
    """The sets of values out of what was sampled; equal ones once. Pure. Raises ``NoValues``."""
    compared = any(use.place is Place.COMPARED for use in uses.values())
    found = [
        tuple(_value(uses, number, types[number - 1], sampled, place) for number in range(1, len(types) + 1))
        for place in range(SETS if compared else 1)
    ]
    return list(dict.fromkeys(found))


def _value(
    uses: Mapping[int, Use], number: int, type_: str, sampled: Mapping[Origin, Sampled], place: int
) -> Value | None:
    use = uses.get(number, Use(Place.ELSEWHERE))
    if use.place is Place.UNKNOWN:
        raise NoValues(f"nothing says with which column the parameter ${number} is compared")
    if use.place is Place.ELSEWHERE:
        return "1" if type_ in _NUMBERS else _NEUTRAL.get(type_)
    if use.place is not Place.COMPARED:
        return _FIXED[use.place]
    found = sampled[origin(use)]
    if not found.rows:
        raise NoValues("a table has no row to take values from")
    if use.operator in {"<", "<=", ">", ">="}:
        return found.quantiles[_quantile(uses, use, place)]
    return _of_rows(use, found, place)


def _of_rows(use: Use, found: Sampled, place: int) -> Value:
    if use.operator.startswith("~~"):
        return found.row(place)[:3].translate(_NO_PATTERN) + "%"
    if use.many:
        return tuple(found.row(place + nth) for nth in range(SETS))
    return found.row(place + use.order)


def _quantile(uses: Mapping[int, Use], use: Use, place: int) -> float:
    """Which share of the rows lies below a bound: recent ones, old ones, or a slice between two bounds."""
    above = use.operator in {">", ">="}
    bounds = {
        each.operator[0] for each in uses.values() if each.place is use.place and origin(each) == origin(use)
    }
    if bounds >= {"<", ">"}:
        return round(_BETWEEN[place] + (0 if above else _SHARE), 4)
    return (_ABOVE if above else _BELOW)[place]


def origin(use: Use) -> Origin:
    """Where its values come from: the table's alias and what of its rows is taken."""
    return use.alias, use.expression + (" from now" if use.relative else "") + (
        " in" if use.operator in {"@>", "&&"} else ""
    )


def _sample(cursor: Cursor, uses: Mapping[int, Use]) -> dict[Origin, Sampled]:
    """What each compared expression is worth in rows of its table, one query a table."""
    tables: dict[str, list[Use]] = defaultdict(list)
    for use in uses.values():
        if use.place is Place.COMPARED:
            tables[use.alias].append(use)
    found: dict[Origin, Sampled] = {}
    for those in tables.values():
        found |= _sample_table(cursor, list({origin(use): use for use in those}.values()))
    return found


def _sample_table(cursor: Cursor, uses: Sequence[Use]) -> dict[Origin, Sampled]:
    relation, alias = uses[0].relation, uses[0].alias
    assert relation is not None
    share = min(100.0, 150.0 * SAMPLED / relation.rows) if relation.rows else 100.0
    taken = f"TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE (7)" if share < 100 else ""
    columns = [f"({use.expression})" for use in uses]
    given = " AND ".join(f"{each} IS NOT NULL" for each in columns)
    source = f"FROM {qualified(relation.schema, relation.name)} AS {quoted(alias)} {taken}"
    rows: list[tuple[Any, ...]] = []
    for where in (source, source.replace(taken, "") if taken else ""):
        if where and not rows:
            shown = ", ".join(_shown(use) for use in uses)
            cursor.execute(f"SELECT {shown} {where} WHERE {given} LIMIT {2 * SAMPLED}")
            rows = [row for row in cursor.fetchall() if None not in row]
    return {
        origin(use): Sampled(
            tuple(str(row[nth]) for row in rows),
            _quantiles(cursor, use, source) if use.operator[0] in "<>" and use.operator != "<>" else {},
        )
        for nth, use in enumerate(uses)
    }


def _shown(use: Use) -> str:
    """The SQL of a value that the parameter may take, given one row of the table."""
    type_ = use.relation.type(use.expression.rpartition(".")[2]) if use.relation else ""
    if use.operator in {"@>", "&&"} and type_ == "jsonb":
        parts = f"SELECT jsonb_build_object(e.key, e.value) FROM jsonb_each({use.expression}) AS e LIMIT 1"
        return f"CASE jsonb_typeof({use.expression}) WHEN 'object' THEN ({parts}) END::text"
    if use.operator in {"@>", "&&"} and type_.endswith("[]"):
        return f"({use.expression})[1:1]::text"
    return f"({use.expression})::text"


def _quantiles(cursor: Cursor, use: Use, source: str) -> dict[float, str]:
    wanted = sorted({*_ABOVE, *_BELOW, *_BETWEEN, *(round(each + _SHARE, 4) for each in _BETWEEN)})
    shown = "now() - each" if use.relative else "each"
    values = f"SELECT ({use.expression}) AS value {source} LIMIT {2 * SAMPLED}".replace("%", "%%")
    cursor.execute(
        f"SELECT array_agg(({shown})::text ORDER BY place) FROM (SELECT percentile_disc(%s::float8[]) "
        f"WITHIN GROUP (ORDER BY value) AS quantiles FROM ({values}) AS taken) AS found, "
        "unnest(quantiles) WITH ORDINALITY AS one (each, place)",
        (wanted,),
    )
    (quantiles,) = cursor.fetchone() or (None,)
    if not quantiles:
        raise NoValues("a table has no row to take values from")
    return dict(zip(wanted, quantiles, strict=True))
