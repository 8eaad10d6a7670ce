"""Which server this is: what tells it from its clones, its past and its other timelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dataops.postgres.explaining import explained
from dataops.postgres.packaged import sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection


@dataclass(frozen=True)
class ServerIdentity:
    """One PostgreSQL server at one moment."""

    version: str
    """Such as ``15.18 (Debian 15.18-0+deb12u1)``."""
    version_num: int
    """Such as 150018."""
    system_identifier: str
    """Shared by a cluster, its standbys and its physical restores: as text, JSON numbers are too small."""
    in_recovery: bool
    timeline: int
    """The one written to or replayed now; the control file's would be stale after a promotion."""
    lsn: str
    """Of the last record written (primary) or replayed (standby)."""
    data_checksums: bool
    started: datetime
    address: str
    """``host:port`` as the server sees it, empty on a local socket."""
    data_directory: str
    """Empty where the role may not read it (``pg_read_all_settings``)."""

    @property
    def major(self) -> int:
        """Such as 15: what programs and dumps must agree on."""
        return self.version_num // 10000


def server_identity(conn: PsycopgConnection) -> ServerIdentity:
    """The identity of the server behind an open connection; needs no more than the right to connect."""
    with explained("reading the server's identity"), conn.cursor() as cursor:
        cursor.execute(sql(__package__, "server_identity"))
        row = cursor.fetchone()
        assert row is not None and cursor.description is not None
        return ServerIdentity(**dict(zip((column.name for column in cursor.description), row, strict=True)))
