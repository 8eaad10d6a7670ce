"""How much could be lost at the pace of this moment. Measuring is thin; what follows from it is pure."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dataops.connections import Connection
from dataops.failover.planning.plan import Loss
from dataops.failover.scenario import Load

WRITE = 300
"""Bytes of WAL of one write of the canary: an insert of a short row, its index entry, its commit."""
WINDOW = 0.5
"""Seconds between the two looks by which the pace is measured."""


@dataclass(frozen=True)
class Pace:
    """How fast a primary writes: bytes of WAL and committed transactions, a second."""

    wal: float
    commits: float


def measure(primary: Connection) -> Pace:
    """The pace of a primary over half a second; two short questions. Raises as ``postgres.connect``."""
    from dataops.postgres import connect, sql
    from dataops.postgres.explaining import explained

    conn = connect(primary, application_name="dataops failover plan", autocommit=True, statement_timeout=5)
    try:
        with explained("measuring how fast the server writes"), conn.cursor() as cursor:
            looks = []
            for wait in (WINDOW, 0.0):
                cursor.execute(sql(__package__, "pace"))
                looks.append((time.monotonic(), *(cursor.fetchone() or (0, 0))))
                time.sleep(wait)
    finally:
        conn.close()
    (began, wal, commits), (ended, wal_after, commits_after) = looks
    seconds = ended - began
    return Pace(wal=float(wal_after - wal) / seconds, commits=float(commits_after - commits) / seconds)


def no_loss(why: str) -> Loss:
    """Nothing that was acknowledged may be lost, and why."""
    return Loss(bytes=0, rows=0, seconds=0.0, says=f"Nothing that was acknowledged may be lost: {why}.")


def asynchronous_loss(candidate: str, *, lag: int, now: int | None, pace: Pace | None, load: Load) -> Loss:
    """The loss of an asynchronous standby: what it may lack, ``lag`` bytes, since above that no test begins.

    At the present pace, the canary's own writes included, that is so many seconds and transactions.
    """
    behind = "unknown" if now is None else f"{now:,} bytes"
    limit = f"at most {lag:,} bytes of WAL that {candidate} has not received, since above that no test begins"
    if pace is None:
        return Loss(bytes=lag, says=f"A{limit[1:]}; now {behind}. The pace could not be measured.")
    own = load.sessions * load.rate
    wal = pace.wal + own * WRITE
    seconds = lag / wal
    rows = round((pace.commits + own) * seconds)
    return Loss(
        bytes=lag,
        rows=rows,
        seconds=round(seconds, 1),
        says=f"A{limit[1:]}; now {behind}. At {wal:,.0f} bytes a second, the canary's {own} writes a second "
        f"included, that would be the last {seconds:,.1f} s and {rows:,} transactions.",
    )
