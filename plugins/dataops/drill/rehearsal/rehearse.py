"""The drill of the drill: copies of a backup are broken in every known way, and each must be seen."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.backup import catalog
from dataops.backup.steps import Job
from dataops.drill.checking import run_checks
from dataops.drill.rehearsal.drilling import RunChecks
from dataops.drill.rehearsal.fault import Fault
from dataops.drill.rehearsal.library import FAULTS, chosen
from dataops.drill.rehearsal.recording import record_of, table_of
from dataops.drill.rehearsal.rounds import Rehearsal
from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say
from dataops.platform import Platform
from dataops.store import lease

if TYPE_CHECKING:
    from dataops.evidence.record import Record

LEASE_SECONDS = 120.0


def rehearse(
    platform: Platform,
    name: str,
    *,
    say: Say,
    only: Collection[str] | None = None,
    faults: tuple[Fault, ...] = FAULTS,
    look: RunChecks = run_checks,
    options: Mapping[str, Any] | None = None,
) -> Record:
    """The record of one rehearsal on copies of the subject's latest backup; the real one is only read.

    One check a fault: ``passed`` where a check of the drill turned red by it, ``failed`` where none did,
    ``inconclusive`` where it could not be put in. Clean drills stand between them: what is red there is a
    false alarm, and fails the rehearsal too. ``only`` names families or faults; ``options`` are a drill's.
    ``look`` stands in for the checks of restored copies in tests of the rehearsal itself. Raises
    ``ConfigurationError`` for a subject without backups, ``LeaseHeld`` while another rehearsal of it runs.
    """
    subject = platform.inventory.subject(name)
    selected = chosen(only, faults)
    job = Job(platform, subject, _quiet, options or {})
    newest = catalog.newest(platform.store, name).backups
    if not newest:
        raise ConfigurationError(f"{name} has no backup to rehearse with: take one first.")
    if newest[0].header.rds is not None:
        raise ConfigurationError(
            f"{name} is backed up by snapshots at AWS, which cannot be damaged: name another subject."
        )
    started = datetime.now(UTC)
    holder = f"rehearsal on {socket.gethostname()}"
    with lease(platform.store, f"rehearsal/{name}", holder=holder, seconds=LEASE_SECONDS):
        run = Rehearsal(job, newest[0].header.backup_id, selected, say, look)
        run.all()
    record = record_of(platform, subject, run, started)
    for line in table_of(record):
        say(line)
    return record


def _quiet(line: str) -> None:
    """Some hundred drills say the same lines: a rehearsal says its own."""
