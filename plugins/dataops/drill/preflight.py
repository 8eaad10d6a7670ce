"""Looking before a drill: everything that would spoil it later is said now, in a sentence each."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dataops import process
from dataops.backup import catalog
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import UnreadableManifest
from dataops.backup.restore.confined import confinement
from dataops.backup.restore.download import Damaged
from dataops.backup.steps import Job
from dataops.drill.point import Point
from dataops.drill.scratch.installed import lacks
from dataops.drill.scratch.local import os_user, parent_of
from dataops.drill.scratch.memory import available
from dataops.drill.scratch.wanted import Wanted, major_of, wanted_of
from dataops.errors import InconclusiveError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check
from dataops.store import DecryptionFailed, ObjectMissing

LEAST_MEMORY = 512 << 20
"""Bytes that an own server and the programs beside it need at least."""
ROOM = 1.3
"""A restored database against its source: new indexes are smaller, but sorting and WAL need room."""


def preflight(job: Job, point: Point) -> tuple[Check, ...]:
    """Keys, rights, programs, room and properties that the drill needs, one check each; restores nothing.

    What this machine cannot match is inconclusive: a drill here would prove nothing. Writes and removes one
    small object under ``evidence/`` and ``leases/``, where the drill itself writes.
    """
    if point.is_foreign:
        from dataops.drill.adapters import preflight as preflight_foreign

        return preflight_foreign(job, point)
    return tuple(_Ground(job, point).checks())


@dataclass(frozen=True)
class _Ground:
    job: Job
    point: Point

    def checks(self) -> Iterator[Check]:
        """In the order in which a person would mend them."""
        yield checked("keys", "the manifest can be read", self._keys)
        yield checked("store", "objects can be read, evidence and leases written", self._store)
        if self.job.subject.drill.scratch != "local":
            return
        yield checked("programs", [*self._programs_needed], self._programs)
        yield checked("match", [], self._match)
        yield checked("isolation", "nothing in the scratch server reaches out", self._isolation)
        yield checked("disk", f"{self._needed >> 20} MiB", self._disk)
        yield checked("memory", f"{LEAST_MEMORY >> 20} MiB", self._memory)

    @cached_property
    def _parts(self) -> Mapping[str, Details | None]:
        from dataops.drill.restoring.attached import expectations_of

        return expectations_of(self.job, self.point.header)

    @cached_property
    def _wanted(self) -> Wanted:
        return wanted_of(self.point.header, self._parts)

    def _keys(self) -> Seen:
        try:
            return Seen(True, f"details of {', '.join(self._parts) or 'no database'}")
        except (Damaged, DecryptionFailed, ObjectMissing, UnreadableManifest) as error:
            return Seen(False, "unreadable", str(error))

    def _store(self) -> Seen:
        """Rights, and whether every object is there; the drill reads and checks what they hold."""
        store, name = self.job.platform.store, f"preflight-{secrets.token_hex(4)}"
        for prefix in (f"evidence/restore_drill/{self.job.subject.name}/", "leases/"):
            store.put(prefix + name, b"May the drill write here?\n")
            store.delete([prefix + name])
        header, objects = self.point.header, self.point.header.objects
        # pgBackRest's files lie in its repository, beside the backup's own folder.
        folders = {catalog.folder(header.subject, header.backup_id)}
        folders |= {each.key.rsplit("/", 1)[0] + "/" for each in objects}
        there = {listed.key for folder in sorted(folders) for listed in store.list(folder)}
        missing = [each.key for each in objects if each.key not in there]
        return Seen(
            not missing,
            missing or f"{len(objects)} objects of the backup are there",
            f"of {len(objects)} objects of the backup {len(missing)} gone, such as {missing[0]}"
            if missing
            else "",
        )

    @property
    def _programs_needed(self) -> list[str]:
        major = major_of(self.point.header)
        physical = self.point.header.pgbackrest is not None
        return [f"postgres of PostgreSQL {major}", "pgbackrest" if physical else f"pg_restore of {major}"]

    def _programs(self) -> Seen:
        header, major = self.point.header, major_of(self.point.header)
        try:
            found = [process.version_of(process.find_program("postgres", major))]
            if header.pgbackrest is None:
                found.append(process.version_of(process.find_program("pg_restore", major)))
            else:
                found.append(self._pgbackrest(major))
        except process.ProgramMissing as error:
            said = str(error).replace(f"postgresql-client-{major}", f"postgresql-{major}")
            raise InconclusiveError(said) from None
        return Seen(True, [*found, f"run as {os_user() or 'ourselves'}"])

    def _pgbackrest(self, major: int) -> str:
        from dataops.backup.physical.engine import insist_on_version, pgbackrest
        from dataops.backup.physical.settings import server_of

        with pgbackrest(self.job.platform, server_of(self.job)) as engine:
            return f"pgBackRest {insist_on_version(engine, major)}"

    def _match(self) -> Seen:
        logical = self.point.header.pgbackrest is None
        wanted = self._wanted
        if lacking := list(lacks(wanted, exact_extensions=logical)):
            raise InconclusiveError(" ".join(lacking))
        return Seen(True, [f"PostgreSQL {wanted.major}", f"{len(wanted.extensions)} extensions"])

    def _isolation(self) -> Seen:
        if confinement(os_user()) is not None:
            return Seen(True, "no network at all, a namespace of its own")
        outward = self._wanted.outward
        why = (
            "this machine forbids network namespaces (unshare), so queries could reach other servers: allow "
            "them, or use `scratch: kubernetes` with a network policy"
        )
        return Seen(not outward, outward or "nothing in the backup reaches out", why if outward else "")

    @property
    def _needed(self) -> int:
        """Bytes: the data, and for a logical backup its dump beside it."""
        header = self.point.header
        dump = 0 if header.pgbackrest else sum(each.size for each in header.objects)
        return int(header.database_bytes * ROOM + dump * 1.05)

    def _disk(self) -> Seen:
        folder = parent_of(self.job)
        if not folder.is_dir():
            return Seen(False, f"{folder} is no folder", "set work_dir or TMPDIR to one")
        self._traversable(folder)
        free = shutil.disk_usage(folder).free
        return Seen(
            free >= self._needed,
            f"{free >> 20} MiB free in {folder}",
            "" if free >= self._needed else "free some, or name another folder as work_dir",
        )

    @staticmethod
    def _traversable(folder: Path) -> None:
        """The server's own user must reach its data directory."""
        user = os_user()
        if user is None:
            return
        probe = ["test", "-x", str(folder)]
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        if process.run(probe, env=environment, user=user, cwd="/", check=False).returncode:
            raise InconclusiveError(
                f"The user {user} cannot enter {folder}: name another folder as work_dir."
            )

    @staticmethod
    def _memory() -> Seen:
        free = available()
        enough = free >= LEAST_MEMORY
        return Seen(enough, f"{free >> 20} MiB", "" if enough else "give the worker more memory")
