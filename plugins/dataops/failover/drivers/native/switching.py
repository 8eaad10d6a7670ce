"""A planned change of roles: the old primary stops cleanly, and only a node that has it all succeeds it."""

from __future__ import annotations

import time

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native import promoting, serving
from dataops.failover.drivers.native.fencing import fence
from dataops.failover.drivers.native.rewinding import control
from dataops.failover.drivers.native.session import Session
from dataops.failover.hosts.member import Member

_CATCHES_UP = 30.0
"""Seconds for the last WAL to arrive after the clean stop; the old primary waited for it before it ended."""
_HAS = """
    SELECT greatest(coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0'))
         > %s::pg_lsn
"""


def switch(old: Member, new: Member, old_session: Session, new_session: Session) -> None:
    """See ``Driver.switch``. Where anything is missing the old primary is started again, and it failed."""
    if old.host.processes():
        old_session.ask("CHECKPOINT", within=600)  # so that the stop has little left to write
        old_session.close()
        serving.stop(old)
    last = last_checkpoint(old)
    if not _has(new_session, last):
        serving.start(old, old_session)
        raise DriverFailed(
            f"{new.name} has not received all that {old.name} wrote (its last checkpoint at {last}): "
            f"{old.name} is primary again. See why replication did not end."
        )
    fenced = fence(old)
    if fenced.verdict is not Verdict.PASSED or last_checkpoint(old) != last:
        raise DriverFailed(
            f"{old.name} came back by itself between its stop and its fence, and may have taken writes: "
            f"nobody was promoted. {fenced.reason} See who starts it (Restart= of a service manager)."
        )
    promoting.promote(new.name, new_session)


def last_checkpoint(member: Member) -> str:
    """Where a server that was stopped cleanly wrote its last record; ``DriverFailed`` where it was not."""
    found = control(member.host)
    state = found.get("Database cluster state", "")
    if state not in {"shut down", "shut down in recovery"}:
        raise DriverFailed(f"{member.name} was not stopped cleanly: its state is {state or 'unknown'!r}.")
    return found["Latest checkpoint location"]


def _has(session: Session, lsn: str) -> bool:
    until = time.monotonic() + _CATCHES_UP
    while time.monotonic() < until:
        try:
            if session.ask(_HAS, [lsn], within=5)[0][0] or not _recovers(session):
                return True
        except DataOpsError:
            return False
        time.sleep(0.01)
    return False


def _recovers(session: Session) -> bool:
    return bool(session.ask("SELECT pg_is_in_recovery()", within=5)[0][0])
