"""A database's drill: its logical backup in a fresh server of the same version, encoding and locale."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Header
from dataops.backup.restore.download import Download
from dataops.backup.sealing import Seal, seal_of
from dataops.backup.steps import Job
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.restoring.filling import Filling, bootstrap_superuser
from dataops.drill.scratch.installed import insist_on_match
from dataops.drill.scratch.local import Local, parent_of, private_folder
from dataops.drill.scratch.server import Driver
from dataops.drill.scratch.wanted import Wanted, wanted_of
from dataops.errors import ConfigurationError


@dataclass(frozen=True)
class LogicalBackup:
    """A logical backup with what is needed before its data: what to expect, and which roles to make."""

    download: Download
    expected: Details
    globals: str

    @classmethod
    def of(cls, job: Job, header: Header) -> LogicalBackup:
        """Its small objects, decrypted. Raises what is wrong with them, or with the keys."""
        seal = seal_of(job) if header.encryption.scheme == "age" else Seal(None)
        download = Download(job.platform.store, header, seal)
        return cls(
            download,
            Details.from_bytes(download.bytes("details.json.zst")),
            download.bytes("globals.sql").decode(),
        )

    @property
    def dbname(self) -> str:
        """The database that the backup is of."""
        return self.expected.moment.dbname

    @property
    def wanted(self) -> Wanted:
        """What a scratch server must match."""
        return wanted_of(self.download.header, {self.dbname: self.expected})


@contextmanager
def restored_logical(job: Job, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
    """See ``dataops.drill.restoring.restored``. The server starts while the dump is being downloaded."""
    settings, backup = job.subject.drill, LogicalBackup.of(job, point.header)
    wanted = backup.wanted
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder(parent_of(job), drill_id))
        backup.download.require_room(folder)
        driver = _driver(job, folder, wanted, drill_id)
        superuser = bootstrap_superuser(backup.globals)
        with ThreadPoolExecutor(1, thread_name_prefix="scratch") as pool:
            starting = pool.submit(stack.enter_context, driver.empty(wanted, superuser=superuser))
            fetch = _fetch(backup, folder / "dump", job)
            begun = time.monotonic()
            scratch = starting.result()
            start = time.monotonic() - begun
        patience = settings.max_duration.total_seconds()
        filling = Filling(scratch, backup.dbname, superuser, settings.jobs, patience, job.say)
        restore, analyze = filling.fill(backup.globals, folder / "dump")
        yield RestoredServer(
            drill_id=drill_id,
            point=point,
            header=point.header,
            method="logical",
            connection=scratch.connection,
            major=scratch.major,
            keys=seal_of(job).keys or job.platform.keys,
            settings=settings,
            phases=Phases(fetch=fetch, restore=restore, start=round(start, 3), analyze=analyze),
            dbnames=(backup.dbname,),
            expectations={backup.dbname: backup.expected},
            data_directory=scratch.data_directory,
            restore_log=tuple(filling.log),
            server_log=scratch.log,
            os_user=scratch.os_user,
        )


def _driver(job: Job, folder: Path, wanted: Wanted, drill_id: str) -> Driver:
    settings = job.subject.drill
    if settings.scratch == "local":
        insist_on_match(wanted, exact_extensions=True)
        return Local(folder, settings.jobs, job.say)
    if settings.scratch == "kubernetes":
        from dataops.drill.scratch.kubernetes import Kubernetes

        return Kubernetes.of(job, drill_id)
    raise ConfigurationError("`scratch: rds` restores RDS snapshots only: use `local` or `kubernetes`.")


def _fetch(backup: LogicalBackup, dump: Path, job: Job) -> float:
    """Seconds of bringing the dump here, every file equal to its SHA-256."""
    begun = time.monotonic()
    backup.download.dump(dump)
    seconds = round(time.monotonic() - begun, 3)
    stored = sum(piece.size for piece in backup.download.pieces)
    job.say(f"Fetched {stored / 1e6:,.1f} MB in {seconds:.1f} s.")
    return seconds
