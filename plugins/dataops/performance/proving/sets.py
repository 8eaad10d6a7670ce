"""The sets of values with which a prepared statement is tried."""

from __future__ import annotations

from collections.abc import Sequence

from dataops.performance.advising import Relations
from dataops.performance.proving.parameters import uses_of
from dataops.performance.proving.prepared import CannotTry, Prepared, name_of
from dataops.performance.proving.values import Value, sets_of_values

Sets = Sequence[Sequence[Value | None]]


def sets_for(statement: Prepared, text: str, relations: Relations) -> Sets:
    """Sets of values for the statement of this text. Raises ``CannotTry`` or ``NoValues``."""
    import psycopg2

    try:
        with statement.session.cursor() as cursor:
            return sets_of_values(cursor, uses_of(text, relations), statement.types)
    except psycopg2.Error as error:
        raise CannotTry(f"no values can be taken from the data: {name_of(error)}") from None
