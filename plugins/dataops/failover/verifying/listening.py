"""Whether a server that clients cannot reach is well all the same: asked on its own machine."""

from __future__ import annotations

from dataops.errors import DataOpsError
from dataops.failover.hosts.host import Host

_PORT, _SOCKETS = 3, 4
"""Lines of postmaster.pid (PostgreSQL's ``src/include/utils/pidfile.h``), counted from 0."""
_DEADLINE = 5.0


def accepts_connections(host: Host) -> bool:
    """Whether the server of this machine answers ``pg_isready`` through its own socket.

    False also where that cannot be asked: what could not be seen is not well.
    """
    place = host.place
    try:
        lines = (host.read(f"{place.data}/postmaster.pid") or "").splitlines()
        if len(lines) <= _SOCKETS:
            return False
        asked = [f"{place.bin}/pg_isready", "-q", "-h", lines[_SOCKETS].strip(), "-p", lines[_PORT].strip()]
        return host.run(asked, deadline=_DEADLINE, check=False).returncode == 0
    except DataOpsError:
        return False
