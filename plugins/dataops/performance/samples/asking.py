"""Asking a server its questions, lightly and one by one: what has no answer does not stop the rest."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from dataops.connections import Connection
from dataops.errors import ConfigurationError, DataOpsError
from dataops.performance.samples.frames import copy_out, fetch
from dataops.performance.samples.questions import Question
from dataops.performance.samples.versions import NEWEST, OLDEST, for_major
from dataops.postgres import ConnectionLost, LockTimeout, QueryFailed, connect, explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

STATEMENT_TIMEOUT = 5.0
"""Seconds that a question of every sample may take."""
WHOLE_TIMEOUT = 15.0
"""Seconds that a question may take in a sample that also asks what costs more."""
LOCK_TIMEOUT = 0.1
"""Seconds that a question may wait for a lock: sizes queue behind an ALTER TABLE, and others behind us."""

# With less memory a catalogue of 100,000 relations is sorted on disk, and reports would tell of our files.
_LIGHT = {
    "default_transaction_read_only": "on",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "32MB",
    "datestyle": "ISO",
    "timezone": "UTC",
    "client_encoding": "UTF8",
}


@dataclass
class Asking:
    """One session with a server, and what it has answered so far."""

    conn: PsycopgConnection
    major: int
    where: str
    blind: str = ""
    """Why statistics of other roles are hidden from us; empty where they are not."""
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)

    def ask(self, question: Question, **parameters: object) -> pl.DataFrame | None:
        """The rows, kept too; None where there is no answer, with the reason in ``missing``.

        ``parameters`` fill the question's braces: ``psycopg2.sql`` parts as they are, all else as literals.
        A session that is lost is raised: there is nobody left to ask.
        """
        if question.of_others and self.blind:
            self.missing[question.name] = self.blind
            return None
        started = time.monotonic()
        try:
            rows = self._patiently(question, parameters)
        except ConnectionLost:
            raise
        except (DataOpsError, pl.exceptions.PolarsError) as error:
            self.missing[question.name] = _reason(error)
            return None
        finally:
            self.costs[question.name] = time.monotonic() - started
        self.rows[question.name] = rows
        return rows

    def one(self, name: str, **parameters: object) -> dict[str, Any]:
        """The only row of ``sql/<name>.sql``, as a mapping. Raises where it cannot be read."""
        started = time.monotonic()
        select = self.composed(for_major(sql(__package__, name), self.major), parameters)
        with explained(self.where), self.conn.cursor() as cursor:
            cursor.execute(select)
            row = cursor.fetchone()
            assert row is not None and cursor.description is not None
        self.costs[name] = time.monotonic() - started
        return dict(zip((column.name for column in cursor.description), row, strict=True))

    def take_over(self, other: Asking) -> None:
        """Keep what another session answered, as if it had been asked here."""
        self.rows |= other.rows
        self.missing |= other.missing
        self.costs |= other.costs

    def composed(self, text: str, parameters: Mapping[str, object]) -> str:
        """The SQL with its parameters filled in and quoted."""
        if not parameters:
            return text
        from psycopg2 import sql as composing

        filled = {
            name: value if isinstance(value, composing.Composable) else composing.Literal(value)
            for name, value in parameters.items()
        }
        return composing.SQL(text).format(**filled).as_string(self.conn)

    def _patiently(self, question: Question, parameters: Mapping[str, object]) -> pl.DataFrame:
        select = self.composed(question.text(self.major), parameters)
        answered = fetch if question.few else copy_out
        try:
            return answered(self.conn, select, question.types, where=self.where)
        except LockTimeout:  # somebody took an exclusive lock while we looked for such
            return answered(self.conn, select, question.types, where=self.where)
        except QueryFailed as error:
            if "does not exist" not in str(error):
                raise
            # A table was dropped between the moment that we listed it and the one that we looked at it.
            return answered(self.conn, select, question.types, where=self.where)


@contextmanager
def session(connection: Connection, dbname: str | None, *, whole: bool = False) -> Generator[Asking]:
    """A light, read-only session with bounded timeouts; one at a time is all that sampling needs."""
    with closing(
        connect(
            connection,
            dbname=dbname,
            application_name="dataops sampling",
            autocommit=True,
            statement_timeout=WHOLE_TIMEOUT if whole else STATEMENT_TIMEOUT,
            lock_timeout=LOCK_TIMEOUT,
        )
    ) as conn:
        where = f"sampling database {dbname or connection.schema or 'postgres'}"
        with explained(where), conn.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(_LIGHT)),
                [word for pair in _LIGHT.items() for word in pair],
            )
        yield Asking(conn, _known(conn.server_version // 10000), where)


def _known(major: int) -> int:
    """The major, where it can be asked; ``ConfigurationError`` where its statistics have other columns."""
    if major < OLDEST:
        raise ConfigurationError(
            f"The server is PostgreSQL {major}: {OLDEST} to {NEWEST} can be sampled, and a newer one as "
            f"{NEWEST}. Upgrade it, or leave the server out of the samples."
        )
    return major


def _reason(error: Exception) -> str:
    """The error in a sentence; one that is not ours may hold anything, so only its kind is told."""
    return str(error) if isinstance(error, DataOpsError) else f"It could not be read: {type(error).__name__}."
