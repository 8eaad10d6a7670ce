"""The one door to PostgreSQL: connections, identities, packaged SQL, and errors in plain sentences."""

from dataops.postgres.connecting import (
    UNHURRIED,
    WRITING,
    connect,
    database_argument,
    environment_of,
    from_dsn,
    with_options,
)
from dataops.postgres.errors import (
    ConnectionLost,
    DatabaseMissing,
    LockTimeout,
    LoginRefused,
    QueryFailed,
    QueryTimeout,
    RightsMissing,
    ServerNotReady,
    ServerUnreachable,
    TooManyConnections,
    UntrustedServer,
)
from dataops.postgres.explaining import explain, explained
from dataops.postgres.identity import ServerIdentity, server_identity
from dataops.postgres.packaged import sql

__all__ = [
    "UNHURRIED",
    "WRITING",
    "ConnectionLost",
    "DatabaseMissing",
    "LockTimeout",
    "LoginRefused",
    "QueryFailed",
    "QueryTimeout",
    "RightsMissing",
    "ServerIdentity",
    "ServerNotReady",
    "ServerUnreachable",
    "TooManyConnections",
    "UntrustedServer",
    "connect",
    "database_argument",
    "environment_of",
    "explain",
    "explained",
    "from_dsn",
    "server_identity",
    "sql",
    "with_options",
]
