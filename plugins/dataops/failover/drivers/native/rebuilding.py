"""Rebuilding: a new copy of the upstream beside the old directory, which is renamed and never deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from dataops.errors import DataOpsError
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native.following import Upstream
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.member import Member

_LONGEST = 24 * 3600.0
"""Seconds that a base backup may take."""
_STAMPS = re.compile(r"(\.\d{8}T\d{6}Z)+$")


def aside(host: Host) -> str:
    """The name of the data directory while it is worked on."""
    return f"{host.place.data}.dataops-rejoining"


def own_files(host: Host) -> str:
    """Where the node's own files are kept meanwhile."""
    return f"{host.place.data}.dataops-own"


def finished_one(host: Host) -> bool:
    """Whether a rebuild was cut short when all but its directory's name was done; now it is done."""
    if host.exists(host.place.data) or host.exists(aside(host)) or not host.exists(_new(host)):
        return False
    host.rename(_new(host), host.place.data)
    return True


def rebuild(
    host: Host,
    upstream: Member,
    wanted: Upstream,
    *,
    tablespaces: Iterable[str],
    finish: Callable[[str, Upstream], None],
) -> str:
    """Put a base backup of the upstream in the old directory's place; where the old one is kept.

    ``tablespaces``: where the upstream has them. ``finish(directory, wanted)`` makes the copy this node's
    before it gets its name.
    """
    place, new = host.place, _new(host)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    host.run(["rm", "-rf", "--", new], deadline=600)
    slot = ["-S", wanted.slot] if wanted.slot else []
    login = ["-h", upstream.address, "-p", str(upstream.port), "-U", upstream.connection.login, "-w"]
    try:
        host.run(
            [
                *(place.program("pg_basebackup"), "-D", new, *login, "-X", "stream", "-c", "fast", *slot),
                *(f"--tablespace-mapping={each}={_beside(each, stamp)}" for each in tablespaces),
                *_wal_folder(host, stamp),
            ],
            deadline=_LONGEST,
            env={
                **({"PGPASSFILE": wanted.passfile} if wanted.passfile else {}),
                **({"PGSSLMODE": str(upstream.connection.extra["sslmode"])} if _tls(upstream) else {}),
            },
        )
        finish(new, wanted)
    except DataOpsError as error:
        raise DriverFailed(
            f"{place.name}: no base backup of {upstream.name} could be taken: {error} "
            f"The old directory is in {aside(host)}."
        ) from error
    kept = f"{place.data}.before-{stamp}"
    if host.exists(aside(host)):
        host.rename(aside(host), kept)
    host.rename(new, place.data)
    return kept


def _tls(upstream: Member) -> bool:
    return bool(upstream.connection.extra.get("sslmode"))


def _new(host: Host) -> str:
    return f"{host.place.data}.dataops-new"


def _wal_folder(host: Host, stamp: str) -> list[str]:
    """Where the node's WAL lay elsewhere by a symbolic link, the new one's goes beside it."""
    link = host.run(["readlink", f"{aside(host)}/pg_wal"], deadline=30, check=False).stdout.strip()
    return [f"--waldir={_beside(link, stamp)}"] if link.startswith("/") else []


def _beside(folder: str, stamp: str) -> str:
    """A new folder beside an old one, which is kept; endings of earlier rebuilds do not pile up."""
    return f"{_STAMPS.sub('', folder.rstrip('/'))}.{stamp}"
