"""What can keep a manifest from being true."""

from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError


class DefinitionsChanged(DataOpsError):
    """DDL during backup: definitions differ before and after, so dump and manifest may too. Retry once."""


class LockWaitExceeded(DataOpsError):
    """Another session held a table longer than the backup may wait for it."""


class MissingRights(ConfigurationError):
    """The role may not read what the backup must read."""


class ContentUnreadable(DataOpsError):
    """Rows could not be read to their end: damaged pages, a lost connection, a cancelled query."""


class NotComparable(InconclusiveError):
    """Two manifests cannot be held against each other, so nothing is proved."""
