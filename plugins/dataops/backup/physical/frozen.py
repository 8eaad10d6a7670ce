"""A standby held still at one exact LSN, for as long as its manifest is read and never much longer.

A pause of the replay outlives the session that asked for it: a worker killed in between would leave a
standby that falls behind for good. So a second session runs a dead man's switch inside the server
(``sql/resume_when_alone.sql``): it resumes the replay within a second of the first session's end, and at a
deadline whatever happens.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dataops.backup.physical.errors import StandbyNotFrozen
from dataops.connections import Connection
from dataops.postgres import connect, explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

CATCHING_UP = 60.0
"""Seconds that a standby gets to replay what the primary had written."""
APPLICATION = "dataops frozen standby"
GUARD = "dataops frozen standby guard"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Frozen:
    """A standby that stands still: all that was committed until ``at`` is there, nothing after ``lsn``."""

    lsn: str
    at: datetime
    until: float
    """By ``time.monotonic``: when the server resumes whether we are ready or not."""
    _session: PsycopgConnection

    def confirm(self) -> None:
        """Nothing, where the standby still stands at the LSN; else ``StandbyNotFrozen``."""
        position = _position(self._session, self.lsn)
        if position["state"] != "paused" or position["replayed"] != self.lsn:
            raise StandbyNotFrozen(
                f"The standby moved on from {self.lsn} to {position['replayed']} while its manifest was read."
            )


@contextmanager
def frozen(standby: Connection, *, behind: str, at: datetime, longest: timedelta) -> Generator[Frozen]:
    """The standby, paused at or after the LSN ``behind`` that the primary had reached ``at`` that moment.

    Needs EXECUTE on ``pg_wal_replay_pause`` and ``pg_wal_replay_resume``. Raises ``StandbyNotFrozen``
    where it lags too far, or somebody else has paused it already; then nothing was changed.
    """
    with closing(
        connect(standby, application_name=APPLICATION, autocommit=True, statement_timeout=0)
    ) as session:
        if session.server_version < 140000:
            raise StandbyNotFrozen("A standby before PostgreSQL 14 does not say when its pause began.")
        _catch_up(session, behind)
        with _guarded(standby, session, longest.total_seconds()):
            until = time.monotonic() + longest.total_seconds()
            try:
                yield Frozen(_pause(session), at, until, session)
            finally:
                _execute(session, "SELECT pg_catalog.pg_wal_replay_resume()")


def resume(standby: Connection) -> bool:
    """Whether the standby stood still and nobody of us held it so: then it replays again."""
    with closing(connect(standby, application_name="sweep", autocommit=True)) as session:
        rows = _execute(session, sql(__package__, "held_still"))
        paused, held = rows[0]
        if not paused or held:
            return False
        _execute(session, "SELECT pg_catalog.pg_wal_replay_resume()")
        return True


def _catch_up(session: PsycopgConnection, target: str) -> None:
    deadline = time.monotonic() + CATCHING_UP
    while True:
        position = _position(session, target)
        if not position["in_recovery"]:
            raise StandbyNotFrozen("The standby was promoted.")
        if position["state"] != "not paused":
            raise StandbyNotFrozen(
                "Somebody else has paused the standby's replay: resume it where nobody needs it."
            )
        if position["reached"]:
            return
        if time.monotonic() > deadline:
            raise StandbyNotFrozen(
                f"The standby had not replayed {target} after {CATCHING_UP:g} s: "
                f"it is at {position['replayed']}."
            )
        time.sleep(0.05)


def _pause(session: PsycopgConnection) -> str:
    _execute(session, "SELECT pg_catalog.pg_wal_replay_pause()")
    deadline = time.monotonic() + CATCHING_UP
    while time.monotonic() < deadline:
        position = _position(session, "0/0")
        if position["state"] == "paused":
            return str(position["replayed"])
        time.sleep(0.02)
    raise StandbyNotFrozen("The standby did not stop replaying: a query there may hold it back.")


@contextmanager
def _guarded(standby: Connection, holder: PsycopgConnection, seconds: float) -> Generator[None]:
    """The dead man's switch, running in the server before anything is paused."""
    (started,) = _execute(
        holder, "SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    )[0]
    with closing(connect(standby, application_name=GUARD, autocommit=True, statement_timeout=0)) as session:
        settings = {
            "dataops.pause_seconds": str(seconds),
            "dataops.pause_holder": str(holder.get_backend_pid()),
            "dataops.pause_holder_start": str(started),
            "client_connection_check_interval": "0",  # a switch that ends with its client would be none
            "idle_in_transaction_session_timeout": "0",
        }
        for name, value in settings.items():
            _execute(session, "SELECT set_config(%s, %s, false)", (name, value))
        thread = threading.Thread(target=_watch, args=(session,), name="frozen-guard", daemon=True)
        thread.start()
        _until_running(holder, session.get_backend_pid())
        try:
            yield
        finally:
            with suppress(Exception):
                session.cancel()
            thread.join(5)


def _watch(session: PsycopgConnection) -> None:
    with suppress(Exception):  # cancelled by us when all is done; the server did its work otherwise
        _execute(session, sql(__package__, "resume_when_alone"))


def _until_running(session: PsycopgConnection, guard: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = _execute(session, "SELECT state, query FROM pg_stat_activity WHERE pid = %s", (guard,))
        if rows and rows[0][0] == "active" and "pg_wal_replay_resume" in str(rows[0][1]):
            return
        time.sleep(0.02)
    raise StandbyNotFrozen("The guard that ends the standby's pause did not start, so nothing was paused.")


def _position(session: PsycopgConnection, target: str) -> dict[str, object]:
    (row,) = _execute(session, sql(__package__, "replay_position"), {"target": target})
    return dict(zip(("replayed", "reached", "state", "in_recovery"), row, strict=True))


def _execute(
    session: PsycopgConnection, statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None
) -> list[tuple[object, ...]]:
    with explained("the standby's replay"), session.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
