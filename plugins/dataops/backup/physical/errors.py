"""What can go wrong between us, pgBackRest, and the servers that it copies."""

from __future__ import annotations

from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError


class PgBackRestFailed(DataOpsError):
    """pgBackRest ended with an error that has no sentence of its own here."""


class HostUnreachable(DataOpsError):
    """pgBackRest's TLS server, the database host's SSH, or the repository's store does not answer."""


class HostUntrusted(ConfigurationError):
    """A certificate is missing, expired, signed by somebody else, or made out to another name."""


class WrongPassphrase(ConfigurationError):
    """The repository was encrypted with another passphrase than the connection holds."""


class WrongServer(ConfigurationError):
    """The stanza belongs to another server than the connection reaches, or none can be found."""


class NotArchiving(ConfigurationError):
    """The server archives no WAL, so that no copy of it could ever be made consistent."""


class ArchivingBroken(DataOpsError):
    """WAL does not arrive in the repository."""


class VersionUnfit(ConfigurationError):
    """pgBackRest is too old for the server, or of another version than on the database host."""


class AlreadyRunning(DataOpsError):
    """Another pgBackRest works on the same stanza."""


class RightsMissing(ConfigurationError):
    """pgBackRest's own user may not write a file that it must."""


class BackupDamaged(DataOpsError):
    """What pgBackRest copied is not what it should be: the server's own pages, or the copy."""


class StandbyNotFrozen(InconclusiveError):
    """The standby could not be held still long enough to say exactly what was true."""


class NothingToRestore(ConfigurationError):
    """No published backup reaches back to the wanted point."""
