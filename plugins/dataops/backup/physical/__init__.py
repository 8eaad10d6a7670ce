"""Physical backups of whole servers by pgBackRest, with WAL archiving and point-in-time recovery."""

from __future__ import annotations

from dataops.backup.physical.frozen import resume
from dataops.backup.physical.method import Physical
from dataops.backup.physical.status import WalStatus, wal_status
from dataops.backup.physical.wal_heartbeat import write_heartbeat
from dataops.evidence.steps import Say
from dataops.inventory import Server
from dataops.platform import Platform

__all__ = ["Physical", "WalStatus", "resume_if_abandoned", "wal_status", "write_heartbeat"]


def resume_if_abandoned(platform: Platform, server: Server, say: Say) -> bool:
    """Whether the standby's replay was paused with nobody of us alive who wants it so: then it goes on."""
    if server.standby is None or not resume(platform.connection(server.standby)):
        return False
    say(f"Resumed the replay of {server.standby}, which a run that died had paused.")
    return True
