"""What every adapter does: find another program's backups, and bring one of them onto a scratch server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from dataops.backup.steps import Job
from dataops.drill.adapters.taken import Taken, third_party
from dataops.drill.point import Kind, Point
from dataops.drill.restored import RestoredServer
from dataops.errors import ConfigurationError


class Adapter(Protocol):
    """How one kind of foreign backup is found and restored."""

    @property
    def reason(self) -> str:
        """Why there is no manifest, as checks that need one say it."""
        ...

    @property
    def point_kind(self) -> Kind:
        """What a restore reaches: the backup's own moment, or the end of the archive."""
        ...

    def backups(self) -> Sequence[Taken]:
        """Every backup that can be restored, the newest first."""
        ...

    def programs(self, point: Point) -> Mapping[str, str]:
        """The programs that a restore needs, with their versions; raises ``ProgramMissing``."""
        ...

    def restored(self, point: Point, *, drill_id: str) -> AbstractContextManager[RestoredServer]:
        """See ``dataops.drill.restoring.restored``."""
        ...


def adapter_of(job: Job) -> Adapter:
    """The adapter that the subject's YAML names (``drill.third_party``)."""
    source, subject = third_party(job), job.subject
    if (source.kind == "pg_dump") is not (subject.kind == "database"):
        raise ConfigurationError(
            f"{subject.name} is a {subject.kind}: files of pg_dump belong to a database, backups of Barman "
            "and WAL-G to a server. Correct drill.third_party.kind."
        )
    if source.kind == "pg_dump":
        from dataops.drill.adapters.pg_dump_files import PgDumpFiles

        return PgDumpFiles(job, source)
    if source.kind == "barman":
        from dataops.drill.adapters.barman import Barman

        return Barman(job, source)
    from dataops.drill.adapters.wal_g import WalG

    return WalG(job, source)
