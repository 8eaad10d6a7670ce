"""The drill of a foreign backup, before and while it is restored."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager

from dataops.backup.restore.confined import confinement
from dataops.backup.steps import Job
from dataops.drill.adapters.adapter import adapter_of
from dataops.drill.point import Point
from dataops.drill.restored import RestoredServer
from dataops.drill.scratch.local import os_user, parent_of
from dataops.errors import ConfigurationError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check


def preflight(job: Job, point: Point) -> tuple[Check, ...]:
    """Programs, isolation and room, one check each; restores nothing."""

    def programs() -> Seen:
        return Seen(True, [f"{name} {version}" for name, version in adapter_of(job).programs(point).items()])

    def isolation() -> Seen:
        well = confinement(os_user()) is not None
        why = "" if well else "nobody knows what is in this backup, and it could reach out of this machine"
        return Seen(well, "no network at all" if well else "the machine's network", why)

    def disk() -> Seen:
        free, needed = shutil.disk_usage(parent_of(job)).free, 2 * point.header.stored_bytes
        return Seen(
            free >= needed, f"{free >> 20} MiB free", "" if free >= needed else "free some, or set work_dir"
        )

    return (
        checked("programs", f"what {point.header.method} needs", programs),
        checked("isolation", "nothing in the scratch server reaches out", isolation),
        checked("disk", f"{2 * point.header.stored_bytes >> 20} MiB at least", disk),
    )


@contextmanager
def restored(job: Job, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
    """The foreign backup on a scratch server of its own. See ``dataops.drill.restoring.restored``."""
    if job.subject.drill.scratch != "local":
        raise ConfigurationError("Backups of third parties are drilled with `scratch: local` only.")
    with adapter_of(job).restored(point, drill_id=drill_id) as server:
        yield server
