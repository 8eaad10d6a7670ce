"""Rebuilding: a new copy of the upstream beside the old directory, which is renamed and never deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from dataops.errors import DataOpsError
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native.following import Upstream
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.member import Member

_LONGEST = 24 * 3600.0


def aside(host: Host) -> str:
    """The name of the data directory while it is worked on."""
    return f"{host.place.data}.dataops-rejoining"


def own_files(host: Host) -> str:
    """Where the node's own files are kept meanwhile."""
    return f"{host.place.data}.dataops-own"


def rebuild(
    host: Host, upstream: Member, wanted: Upstream, *, finish: Callable[[str, Upstream], None]
) -> str:
    """Put a base backup of the upstream in the old directory's place; where the old one is kept.

    ``finish(directory, wanted)`` makes the copy this node's before it gets its name.
    """
    place = host.place
    new = f"{place.data}.dataops-new"
    host.run(["rm", "-rf", "--", new], deadline=600)
    slot = ["-S", wanted.slot] if wanted.slot else []
    login = ["-h", upstream.address, "-p", str(upstream.port), "-U", upstream.connection.login, "-w"]
    try:
        host.run(
            [
                *(place.program("pg_basebackup"), "-D", new, *login, "-X", "stream", "-c", "fast", *slot),
                *_tablespaces(host),
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
    kept = f"{place.data}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if host.exists(aside(host)):
        host.rename(aside(host), kept)
    host.rename(new, place.data)
    return kept


def _tls(upstream: Member) -> bool:
    return bool(upstream.connection.extra.get("sslmode"))


def _tablespaces(host: Host) -> list[str]:
    """Each tablespace gets a new folder beside the old one, which is kept as well."""
    links = host.run(
        ["find", f"{aside(host)}/pg_tblspc", "-maxdepth", "1", "-type", "l", "-printf", "%l\\n"],
        deadline=30,
        check=False,
    ).stdout.split("\n")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return [f"--tablespace-mapping={link}={link}.{stamp}" for link in links if link]
