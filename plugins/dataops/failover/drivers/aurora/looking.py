"""One look at one Aurora instance, by Aurora's own functions: it has neither WAL receivers nor timelines.

Source: Amazon Aurora User Guide, "Aurora PostgreSQL functions reference" (aurora_replica_status,
aurora_db_instance_identifier).
"""

from __future__ import annotations

from dataops.errors import InconclusiveError
from dataops.failover.drivers.native.looking import MAY_HOLD_SECRETS, Look
from dataops.failover.drivers.native.session import Session
from dataops.failover.topology import Node, Role
from dataops.postgres import sql

_COLUMNS = ("identifier", "in_recovery", "version", "durable", "applied", "writer", "settings")


class WrongInstance(InconclusiveError):
    """A node's connection leads to another instance than its name says."""


def look(name: str, address: str, session: Session, *, within: float) -> Look:
    """What the instance says of itself; raises as ``Session.ask``, and ``WrongInstance``.

    LSNs are those of the shared storage. A reader counts as synchronous: whatever was acknowledged lies in
    the storage that it reads from, so nothing can be lost by making it the writer.
    """
    (row,) = session.ask(sql(__package__, "node"), [list(MAY_HOLD_SECRETS)], within=within)
    said = dict(zip(_COLUMNS, row, strict=True))
    if said["identifier"] != name:
        raise WrongInstance(
            f"The connection of {name} leads to the instance {said['identifier']}: correct it."
        )
    reader = bool(said["in_recovery"])
    return Look(
        Node(
            name=name,
            role=Role.STANDBY if reader else Role.PRIMARY,
            address=address,
            version=said["version"],
            lsn=int(said["applied"] if reader else said["durable"]),
            received=int(said["applied"]) if reader else 0,
            streaming=reader and bool(said["applied"]),
            upstream=str(said["writer"]) if reader else "",
            sync_state="sync" if reader else "",
            checksums=True,
            settings=dict(said["settings"]),
        )
    )
