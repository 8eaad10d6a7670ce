"""One restored database, copied afresh for every fault, so that many faults need one restore."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.backup.steps import Job
from dataops.drill.rehearsal import shared
from dataops.drill.rehearsal.fault import NotInjectable, Sql
from dataops.drill.restored import RestoredServer
from dataops.postgres import WRITING, connect, explained, sql, with_options

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

TEMPLATE = "rehearsal_template"


class Stage:
    """A restored server with one database, of which each fault gets a fresh copy under the same name.

    ``server``, ``job`` and ``beside`` are what the checks will be given: a fault may replace them, and the
    next copy has the original ones again. Everything else of the scratch server is left out of sight.
    """

    server: RestoredServer
    job: Job
    beside: Callable[[], None] | None
    """What happens while the checks run, in a thread of its own."""

    def __init__(self, server: RestoredServer, job: Job, dbname: str) -> None:
        self.dbname = dbname
        self._name = '"' + dbname.replace('"', '""') + '"'
        self._keeper = "postgres" if dbname != "postgres" else "template1"
        """From here copies are made and dropped, and what all databases share is put right."""
        self._server = replace(server, dbnames=(dbname,))
        self._job = job
        self._log_before = tuple(server.server_log())
        self._reset()

    # -- setting up

    def set_up(self) -> None:
        """The restored database becomes the template of all copies."""
        with self._session(self._keeper) as cursor:
            self._disconnect(cursor, self.dbname)
            cursor.execute(f"ALTER DATABASE {self._name} RENAME TO {TEMPLATE}")
            self._open_template(cursor, False)

    def furnish(self) -> None:
        """Add an object of every class, then take the manifest that the faults are held against."""
        with self._session(self._keeper) as cursor:
            self._open_template(cursor, True)
        with self._session(TEMPLATE) as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql(__package__, "stage"))
        with self._session(self._keeper) as cursor:
            self._open_template(cursor, False)
        with self.copy():
            taken = collect(
                self._server.connection,
                dbname=self.dbname,
                keys=self._server.keys,
                jobs=self._server.settings.jobs,
            )
        told = self._server.expectations.get(self.dbname)
        if told is not None:  # what a copy cannot know stays as the backup says
            taken = taken.model_copy(update={"moment": told.moment, "programs": told.programs})
        told_of_all = {**self._server.expectations, self.dbname: taken}
        self._server = replace(self._server, expectations=told_of_all, inexact="")
        self._reset()

    # -- one copy

    @contextmanager
    def copy(self) -> Generator[None]:
        """An untouched copy of the database, dropped at the end with all that a fault did around it."""
        with self._session(self._keeper) as cursor:
            self._disconnect(cursor, TEMPLATE)
            strategy = " STRATEGY FILE_COPY" if self._server.major >= 15 else ""
            cursor.execute(f"CREATE DATABASE {self._name} TEMPLATE {TEMPLATE}{strategy}")
        with self._session(self._keeper, autocommit=False) as cursor:
            cursor.execute(sql(__package__, "carry_over"), {"copy": self.dbname, "original": TEMPLATE})
        self._reset()
        try:
            yield
        finally:
            self._reset()
            self._drop()

    def inject(self, fault: Sql) -> str:
        """Break what the fault finds; what that was, in words. ``NotInjectable`` where it does not take."""
        found = self.find(fault.find) if fault.find else {}
        self.execute(Template(fault.do).substitute(found) if found else fault.do, must_change=True)
        names = [str(found[name]) for name in ("name", "signature", "relation", "column") if found.get(name)]
        return " of ".join(names)

    def find(self, query: str) -> Mapping[str, Any]:
        """The first row that a query finds in the copy; ``NotInjectable`` where it finds none."""
        found = self.rows(query)
        if not found:
            raise NotInjectable("The database has nothing that this fault could break.")
        return found[0]

    def rows(self, query: str) -> list[Mapping[str, Any]]:
        """All rows that a query finds in the copy, by column."""
        with self._session(self.dbname) as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, statements: str, *, must_change: bool = False) -> None:
        """Run statements in the copy, in one transaction, as superuser and without triggers."""
        with self._session(self.dbname, autocommit=False) as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '30s'")
            cursor.execute("SET LOCAL allow_system_table_mods = on; SET LOCAL search_path = pg_catalog")
            cursor.execute(statements)
            if must_change and cursor.rowcount == 0:
                raise NotInjectable("The statement changed no row.")

    def path(self, relation: str) -> Path:
        """The first file of a relation of the copy, of which no page has been read since it was copied."""
        found = self.find(f"SELECT pg_relation_filepath('{relation}') AS path")
        return self.data_directory / str(found["path"])

    def drop_copy(self) -> None:
        """The database is gone from the scratch server."""
        self._drop()

    def replace_by_empty(self) -> None:
        """Another database under the same name."""
        self._drop()
        with self._session(self._keeper) as cursor:
            cursor.execute(f"CREATE DATABASE {self._name} TEMPLATE template0")

    def end_sessions(self) -> None:
        """End every session of the checks on the copy for a second, once there are some."""
        self.await_sessions(30)
        until = time.monotonic() + 1
        with self._session(self._keeper) as cursor:
            while time.monotonic() < until:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
                    (self.dbname,),
                )
                time.sleep(0.02)

    def await_sessions(self, seconds: float) -> None:
        """Return once the checks are on the copy, or after so many seconds."""
        until = time.monotonic() + seconds
        with self._session(self._keeper) as cursor:
            while time.monotonic() < until:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (self.dbname,))
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.005)

    @property
    def data_directory(self) -> Path:
        """Of the scratch server; ``NotInjectable`` where its files cannot be reached."""
        if self._server.data_directory is None:
            raise NotInjectable("There is no access to the scratch server's files.")
        return self._server.data_directory

    @property
    def expected(self) -> Details:
        """The manifest that the copy is held against."""
        found = self.server.expectations[self.dbname]
        assert found is not None
        return found

    def expect(self, **changes: object) -> None:
        """Let the manifest of this copy say something else."""
        told = self.expected.model_copy(update=changes)
        self.server = replace(self.server, expectations={**self.server.expectations, self.dbname: told})

    def answers(self) -> bool:
        """Whether the scratch server still answers."""
        try:
            with self._session(self._keeper) as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # ruff: ignore[blind-except] whatever it is, there is no answer
            return False
        return True

    # -- inside

    def _reset(self) -> None:
        """What the last fault left in the server's log is not about the next copy."""
        told, before = self._server.server_log, self._log_before
        begun = len(told())
        self.server = replace(self._server, server_log=lambda: (*before, *told()[begun:]))
        self.job, self.beside = self._job, None

    def _drop(self) -> None:
        """Drop the copy and put the shared catalogs right; nothing where the server is gone."""
        if not self.answers():
            return
        with self._session(self._keeper) as cursor:
            cursor.execute(
                "DELETE FROM pg_subscription"
                " WHERE subdbid IN (SELECT oid FROM pg_database WHERE datname = %s)",
                (self.dbname,),
            )
            cursor.execute("UPDATE pg_database SET datistemplate = false WHERE datname = %s", (self.dbname,))
            self._disconnect(cursor, self.dbname)
            cursor.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        with self._session(self._keeper, autocommit=False) as cursor:
            shared.put_back(cursor)

    def _open_template(self, cursor: Any, allowed: bool) -> None:
        """Whether anybody may connect to the template; what all databases share is kept as it is now."""
        cursor.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS {allowed}")
        shared.keep(cursor)

    def _disconnect(self, cursor: Any, dbname: str) -> None:
        """End the sessions on a database, and wait until they are gone."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                (dbname,),
            )
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.02)

    @contextmanager
    def _session(self, dbname: str, *, autocommit: bool = True) -> Generator[Any]:
        """A cursor; without autocommit, what it did is committed at the end of the block."""
        conn: PsycopgConnection
        with (
            explained(f"database {dbname} of the rehearsal"),
            closing(
                connect(
                    with_options(self._server.connection, WRITING),
                    dbname=dbname,
                    application_name="rehearsal",
                    autocommit=autocommit,
                    statement_timeout=600,
                    pinned=True,
                )
            ) as conn,
            conn.cursor() as cursor,
        ):
            yield cursor  # ruff: ignore[fallible-context-manager] what failed must not be committed
            if not autocommit:
                conn.commit()
