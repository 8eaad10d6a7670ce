"""One drill of a subject at a time, on a backup that stays until the drill has ended."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataops.backup.drilled import drill_holder, drill_lease
from dataops.backup.steps import Job
from dataops.errors import InconclusiveError
from dataops.store.errors import LeaseHeld, LeaseLost

if TYPE_CHECKING:
    from dataops.store import Held

LEASE_SECONDS = 120.0
"""A drill that died keeps the next one out, and its backup from expiring, for so long."""


class NotAlone(InconclusiveError):
    """Another drill of the subject runs, or took over: this one could not look."""


@contextmanager
def alone(job: Job, *, drill_id: str, backup_id: str) -> Generator[Held]:
    """The lease of the subject's drills while the block lasts.

    Expiry keeps the backup that its holder names, and what that one needs. So read the backup's manifest
    inside of the block: either expiry sees the lease, or the manifest is gone already. Raises ``NotAlone``,
    naming who drills, at the begin; and where the lease was lost in between.
    """
    from dataops.store import lease

    holder = drill_holder(drill_id, backup_id, socket.gethostname())
    try:
        with lease(
            job.platform.store, drill_lease(job.subject.name), holder=holder, seconds=LEASE_SECONDS
        ) as held:
            yield held
    except LeaseHeld as error:
        raise NotAlone(f"Another drill of {job.subject.name} runs. {error}") from error
    except LeaseLost as error:
        raise NotAlone(f"The drill of {job.subject.name} was overtaken. {error}") from error
