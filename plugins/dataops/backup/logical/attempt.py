"""One attempt at a copy: dump, manifest and upload side by side on one snapshot."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.backup import rotation
from dataops.backup.catalog import folder as folder_of
from dataops.backup.draft import Draft, Piece, new_backup_id
from dataops.backup.logical.background import Background
from dataops.backup.logical.blockers import Blockers, Waiting
from dataops.backup.logical.dump import TICK, Dumped, Progress, arguments, dump
from dataops.backup.logical.globals import Globals, dump_globals
from dataops.backup.logical.heading import heading
from dataops.backup.logical.pieces import Pieces
from dataops.backup.logical.preflight import Ground
from dataops.backup.logical.settings import subject_of
from dataops.backup.logical.standing import disk_full
from dataops.backup.logical.workspace import workspace
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.errors import DefinitionsChanged
from dataops.backup.manifest.header import Header
from dataops.backup.manifest.snapshot import Snapshot
from dataops.backup.removal import delete_objects
from dataops.backup.rotation import LastHashed, last_hashed
from dataops.backup.sealing import Seal
from dataops.backup.steps import Job
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Artifact, Check

if TYPE_CHECKING:
    from dataops.store import Held

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Copied:
    """What an attempt left in the store, and what it cost."""

    header: Header
    draft_sha256: str
    dumped: Dumped
    blockers: Check
    manifest_seconds: float
    plain_bytes: int


@dataclass(frozen=True)
class _Still:
    """What was seen while the snapshot was held."""

    dumped: Dumped
    details: Details
    manifest_seconds: float
    roles: Globals
    blockers: Check


@dataclass
class Attempt:
    """One try under one backup id. What it wrote is removed again when it does not succeed."""

    job: Job
    ground: Ground
    held: Held
    waited: dict[int, Waiting] = field(default_factory=dict)
    """Sessions that waited behind this backup; a second try goes on with what the first one saw."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.database = subject_of(self.job)
        self.backup_id = new_backup_id(self.started)
        self.application = f"dataops backup {self.backup_id}"
        self.folder = folder_of(self.database.name, self.backup_id)
        self.store = self.job.platform.store
        self.keys = (
            self.ground.seal.keys or self.job.platform.keys
        )  # secrets are hashed where nothing is sealed

    def run(self) -> Copied:
        """Everything stored but the manifest; DefinitionsChanged and DumpInterrupted ask for a retry."""
        self._draft(None)
        try:
            with workspace(self.ground.settings.work_dir) as folder:
                return self._copy(folder)
        except OSError as error:
            self._discard()
            if error.errno in _FULL:
                raise disk_full(str(error)) from error
            raise
        except BaseException:
            self._discard()
            raise

    def _copy(self, folder: Path) -> Copied:
        with self._pieces(folder) as pieces:
            progress = Progress(self.job.say, pieces)
            still = self._hold_still(folder, pieces, progress)
            while not pieces.settled(TICK):
                self.held.check()
                progress.tell()
            sent = pieces.finish()
        header = self._header(still.details, still.roles, sent)
        return Copied(
            header=header,
            draft_sha256=self._draft(header),
            dumped=still.dumped,
            blockers=still.blockers,
            manifest_seconds=still.manifest_seconds,
            plain_bytes=sum(piece.plain_size for piece in sent),
        )

    def _hold_still(self, folder: Path, pieces: Pieces, progress: Progress) -> _Still:
        """All that needs the snapshot and its locks: no session waits for a slow store to end the uploads."""
        env = postgres.environment_of(
            postgres.with_options(self.ground.source.connection, postgres.UNHURRIED),
            self.database.dbname,
            application_name=self.application,
        )
        held_still = self._snapshot()
        with (
            self._watch(held_still) as blockers,
            held_still as snapshot,
            Background(lambda stop: self._collect(snapshot, stop), "manifest") as manifest,
            Background(lambda stop: self._globals(env, folder), "roles") as before,
        ):

            def guard() -> None:
                self.held.check()
                blockers.guard()
                manifest.raise_trouble()
                before.raise_trouble()
                pieces.raise_trouble()

            dumped = self._dump(env, folder / "dump", snapshot.id, pieces, guard, progress)
            while not (manifest.done(TICK) and before.done(TICK)):
                guard()
            with Background(lambda stop: self._globals(env, folder), "roles again") as after:
                snapshot.confirm()
                while not after.done(TICK):
                    guard()
            if not before.result().says_the_same_as(after.result()):
                raise DefinitionsChanged(
                    "DDL during backup: roles or tablespaces changed while the dump ran."
                )
            return _Still(dumped, manifest.result(), manifest.seconds, before.result(), blockers.check())

    def _pieces(self, folder: Path) -> Pieces:
        return Pieces(
            store=self.store,
            prefix=self.folder + "pieces/",
            seal=self.ground.seal,
            slots=self.ground.settings.jobs + 2,
            checksums=folder / "SHA256SUMS",
            gzip_level=self.ground.settings.gzip_level,
        )

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self.ground.source.connection,
            self.database.dbname,
            keys=self.keys,
            lock_wait=self.ground.settings.lock_wait,
            application=self.application,
        )

    def _watch(self, snapshot: Snapshot) -> Blockers:
        return Blockers(
            self.ground.source.connection,
            self.database.dbname,
            application=self.application,
            abort=self.ground.settings.on_blocking_ddl == "abort",
            say=self.job.say,
            give_way=snapshot.cancel,
            seen=self.waited,
        )

    def _collect(self, snapshot: Snapshot, stop: threading.Event) -> Details:
        settings = self.ground.settings
        before = last_hashed(self.store, self.database.name, self.keys) if self._rotates else None
        return collect(
            self.ground.source.connection,
            dbname=self.database.dbname,
            keys=self.keys,
            snapshot=snapshot,
            content=settings.content,
            jobs=max(settings.jobs // 2, 1),  # it is a third of the dump's work
            budget=self.database.time_budget if self._rotates else None,
            hashed_before=before,
            say=self.job.say,
            stop=stop,
        )

    @property
    def _rotates(self) -> bool:
        return self.ground.settings.content == "rotate"

    def _globals(self, env: Mapping[str, str], folder: Path) -> Globals:
        return dump_globals(
            self.ground.programs.pg_dumpall,
            self.ground.source.connection,
            env=env,
            dbname=self.database.dbname,
            with_passwords=self.ground.standing.reads_passwords,
            folder=folder,
        )

    def _dump(
        self,
        env: Mapping[str, str],
        directory: Path,
        snapshot: str,
        pieces: Pieces,
        guard: Callable[[], None],
        progress: Progress,
    ) -> Dumped:
        settings = self.ground.settings
        argv = arguments(
            self.ground.programs.pg_dump,
            dbname=self.database.dbname,
            encoding=self.ground.standing.encoding,
            directory=directory,
            snapshot=snapshot,
            settings=settings,
        )
        return dump(
            argv,
            env=env,
            directory=directory,
            pieces=pieces,
            settings=settings,
            guard=guard,
            progress=progress,
        )

    def _header(self, details: Details, roles: Globals, pieces: tuple[Piece, ...]) -> Header:
        details_object = self._put("details.json.zst", details.to_bytes())
        others = [self._put("globals.sql", roles.sql), details_object]
        if self._rotates:
            hashed = LastHashed.of(details, self.keys)
            others.append(self._put(rotation.NAME, hashed.to_bytes(), seal=Seal(None)))
        return heading(
            self.job,
            self.ground,
            backup_id=self.backup_id,
            started=self.started,
            details=details,
            details_key=details_object.key,
            objects=(*(piece.artifact for piece in pieces), *others),
            fence=self.held.fence,
        )

    def _put(self, name: str, body: bytes, seal: Seal | None = None) -> Artifact:
        seal = seal or self.ground.seal
        stored = self.store.put(f"{self.folder}{name}{seal.suffix}", seal.seal(body))
        return Artifact(key=stored.key, size=stored.size, sha256=stored.sha256)

    def _draft(self, header: Header | None) -> str:
        """The SHA-256 of the draft as written."""
        draft = Draft(
            backup_id=self.backup_id,
            subject=self.database.name,
            state="taken" if header else "taking",
            started=self.started,
            holder=f"process {os.getpid()} on {socket.gethostname()}",
            header=header,
        )
        return self.store.put(
            self.folder + "draft.json", draft.to_bytes(), if_none_match=header is None
        ).sha256

    def _discard(self) -> None:
        """Nothing of this attempt stays in the store, if it can be reached; the sweep does the rest."""
        with suppress(DataOpsError):
            delete_objects(self.store, self.database.name, self.backup_id)
