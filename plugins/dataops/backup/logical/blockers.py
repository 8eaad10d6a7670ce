"""Watching for sessions that wait behind the backup: a lock request queued there stops everybody after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Verdict
from dataops.postgres import QueryTimeout

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

INTERVAL = 2.0
PROMISE = 10.0
"""Seconds within which a waiting session is reported; a longer gap in looking is not a passed check."""


class SessionBlocked(DataOpsError):
    """A session waits behind the backup, and the subject says ``on_blocking_ddl: abort``."""


@dataclass(frozen=True)
class Waiting:
    """A session that waits behind the backup, and for what."""

    pid: int
    who: str
    mode: str
    object: str

    def __str__(self) -> str:
        return f"session {self.pid} of {self.who} waits for {self.mode} on {self.object}"


class Blockers:
    """A watch over the sessions that wait behind those of ``application``, from their first lock on.

    It looks on a connection and in a thread of its own, every two seconds. ``give_way`` is called there when
    one waits and the backup is to give way (``abort``): it ends a query that is waiting itself, and the block
    then raises ``SessionBlocked`` instead of that query's error. ``seen``, by process id, is what an earlier
    try of the same backup saw, and grows.
    """

    def __init__(
        self,
        connection: Connection,
        dbname: str,
        *,
        application: str,
        abort: bool,
        say: Say,
        give_way: Callable[[], None] = lambda: None,
        seen: dict[int, Waiting] | None = None,
    ) -> None:
        self._connection = connection
        self._dbname = dbname
        self._application = application
        self._abort = abort
        self._give_way = give_way
        self._say = say
        self._seen = {} if seen is None else seen
        self._stop = threading.Event()
        self._looked = time.monotonic()
        self._longest_gap = 0.0
        self._reason = ""
        self._thread = threading.Thread(target=self._watch, name="blockers", daemon=True)

    def __enter__(self) -> Blockers:
        self._looked = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._stop.set()
        self._thread.join()
        if isinstance(error, QueryTimeout):
            self.guard()

    def guard(self) -> None:
        """Raises ``SessionBlocked`` when one waits and the backup is to give way."""
        if self._abort and self._seen:
            raise SessionBlocked(
                f"The backup gave way: {next(iter(self._seen.values()))} "
                "(on_blocking_ddl: abort). Run it again when that is done."
            )

    def check(self) -> Check:
        """What was seen; inconclusive when nobody could look for longer than the promised time."""
        gap = max(self._longest_gap, time.monotonic() - self._looked)
        blind = gap > PROMISE
        return Check(
            name="sessions behind the backup",
            verdict=Verdict.INCONCLUSIVE if blind else Verdict.PASSED,
            expected=f"each one reported within {PROMISE:g} s",
            observed=[str(waiting) for waiting in self._seen.values()],
            reason=f"Nobody could look for {gap:.0f} s: {self._reason}" if blind else "",
        )

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._session()) as session:
                    self._look_until_stopped(session)
            except DataOpsError as error:  # the next look may work; a long gap is told by the check
                self._reason = str(error)
                self._stop.wait(INTERVAL)

    def _session(self) -> Session:
        return postgres.connect(
            self._connection,
            dbname=self._dbname,
            application_name="dataops watch over waiting sessions",
            autocommit=True,
            statement_timeout=5,
            pinned=True,
        )

    def _look_until_stopped(self, session: Session) -> None:
        parameters = {"application": self._application}
        with postgres.explained("looking for sessions behind the backup"), session.cursor() as cursor:
            while not self._stop.is_set():
                cursor.execute(postgres.sql(__package__, "sessions_behind"), parameters)
                self._note(Waiting(*row) for row in cursor.fetchall())
                self._stop.wait(INTERVAL)

    def _note(self, waiting: Iterable[Waiting]) -> None:
        now = time.monotonic()
        self._longest_gap = max(self._longest_gap, now - self._looked)
        self._looked = now
        for session in waiting:
            if session.pid not in self._seen:
                self._say(f"Behind this backup, {session}")
            self._seen[session.pid] = session
        if self._abort and self._seen:
            self._give_way()
