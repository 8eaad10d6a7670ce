"""A normalised statement as a prepared one: its parameters' types, its plans, its executions.

Whatever is executed is rolled back. Errors name the SQLSTATE alone: PostgreSQL's own words may hold a value.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.errors import InconclusiveError
from dataops.performance.advising.parsing import Unparsable, nodes, numbered, parse
from dataops.performance.proving.grouping import with_equal_groups
from dataops.performance.proving.measurement import Execution, indexes_of, of_plan
from dataops.performance.proving.values import Value

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import connection as PsycopgConnection
    from psycopg2.sql import Composable

NAME = "dataops_trial"
_HINTS = {"42P01": ", or the role may not use its schema", "42501": ": grant what the guide on proof names"}
"""What a user can do about some of the errors that planning meets, by SQLSTATE."""


class CannotTry(InconclusiveError):
    """The statement cannot be planned or executed here; says why in words without a value."""


@dataclass(frozen=True)
class Prepared:
    """A statement that is prepared on a session in autocommit mode."""

    session: PsycopgConnection
    types: tuple[str, ...]

    def cost(self) -> tuple[float, frozenset[str]]:
        """The planner's total cost of its generic plan, and the indexes that the plan scans."""
        from psycopg2 import sql

        nulls = [sql.SQL("NULL")] * len(self.types)
        with _told("planned"), self.session.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
            cursor.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(_execute(nulls)))
            (told,) = cursor.fetchone() or ([{}],)
        return cost_of(told[0])

    def row(self, values: Sequence[Value | None], *, limit: float) -> tuple[Any, ...]:
        """The first row that it gives with these values; ``CannotTry`` after ``limit`` seconds."""
        from psycopg2 import sql

        given = [_literal(value, type_) for value, type_ in zip(values, self.types, strict=True)]
        with _told("executed"), self.session.cursor() as cursor:
            cursor.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(f"{limit * 1000:.0f}ms")))
            cursor.execute(_execute(given))
            return tuple(cursor.fetchone() or ())

    def execute(self, values: Sequence[Value | None], *, limit: float) -> Execution:
        """One execution with these values, rolled back; cut off after ``limit`` seconds."""
        import psycopg2
        from psycopg2 import sql

        given = [_literal(value, type_) for value, type_ in zip(values, self.types, strict=True)]
        with _told("executed"), self.session.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", (f"{limit * 1000:.0f}ms",))
                cursor.execute(
                    sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {}").format(_execute(given))
                )
                (told,) = cursor.fetchone() or ([{}],)
                return of_plan(told[0])
            except psycopg2.errors.QueryCanceled:
                return Execution(seconds=limit, blocks=0, cut_off=True)
            finally:
                with suppress(psycopg2.Error):
                    cursor.execute("ROLLBACK")


def cost_of(told: Any) -> tuple[float, frozenset[str]]:
    """Total cost and scanned indexes of a plan as ``EXPLAIN (FORMAT JSON)`` tells it."""
    return float(told["Plan"]["Total Cost"]), frozenset(indexes_of(told["Plan"]))


@contextmanager
def prepared(session: PsycopgConnection, text: str) -> Generator[Prepared]:
    """The statement, prepared as long as the block lasts.

    Raises ``CannotTry`` for anything but one SELECT, INSERT, UPDATE or DELETE, and for what the server does
    not take, such as a table that is not there.
    """
    statement = single(text)
    with session.cursor() as cursor:
        with _told("prepared"):
            cursor.execute(f"PREPARE {NAME} AS {statement}")
        try:
            cursor.execute(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s", (NAME,)
            )
            (types,) = cursor.fetchone() or ([],)
            yield Prepared(session, tuple(types))
        finally:
            _deallocate(session)


def single(text: str) -> str:
    """The text as PREPARE takes it, where it is a single statement that reads or writes rows."""
    ast = nodes()
    try:
        tree = parse(text)
    except Unparsable:
        raise CannotTry("its text is cut off, or no statement that the parser understands") from None
    if not isinstance(tree, ast.SelectStmt | ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt):
        raise CannotTry("it is no SELECT, INSERT, UPDATE or DELETE")
    return with_equal_groups(numbered(text))


def _deallocate(session: PsycopgConnection) -> None:
    import psycopg2

    with suppress(psycopg2.Error), session.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {NAME}")


def _execute(given: Sequence[Composable]) -> Composable:
    from psycopg2 import sql

    arguments = sql.SQL(" ({})").format(sql.SQL(", ").join(given)) if given else sql.SQL("")
    return sql.SQL("EXECUTE {}{}").format(sql.Identifier(NAME), arguments)


def _literal(value: Value | None, type_: str) -> Composable:
    """The value as SQL, cast to the parameter's type, whose name the server itself has written."""
    from psycopg2 import sql

    if value is None:
        return sql.SQL("NULL")
    if isinstance(value, tuple):
        inner = sql.SQL(", ").join(sql.Literal(each) for each in value)
        return sql.SQL("ARRAY[{}]::{}").format(inner, sql.SQL(type_))
    return sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(type_))


@contextmanager
def _told(what: str) -> Generator[None]:
    """Errors of the block as ``CannotTry``, without a word that may come from the data."""
    import psycopg2

    try:
        yield
    except psycopg2.Error as error:
        raise CannotTry(f"the statement cannot be {what}: {name_of(error)}") from None


def name_of(error: Error) -> str:
    """An error by the name of its SQLSTATE, such as ``undefined table (42P01)``."""
    from psycopg2 import errors

    if error.pgcode is None:
        return "the connection was lost"
    try:
        name = errors.lookup(error.pgcode).__name__
    except KeyError:
        return f"SQLSTATE {error.pgcode}"
    words = "".join(f" {each.lower()}" if each.isupper() else each for each in name).strip(" _")
    return f"{words} ({error.pgcode}){_HINTS.get(error.pgcode, '')}"
