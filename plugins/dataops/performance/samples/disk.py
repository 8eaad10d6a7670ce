"""How full the disk of the data directory is, where sampling runs on the server's own host."""

from __future__ import annotations

import os

import polars as pl

from dataops.connections import Connection

LOOPBACK = ("localhost", "127.", "::1", "/", "@")


def disk_of(connection: Connection, data_directory: str) -> pl.DataFrame | None:
    """A row for ``sizes``; None where the host is another one, or the directory cannot be seen.

    PostgreSQL does not tell its disk, so a server elsewhere has none here.
    """
    local = not connection.host or connection.host.startswith(LOOPBACK)
    if not local or not data_directory:
        return None
    try:
        disk = os.statvfs(data_directory)
    except OSError:
        return None
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    return pl.DataFrame({
        "kind": ["disk"],
        "name": ["data"],
        "bytes": [used],
        "free_bytes": [disk.f_bavail * disk.f_frsize],
    })
