"""A server's drill: pgBackRest's restore of a recovery point, recovered, then opened without a network."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency, Header
from dataops.backup.physical.contents import databases
from dataops.backup.physical.settings import server_of
from dataops.backup.restore.aim import Aim, at_backup, at_end, at_lsn, at_time
from dataops.backup.restore.copying import Copying
from dataops.backup.restore.serving import Serving, serving
from dataops.backup.sealing import Seal
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.scratch.installed import insist_on_match, lacking_libraries
from dataops.drill.scratch.local import os_user, own_folder, parent_of, private_folder, serving_of
from dataops.drill.scratch.memory import SCANNING
from dataops.drill.scratch.wanted import SCHEDULING, Wanted, wanted_of
from dataops.errors import InconclusiveError
from dataops.postgres import connect, explained

RECOVERY_LIMITS = {
    "max_connections": ("max_connections setting", 100),
    "max_worker_processes": ("max_worker_processes setting", 8),
    "max_wal_senders": ("max_wal_senders setting", 1),
    "max_prepared_transactions": ("max_prepared_xacts setting", 0),
    "max_locks_per_transaction": ("max_locks_per_xact setting", 1024),
}
"""What recovery insists on, under pg_controldata's name of it; and the least that a drill wants."""


def aim_of(point: Point) -> Aim:
    """Where pgBackRest's recovery ends: a backup's own LSN and an instant's are exclusive."""
    if point.kind == "backup":
        return at_backup(point.header)
    if point.kind == "end of archive":
        return at_end(point.header)
    return at_lsn(point.header, point.lsn) if point.lsn else at_time(point.header, point.at)


def inexact(point: Point) -> str:
    """Why the manifest does not tell of the very moment of this point; empty where it does."""
    if point.kind != "backup":
        return "no manifest was taken at this very moment"
    if point.header.consistency is Consistency.EXACT_LSN:
        return ""
    return "the manifest was read from a primary in use, so differences may be its later writes"


def parts_of(job: Job, header: Header) -> dict[str, Details]:
    """From database to its part of the manifest, decrypted."""
    seal = Seal(job.platform.keys if header.encryption.recipients else None)
    keys = header.extra.get("details")
    return {
        dbname: Details.from_bytes(seal.open(job.platform.store.get(str(key))), str(key))
        for dbname, key in sorted(keys.items() if isinstance(keys, dict) else ())
    }


@contextmanager
def restored_physical(job: Job, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
    """See ``dataops.drill.restoring.restored``.

    The server runs twice: with the network until it has recovered, when nobody can log in yet and the WAL
    comes from the store; then without. In between the store's secrets are removed.
    """
    parts = parts_of(job, point.header)
    wanted = wanted_of(point.header, parts)
    insist_on_match(wanted, exact_extensions=False)
    with private_folder(parent_of(job), drill_id) as folder:
        run = PhysicalRestore(job, point, folder, wanted)
        restore = run.copy()
        run.recover()
        begun = time.monotonic()
        how = run.serving(network=False)
        with serving(how, run.login, seconds=run.patience, say=job.say, hear=run.log.append) as connection:
            network = "without a network" if how.confined else "with the machine's network"
            job.say(f"Open after {time.monotonic() - begun:.1f} s, {network}.")
            yield RestoredServer(
                drill_id=drill_id,
                point=point,
                header=point.header,
                method="physical",
                connection=connection,
                major=wanted.major,
                keys=job.platform.keys,
                settings=job.subject.drill,
                phases=Phases(restore=restore, replay=run.heard.replay, start=run.heard.start),
                dbnames=tuple(databases(connection)),
                expectations=parts,
                inexact=inexact(point),
                data_directory=how.data,
                restore_log=tuple(run.restore_log),
                server_log=lambda: tuple(run.log),
                last_commit=run.last_commit,
                os_user=how.user,
            )


@dataclass
class Heard:
    """When recovery's steps were told by the server's own log: seconds since it was started."""

    begun: float = field(default_factory=time.monotonic)
    replay: float = 0.0
    ready: float = 0.0
    last_commit: datetime | None = None

    def __call__(self, line: str) -> None:
        """Note what one line tells."""
        if "redo done at" in line or "redo is not required" in line:
            self.replay = round(time.monotonic() - self.begun, 3)
        elif "database system is ready to accept connections" in line:
            self.ready = round(time.monotonic() - self.begun, 3)
        elif found := re.search(r"last completed transaction was at log time (\S+ \S+)\+00", line):
            self.last_commit = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)

    @property
    def start(self) -> float:
        """Seconds from the end of replay until it took connections."""
        return round(max(self.ready - self.replay, 0.0), 3)


class PhysicalRestore:
    """The restore of one point into ``data`` of the drill's folder."""

    def __init__(self, job: Job, point: Point, folder: Path, wanted: Wanted) -> None:
        self.job, self.point, self.folder, self.wanted = job, point, folder, wanted
        self.log: list[str] = []
        self.restore_log: list[str] = []
        self.heard = Heard()
        self.last_commit: datetime | None = None
        self.login = job.platform.connection(server_of(job).connection)
        self.patience = job.subject.drill.max_duration.total_seconds()
        self.preload: str | None = None

    def copy(self) -> float:
        """Seconds of pgBackRest's restore."""
        goal, server, jobs = aim_of(self.point), server_of(self.job), self.job.subject.drill.jobs
        data = own_folder(self.folder / "data")
        copying = Copying(self.job.platform, server, goal, data, repo=1, user=os_user())
        begun = time.monotonic()
        done = copying.run(deadline=self.patience, say=self.restore_log.append, jobs=jobs)
        seconds = round(time.monotonic() - begun, 3)
        self.job.say(f"Copied {goal.label} in {seconds:.1f} s; recovering to {goal.words}.")
        self.restore_log += done.stderr_tail.splitlines()
        return seconds

    def recover(self) -> None:
        """Recovered to the point and stopped cleanly; the store's secrets are gone."""
        self.preload = self._preload()
        self.heard.begun = time.monotonic()
        how = replace(self.serving(network=True), stop="fast")
        with serving(how, self.login, seconds=self.patience, say=self.job.say, hear=self._hear) as connection:
            self._learn(connection)
        shutil.rmtree(self.folder / "data.recovery")
        self.job.say(f"Replayed in {self.heard.replay:.1f} s, last commit {self.last_commit}.")

    def serving(self, *, network: bool) -> Serving:
        """How the data directory is served, as large as the primary was where recovery insists on it."""
        how = serving_of(self.folder, self.wanted, jobs=self.job.subject.drill.jobs, settings={})
        told = how.control(*(name for name, _ in RECOVERY_LIMITS.values()))
        limits = {
            name: str(max(int(primary), least))
            for (name, (_, least)), primary in zip(RECOVERY_LIMITS.items(), told, strict=True)
        }
        settings = {**how.settings, **limits, "shared_preload_libraries": self.preload or ""}
        if not network:
            settings |= {"restore_command": "", **SCANNING}
        return replace(how, settings=settings, network=network, discard=not network)

    def _preload(self) -> str:
        """The libraries of the restored configuration, without those that start work of their own."""
        how = serving_of(self.folder, self.wanted, jobs=1, settings={})
        there = (how.data / "postgresql.conf").exists()
        told = how.configured("shared_preload_libraries") if there else None
        names = [name.strip().strip('"') for name in (told or "").split(",") if name.strip()]
        names = [name for name in names or self.wanted.preload if name not in SCHEDULING]
        if lacking := list(lacking_libraries(tuple(names), self.wanted.major)):
            raise InconclusiveError(f"This machine cannot match the backup's server: {' '.join(lacking)}")
        return ",".join(names)

    def _hear(self, line: str) -> None:
        self.log.append(line)
        self.heard(line)

    def _learn(self, connection: Connection) -> None:
        """The last replayed commit, which a restart forgets; and who the superuser is."""
        with (
            closing(connect(connection, application_name="drill", autocommit=True)) as session,
            explained("the recovered server"),
            session.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_catalog.pg_last_xact_replay_timestamp()")
            row = cursor.fetchone()
            self.last_commit = row[0].astimezone(UTC) if row and row[0] else self.heard.last_commit
            cursor.execute(
                "SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1"
            )
            row = cursor.fetchone()
        if row is None:
            raise InconclusiveError(
                "No superuser of the restored server may log in: it cannot be looked into."
            )
        self.login = replace(self.login, login=str(row[0]))
