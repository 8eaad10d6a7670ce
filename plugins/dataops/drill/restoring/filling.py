"""Filling an empty server from a logical backup: roles, tablespaces, the database, its statistics."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataops import postgres, process
from dataops.backup.restore.analysing import analysing
from dataops.backup.restore.statements import for_fresh_server, superusers
from dataops.backup.restore.target import session_on
from dataops.connections import Connection
from dataops.drill.scratch.server import Scratch
from dataops.errors import DataOpsError
from dataops.evidence.steps import Say


class NotRestored(DataOpsError):
    """pg_restore made no database that could be looked at."""


def bootstrap_superuser(globals_sql: str) -> str:
    """The superuser that the scratch server begins with: one that the backup's server had, where possible."""
    found = superusers(globals_sql)
    if "postgres" in found or not found:
        return "postgres"
    return found[0]


@dataclass
class Filling:
    """What is filled, and everything that was said about it. Secrets and rows stay out of ``log``.

    ``superuser`` is the first role of the scratch server, as which everything is made.
    """

    scratch: Scratch
    dbname: str
    superuser: str
    jobs: int
    patience: float
    """Seconds that pg_restore may take."""
    say: Say
    log: list[str] = field(default_factory=list)

    def fill(self, globals_sql: str, dump: Path) -> tuple[float, float]:
        """Seconds of the restore and of ANALYZE. Errors of single objects stand in the log, no more."""
        begun = time.monotonic()
        self._execute(
            self._maintenance,
            for_fresh_server(globals_sql, superuser=self.superuser, tablespace=self._tablespace),
            "globals",
        )
        self._make_room()
        self._pg_restore(dump)
        restore = round(time.monotonic() - begun, 3)
        self.say(f"Restored by pg_restore in {restore:.1f} s, {len(self.log)} lines in its log.")
        begun = time.monotonic()
        self._execute(self.dbname, analysing(self._connection, self.dbname).statements, "ANALYZE")
        return restore, round(time.monotonic() - begun, 3)

    @property
    def _maintenance(self) -> str:
        return "postgres" if self.dbname == "template1" else "template1"

    @property
    def _connection(self) -> Connection:
        connection, options = self.scratch.connection, postgres.WRITING
        if connection.login != self.superuser:
            escaped = re.sub(r"([\\ ])", r"\\\1", self.superuser)
            options += f" -c role={escaped}"
        return replace(connection, extra={**connection.extra, "options": options})

    def _tablespace(self, name: str) -> str:
        """A new folder for a tablespace; in the data directory (an empty path) where there is no other."""
        if self.scratch.tablespaces is None:
            return ""
        number = sum(1 for _ in self.scratch.tablespaces.iterdir()) + 1
        path = self.scratch.tablespaces / str(number)
        path.mkdir(mode=0o700)
        if self.scratch.os_user is not None:
            shutil.chown(path, self.scratch.os_user)
        return str(path)

    def _make_room(self) -> None:
        """A new server has two databases already; the backup's own takes the place of its namesake."""
        if self.dbname in {"postgres", "template1"}:
            statements = [f"ALTER DATABASE {self.dbname} IS_TEMPLATE false", f"DROP DATABASE {self.dbname}"]
            self._execute(self._maintenance, statements, "globals")

    def _pg_restore(self, dump: Path) -> None:
        kept = Kept(self.log.append)
        finished = process.run(
            [
                process.find_program("pg_restore", self.scratch.major),
                "--no-password",
                "--create",
                f"--dbname={self._maintenance}",
                f"--jobs={self.jobs}",
                dump,
            ],
            env=postgres.environment_of(
                self._connection, self._maintenance, application_name="dataops drill"
            ),
            on_line=kept,
            deadline=self.patience,
            check=False,
        )
        if finished.returncode and not kept.errors:
            self.log.append(f"pg_restore: error: ended with exit code {finished.returncode}")
        try:
            session_on(self._connection, self.dbname).close()
        except DataOpsError as error:
            last = next((line for line in self.log if "error:" in line), "nothing was said")
            raise NotRestored(f"pg_restore made no usable database {self.dbname}: {last}") from error

    def _execute(self, dbname: str, statements: Iterable[str], what: str) -> None:
        """Run statements one by one; one that fails leaves a line in the log, the others still run."""
        with closing(session_on(self._connection, dbname)) as session, session.cursor() as cursor:
            if self.scratch.tablespaces is None and self.scratch.major >= 15:
                cursor.execute("SET allow_in_place_tablespaces = on")
            for statement in statements:
                try:
                    with postgres.explained():
                        cursor.execute(statement)
                except postgres.QueryFailed as error:
                    self.log.append(f"{what}: error: {' '.join(statement.split()[:3])} …: {error}")


class Kept:
    """Passes on what may be kept of pg_restore's lines: commands and details hold secrets and rows."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep
        self.errors = 0

    def __call__(self, line: str) -> None:
        """Keep one line, or what may be kept of it."""
        if line.startswith("pg_restore: "):
            self.errors += "error:" in line
            self._keep(line)
        elif line.startswith("Command was: "):
            self._keep(" ".join(line.split()[:5]) + " …")
