"""What a cell is made of: its names, its wishes, what its database holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import FAST

NAMES = ("alpha", "beta", "gamma")
"""Names of the nodes; ``alpha`` begins as the primary."""
SERVER, DATABASE, ENVIRONMENT = "cell", "shop", "test"
SCRIPT = """
CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, balance numeric(12,2) NOT NULL);
INSERT INTO accounts SELECT g, 'owner ' || g, g * 10 FROM generate_series(1, 1000) AS g;
CREATE TABLE orders (id bigserial PRIMARY KEY, account int NOT NULL REFERENCES accounts, amount numeric);
INSERT INTO orders (account, amount) SELECT 1 + g % 1000, g FROM generate_series(1, 2000) AS g;
"""
QUICK = {
    **FAST,
    "wal_level": "logical",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "wal_keep_size": "64MB",
    "checkpoint_timeout": "30min",
    "wal_receiver_status_interval": "1s",
    "shared_preload_libraries": "",
}


@dataclass(frozen=True)
class Shape:
    """What a cell is made of. Sizes are MB; 0 is no file system of its own."""

    standbys: int = 1
    route: str = "haproxy"
    synchronous: bool = False
    checksums: bool = True
    hints: bool = True
    """``wal_log_hints``: without it and without checksums, nothing can be rewound."""
    archive: bool = False
    """pgBackRest with a repository in each of both buckets, its TLS server, and archiving on every node."""
    wal_disk_mb: int = 0
    """A file system of its own for the primary's WAL."""
    standby_disk_mb: int = 0
    """A file system of its own for the first standby."""
    segment_mb: int = 16
    proven: bool = True
    """Whether the catalog holds a backup that a drill has proven."""
    settings: Mapping[str, str] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the server's YAML; ``failover`` is merged into the cell's own."""
