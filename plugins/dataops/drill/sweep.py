"""The sweep of an environment: what dead backups left in the stores and dead drills on the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dataops.backup import sweep as of_backups
from dataops.drill import leftovers
from dataops.drill.rehearsal import leftovers as of_rehearsals
from dataops.evidence.look import record_of_look
from dataops.evidence.record import Record
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check
from dataops.platform import Platform


def sweep(
    platform: Platform,
    *,
    say: Say,
    lineage: Mapping[str, str] | None = None,
    grace: timedelta = of_backups.GRACE,
    parent: Path | None = None,
) -> Record:
    """The record of one sweep. Repeating it is harmless.

    ``grace`` is for what lies in the stores; a dead drill on this host is known as dead at once. ``parent``
    is where drills have their private directories: TMPDIR or /tmp unless said.
    """
    checks = _removals(platform, say, grace=grace, parent=parent)
    return record_of_look("sweep", platform.environment, checks, say=say, lineage=lineage)


def _removals(platform: Platform, say: Say, *, grace: timedelta, parent: Path | None) -> Iterator[Check]:
    yield from of_backups.removals(platform, say, grace=grace, now=datetime.now(UTC))
    yield from leftovers.removals(platform, say, parent=parent)
    yield from of_rehearsals.removals(platform, say, grace=grace, now=datetime.now(UTC))
