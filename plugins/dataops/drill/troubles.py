"""Telling a backup that cannot be restored from a drill that could not be carried out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from dataops.backup.logical import standing
from dataops.backup.physical.errors import AlreadyRunning, HostUnreachable
from dataops.backup.restore import download
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.postgres import ConnectionLost, ServerNotReady, ServerUnreachable
from dataops.process import DeadlineExceeded
from dataops.store import LeaseHeld, LeaseLost, ObjectDamaged, ObjectMissing, StoreError


class NotCarriedOut(InconclusiveError):
    """Something around the drill failed, such as a store or a host. It says nothing of the backup."""


class NotSetUp(ConfigurationError, InconclusiveError):
    """A person must correct something before this drill can be carried out; the backup may well be good."""


_AROUND = (
    StoreError,
    LeaseHeld,
    LeaseLost,
    HostUnreachable,
    AlreadyRunning,
    ServerUnreachable,
    ServerNotReady,
    ConnectionLost,
    DeadlineExceeded,
    standing.NoRoom,
    download.NoRoom,
)
_OF_THE_BACKUP = (ObjectMissing, ObjectDamaged)


@contextmanager
def told_apart() -> Generator[None]:
    """Errors of the block: those around the drill become inconclusive, those of the backup stay failures.

    A proof is taken away by a failed drill only, so a store that is down for a night must not be one.
    """
    try:
        yield
    except (InconclusiveError, *_OF_THE_BACKUP):
        raise
    except ConfigurationError as error:
        raise NotSetUp(str(error)) from error
    except _AROUND as error:
        raise NotCarriedOut(str(error)) from error
