"""The rows of one table as Great Expectations reads them: a query that no name and no type can break."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops.postgres import explained, sql
from dataops.quality.suite import Expectation

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

_NAMING = ("column", "column_A", "column_B", "column_list")
"""Arguments of an expectation that name columns which must be there."""


@dataclass(frozen=True)
class Source:
    """One table: its columns in their order, each with the type to cast it to (empty: as it is).

    ``columns`` is None where the database has no such table.
    """

    schema: str
    table: str
    columns: Mapping[str, str] | None

    @property
    def query(self) -> str:
        """All rows and columns. In ASCII: a percent sign or colon in a name would be taken for more."""
        chosen = [
            f"CAST({_identifier(name)} AS {cast_to}) AS {_identifier(name)}" if cast_to else _identifier(name)
            for name, cast_to in (self.columns or {}).items()
        ]
        table = f"{_identifier(self.schema)}.{_identifier(self.table)}"
        return f"SELECT {', '.join(chosen) or '1 AS one'} FROM {table}"

    def missing(self, expectation: Expectation) -> str:
        """What the database lacks of what the expectation names, in a sentence; empty where all is there."""
        if self.columns is None:
            return "The database has no such table."
        if expectation.type == "expect_column_to_exist":
            return ""
        named: list[object] = []
        for argument in _NAMING:
            value = expectation.kwargs.get(argument)
            named += value if isinstance(value, list) else [value] if value is not None else []
        lacking = sorted({str(name) for name in named} - set(self.columns))
        return f"The table has no column {', '.join(lacking)}." if lacking else ""


def source_of(session: Session, schema: str, table: str) -> Source:
    """The table as the database has it."""
    with explained(f"looking at {schema}.{table}"), session.cursor() as cursor:
        cursor.execute(sql(__package__, "columns"), {"schema": schema, "table": table})
        rows = cursor.fetchall()
    columns = {str(name): str(cast_to) for name, cast_to in rows if name is not None}
    return Source(schema, table, columns if rows else None)


def _identifier(name: str) -> str:
    """A quoted identifier, its unusual characters as ``\\0025`` (PostgreSQL documentation, 4.1.2.3)."""
    if re.fullmatch(r"[A-Za-z0-9_ ]+", name):
        return f'"{name}"'
    escaped = "".join(
        character if re.match(r"[A-Za-z0-9_ ]", character) else _escaped(ord(character)) for character in name
    )
    return f'U&"{escaped}"'


def _escaped(point: int) -> str:
    return f"\\{point:04X}" if point < 0x10000 else f"\\+{point:06X}"
