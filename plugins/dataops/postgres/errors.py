"""What can go wrong between us and a PostgreSQL server."""

from __future__ import annotations

from dataops.errors import ConfigurationError, DataOpsError


class ServerUnreachable(DataOpsError):
    """Nothing answers at the address."""


class ServerNotReady(DataOpsError):
    """The server answers but is starting up, shutting down or recovering."""


class TooManyConnections(DataOpsError):
    """The server, database or role has no connection left to give."""


class ConnectionLost(DataOpsError):
    """The server or the network ended an established connection."""


class QueryTimeout(DataOpsError):
    """A statement ran longer than its ``statement_timeout``, or somebody cancelled it."""


class LockTimeout(DataOpsError):
    """A lock was not to be had in time, or only by a deadlock."""


class QueryFailed(DataOpsError):
    """Any other error that the server reported."""


class LoginRefused(ConfigurationError):
    """The server knows no such role, or not with this password, or not from here."""


class DatabaseMissing(ConfigurationError):
    """The server has no database of this name, or it takes no connections."""


class RightsMissing(ConfigurationError):
    """The role may not do what was asked."""


class UntrustedServer(ConfigurationError):
    """The server's TLS is absent, expired, or vouched for by nobody whom we trust."""
