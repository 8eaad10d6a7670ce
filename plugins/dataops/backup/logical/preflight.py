"""Looking before touching: everything that would spoil the backup later is said now, in a sentence each."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dataops import postgres, process
from dataops.backup.catalog import folder as folder_of
from dataops.backup.logical.settings import Settings, settings_of, subject_of
from dataops.backup.logical.source import Source, choose_source
from dataops.backup.logical.standing import NoRoom, Standing, read_standing
from dataops.backup.sealing import Seal, seal_of
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Check, Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Programs:
    """pg_dump and pg_dumpall of the server's own major version, with what they say they are."""

    pg_dump: Path
    pg_dumpall: Path
    version: str

    def __str__(self) -> str:
        return self.version


@dataclass(frozen=True)
class Ground:
    """What was found out, for those who act on it."""

    settings: Settings
    source: Source
    programs: Programs
    standing: Standing
    seal: Seal
    checks: tuple[Check, ...]


class _Looks:
    """Checks that passed, each with what was seen; a look that finds a fault raises instead."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def at(self, name: str, look: Callable[[], T]) -> T:
        begun = time.monotonic()
        seen = look()
        seconds = round(time.monotonic() - begun, 3)
        self.checks.append(Check(name=name, verdict=Verdict.PASSED, observed=str(seen), seconds=seconds))
        return seen


def survey(job: Job, *, write: bool = True) -> Ground:
    """Everything that a backup needs is there; raises the first thing that is not.

    ``write``: try whether the store takes an object, which whoever writes there anyway need not ask.
    """
    looks = _Looks()
    settings, database = settings_of(job), subject_of(job)
    source = looks.at("source", lambda: choose_source(job, settings))
    version, standing = looks.at("reach", lambda: _reach(source.connection, database.dbname))
    programs = looks.at("programs", lambda: _programs(version // 10000, settings))
    looks.at("rights", standing.require_rights)
    looks.at("locks", standing.require_locks)
    looks.at("connections", lambda: standing.require_connections(2 * settings.jobs + 3))
    looks.at("clock", lambda: standing.require_clock(time.time()))
    looks.at("local disk", lambda: _disk(settings))
    seal = looks.at("keys", lambda: seal_of(job))
    if write:
        looks.at("store", lambda: _store(job))
    return Ground(settings, source, programs, standing, seal, tuple(looks.checks))


def _reach(connection: Connection, dbname: str) -> tuple[int, Standing]:
    with closing(
        postgres.connect(
            connection,
            dbname=dbname,
            application_name="dataops preflight",
            autocommit=True,
            statement_timeout=60,
            pinned=True,
        )
    ) as session:
        return postgres.server_identity(session).version_num, read_standing(session)


def _programs(major: int, settings: Settings) -> Programs:
    if major < settings.needs_major:
        raise ConfigurationError(
            f"Compression {settings.compression!r} needs PostgreSQL {settings.needs_major}, the server is "
            f"{major}: use gzip:1 to gzip:9 or none."
        )
    pg_dump = process.find_program("pg_dump", major)
    return Programs(pg_dump, process.find_program("pg_dumpall", major), process.version_of(pg_dump))


def _disk(settings: Settings) -> str:
    folder = settings.work_dir or Path(tempfile.gettempdir())
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}, where the dump's files would go, is no folder: set work_dir or TMPDIR."
        )
    free = shutil.disk_usage(folder).free
    if free < settings.disk_bound:
        raise NoRoom(
            f"{folder} has {free >> 20} MiB free, the dump may take {settings.disk_bound >> 20} MiB: "
            "free some, or lower the option disk_bound."
        )
    return f"{free >> 20} MiB free in {folder}, bound {settings.disk_bound >> 20} MiB"


def _store(job: Job) -> str:
    """The store takes, returns and removes an object under the subject's prefix."""
    store, key = job.platform.store, folder_of(job.subject.name) + "preflight"
    sent = store.put(key, b"May the backup write here?\n")
    found, size = store.sha256_of(key)
    store.delete([key])
    if found != sent.sha256:
        raise NoRoom(f"The store returned other bytes than it was sent for {key} ({size} bytes).")
    return "writable"
