"""A copy of one backup's objects in a private corner of the bucket, to be damaged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING

from dataops.backup import catalog
from dataops.backup.manifest.header import Header
from dataops.backup.physical.configuration import repository_path
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.rehearsal.fault import NotInjectable
from dataops.drill.rehearsal.within import Within
from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say, StepReport
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.store import ObjectLocked

if TYPE_CHECKING:
    from dataops.store import ObjectStore

ROOT = "rehearsals/"
"""Where the copies of all rehearsals lie; nothing there is a backup, evidence or part of an archive."""

PATIENCE = 5.0
"""Seconds that a store which does not answer is tried for: the answer is what the rehearsal is after."""


@dataclass(frozen=True)
class Corner(Platform):
    """The platform, except that its store is a private corner of the bucket and it has no replica."""

    prefix: str = ""

    @cached_property
    def store(self) -> ObjectStore:
        bucket = os.environ.get("DATAOPS_BUCKET")
        if not bucket:
            raise ConfigurationError("No bucket: set DATAOPS_BUCKET to the name of the bucket.")
        return Within(self.connection("dataops_store"), bucket, PATIENCE, prefix=self.prefix)

    @cached_property
    def replica(self) -> ObjectStore | None:
        return None


@dataclass
class Shelf:
    """One backup under ``rehearsals/<id>/``, to be broken and mended; the real one is only read.

    ``job`` drills the copy: its platform knows no other store. A fault may replace ``connections``: None
    takes one away.
    """

    real: Platform
    subject_job: Job
    header: Header
    rehearsal_id: str
    say: Say
    connections: dict[str, Connection | None] = field(default_factory=dict)
    beside: Callable[[], None] | None = None
    """What happens while the copy is drilled, in a thread of its own, until ``ended``."""
    ended: Event = field(default_factory=Event)
    between: Callable[[StepReport], None] | None = None
    """What happens after the drill has chosen its point and before it restores it."""
    _touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.job = self._job()

    @property
    def prefix(self) -> str:
        """Where the copy lies."""
        return f"{ROOT}{self.rehearsal_id}/"

    @property
    def store(self) -> ObjectStore:
        """The copy's objects, by the keys of the real ones."""
        return Within(
            self.real.connection("dataops_store"), self.real.store.bucket, PATIENCE, prefix=self.prefix
        )

    def _job(self) -> Job:
        def resolve(connection_id: str) -> Connection:
            if connection_id in self.connections:
                found = self.connections[connection_id]
                if found is None:
                    raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
            else:
                found = self.real.resolve(connection_id)
            if connection_id == "dataops_store":
                return replace(found, extra={**found.extra, "prefix": self.prefix})
            return found

        corner = Corner(self.real.environment, self.real.inventory, resolve, prefix=self.prefix)
        options = {**self.subject_job.options, "point": self.header.backup_id}
        return Job(corner, self.subject_job.subject, self.say, options)

    # -- copying

    def fill(self) -> int:
        """Copy every object that the backup needs, inside the store; how many bytes that are."""
        size = 0
        for key, bytes_ in self._needed():
            self._copy(key)
            size += bytes_
        return size

    def mend(self) -> None:
        """Undo what the last fault did."""
        self.connections.clear()
        self.beside = self.between = None
        self.ended.clear()
        real = self.real.store
        for key in sorted(self._touched):
            if real.exists(key):
                self._copy(key)
            else:
                self.store.delete([key])
        self._touched.clear()
        self.job = self._job()

    def clear(self) -> None:
        """Remove the copy."""
        remove_copy(self.real.store, self.prefix)

    def _needed(self) -> Iterator[tuple[str, int]]:
        """Keys and sizes. Of a repository, only the backup, those that it builds on, and the WAL since."""
        real, subject = self.real.store, self.subject_job.subject
        for each in real.list(catalog.folder(subject.name, self.header.backup_id)):
            if "/proofs/" not in each.key:
                yield each.key, each.size
        if isinstance(subject, Server):
            for each in real.list(f"{repository_path(subject)}/"):
                if self._of_repository(each.key, subject):
                    yield each.key, each.size

    def _of_repository(self, key: str, server: Server) -> bool:
        copied = self.header.pgbackrest
        assert copied is not None
        name = key.removeprefix(f"{repository_path(server)}/")
        if name.startswith(f"backup/{server.stanza}/"):
            rest = name.removeprefix(f"backup/{server.stanza}/")
            # A full backup's label is the beginning of those of all that build on it.
            return rest.startswith(("backup.info", copied.label.partition("_")[0]))
        segment = name.rsplit("/", 1)[-1].partition("-")[0]
        return len(segment) != 24 or segment[8:] >= (copied.wal_start or "")[8:]

    def _copy(self, key: str) -> None:
        real = self.real.store
        source = {"Bucket": real.bucket, "Key": key}
        real.client.copy(source, real.bucket, self.prefix + key)  # type: ignore[arg-type]

    # -- breaking

    def keys(self, part: str) -> list[str]:
        """Keys that hold ``part``, sorted; ``NotInjectable`` where there is none."""
        found = sorted(each.key for each in self.store.list() if part in each.key)
        if not found:
            raise NotInjectable(f"The backup has no object with {part!r} in its key.")
        return found

    def largest(self, part: str) -> str:
        """The largest object whose key holds ``part``."""
        self.keys(part)
        return max((each for each in self.store.list() if part in each.key), key=lambda each: each.size).key

    def change(self, key: str, change: Callable[[bytes], bytes]) -> None:
        """Other bytes under a key; ``NotInjectable`` where they are the same."""
        before = self.store.get(key)
        after = change(before)
        if after == before:
            raise NotInjectable(f"{key} is the same as before.")
        self.put(key, after)

    def put(self, key: str, body: bytes) -> None:
        """An object of the copy written or replaced."""
        self._touched.add(key)
        self.store.put(key, body)

    def remove(self, *keys: str) -> None:
        """Objects of the copy gone."""
        self._touched.update(keys)
        self.store.delete(keys)

    def rewrite_header(self, **changes: object) -> None:
        """Let the backup's manifest say something else."""
        told = self.header.model_copy(update=changes)
        self.put(catalog.manifest_key(self.header.subject, self.header.backup_id), told.to_bytes())

    def resign(self, key: str, body: bytes) -> None:
        """Let the manifest agree with other bytes under a key, as if they had been backed up."""
        sha256 = hashlib.sha256(body).hexdigest()
        self.rewrite_header(
            objects=tuple(
                each.model_copy(update={"size": len(body), "sha256": sha256}) if each.key == key else each
                for each in self.header.objects
            )
        )


def remove_copy(store: ObjectStore, prefix: str) -> None:
    """Remove everything under a rehearsal's prefix. Where a lock keeps versions, they stay until it ends."""
    assert prefix.startswith(ROOT) and prefix != ROOT
    keys = [each.key for each in store.list(prefix)]
    with suppress(ObjectLocked):
        store.delete(keys, all_versions=True)
        return
    store.delete(keys)


def cut_in_half(body: bytes) -> bytes:
    """The first half."""
    return body[: len(body) // 2]


def one_bit_flipped(body: bytes) -> bytes:
    """The lowest bit of the middle byte is another."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
