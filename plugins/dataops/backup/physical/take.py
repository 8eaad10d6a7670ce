"""Taking a physical backup: both copies, the manifest's contents, and the WAL behind them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from dataops.backup import catalog, rotation
from dataops.backup.draft import Draft, new_backup_id
from dataops.backup.logical.workspace import remove_leftovers
from dataops.backup.manifest.header import Encryption, Header
from dataops.backup.physical import configuration, copying, escrow
from dataops.backup.physical.contents import Contents, Reading
from dataops.backup.physical.engine import PgBackRest, insist_on_version, pgbackrest
from dataops.backup.physical.information import BackupInfo
from dataops.backup.physical.settings import Settings, server_of, settings_of
from dataops.backup.physical.site import Site, insist_on_archiving, look
from dataops.backup.rotation import LastHashed, last_hashed
from dataops.backup.sealing import Seal, seal_of
from dataops.backup.steps import Job
from dataops.errors import DataOpsError
from dataops.evidence.commit import git_commit
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict

if TYPE_CHECKING:
    from dataops.inventory import Server
    from dataops.store import Held, Keys

LEASE_SECONDS = 30.0
"""A run that died keeps the next one out for so long."""


def take(job: Job) -> StepReport:
    """Everything stored but the manifest; ``LeaseHeld`` while another backup of the server runs."""
    from dataops.store import lease

    server, started = server_of(job), datetime.now(UTC)
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    with lease(job.platform.store, f"backup/{server.name}", holder=holder, seconds=LEASE_SECONDS) as held:
        for name in remove_leftovers():
            job.say(f"Removed {name}, which a run that died left behind.")
        site = look(job.platform, server)
        insist_on_archiving(site.primary)
        with pgbackrest(job.platform, server, site) as engine:
            return _Taking(job, server, site, engine, held, started).run()


@dataclass
class _Taking:
    """One run of ``take``, with what it found out and how long each part took."""

    job: Job
    server: Server
    site: Site
    engine: PgBackRest
    held: Held
    started: datetime
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> StepReport:
        settings, seal = settings_of(self.job), seal_of(self.job)
        if settings.source == "primary":
            self.site = Site(self.server, self.site.primary, None)
        programs = {"pgbackrest": insist_on_version(self.engine, self.site.primary.identity.major)}
        self.backup_id = new_backup_id(self.started)
        self._write_draft(None)
        with self._timed("stanza and escrow"):
            if copying.ensure_stanza(self.engine, self.job.say):
                self.engine.run("check")
            self._deposit()
        copied, replica, trouble = self._copies(settings)
        self.held.check()
        with self._timed("manifest"):
            contents = self._contents(settings, seal)
        with self._timed("WAL behind the manifest"):
            # A restore point and a WAL switch: recovery stops at the first record behind the manifest's LSN.
            self.engine.run("check")
        self.held.check()
        header = self._header(copied, replica, contents, self._store_parts(contents, seal), seal, programs)
        return self._report(header, contents, trouble, self._write_draft(header))

    def _copies(self, settings: Settings) -> tuple[BackupInfo, BackupInfo | None, str]:
        """The copy in the store; the replica's own, or why there is none.

        The replica gets a backup of its own and not a copy of the objects: each repository has keys and an
        archive of its own, and what is damaged in the one is not carried into the other.
        """
        found = catalog.backups(self.job.platform.store, self.server.name)
        published = [each.header.pgbackrest for each in found if each.header.pgbackrest]
        with self._timed("copy"):
            copied = self._copy(1, settings, {each.label for each in published})
        if len(self.engine.repositories) == 1:
            return copied, None, ""
        try:
            with self._timed("copy to the replica"):
                known = {each.replica for each in published if each.replica}
                return copied, self._copy(2, settings, known), ""
        except DataOpsError as error:
            self.job.say(f"The replica has no copy: {error}")
            return copied, None, str(error)

    def _copy(self, repo: int, settings: Settings, known: set[str]) -> BackupInfo:
        self.held.check()
        where = "standby" if self.site.standby else "primary"
        self.job.say(
            f"Copying {self.server.name} ({settings.type}, mostly from the {where}) to repository {repo}."
        )
        taken = copying.copy(
            self.engine,
            self.site,
            repo,
            settings.type,
            known=known,
            deadline=settings.deadline,
            say=lambda line: None,
        )
        self.job.say(
            f"Backup {taken.label}: {taken.info.delta / 1e6:,.1f} MB copied, "
            f"{taken.info.repository.delta / 1e6:,.1f} MB stored."
        )
        return taken

    def _contents(self, settings: Settings, seal: Seal) -> Contents:
        standby = self.site.standby
        reading = Reading(
            site=self.site,
            keys=self._keys(seal),
            content=settings.content,
            budget=settings.time_budget,
            hashed_before=last_hashed(self.job.platform.store, self.server.name, self._keys(seal)),
            application=f"dataops backup {self.backup_id}",
            say=self.job.say,
        )
        return reading.contents(standby=standby.connection if standby else None)

    def _keys(self, seal: Seal) -> Keys:
        """Secrets and names are hashed with a key also where nothing is sealed."""
        return seal.keys or self.job.platform.keys

    def _deposit(self) -> None:
        access = self.job.platform.connection(self.server.pgbackrest)
        passphrase = configuration.passphrase(self.server, access)
        if not passphrase:
            return
        for store in (self.job.platform.store, self.job.platform.replica):
            keys = seal_of(self.job).keys
            if store is not None and keys and escrow.deposit(store, self.server.name, passphrase, keys):
                self.job.say(
                    f"Deposited the repository's passphrase as {escrow.escrow_key(self.server.name)}."
                )

    def _store_parts(self, contents: Contents, seal: Seal) -> dict[str, Artifact]:
        folder = catalog.folder(self.server.name, self.backup_id)
        stored = {}
        for dbname, part in contents.parts.items():
            key = f"{folder}details/{quote(dbname, safe='')}.json.zst{seal.suffix}"
            put = self.job.platform.store.put(key, seal.seal(part.to_bytes()))
            stored[dbname] = Artifact(key=key, size=put.size, sha256=put.sha256)
        return stored

    def _store_rotation(self, contents: Contents, seal: Seal) -> Artifact:
        """What the next backup needs to know of this one's hashes, readable without an identity."""
        key = catalog.folder(self.server.name, self.backup_id) + rotation.NAME
        hashed = LastHashed.of_server(contents.parts, self._keys(seal))
        put = self.job.platform.store.put(key, hashed.to_bytes())
        return Artifact(key=key, size=put.size, sha256=put.sha256)

    def _header(
        self,
        copied: BackupInfo,
        replica: BackupInfo | None,
        contents: Contents,
        parts: Mapping[str, Artifact],
        seal: Seal,
        programs: dict[str, str],
    ) -> Header:
        identity = self.site.primary.identity
        postgres = contents.parts.get("postgres") or next(iter(contents.parts.values()))
        summary = copied.summary(self.engine.stanza)
        scheme = "pgbackrest" if self.server.encryption_connection else "off"
        return Header(
            backup_id=self.backup_id,
            subject=self.server.name,
            kind="server",
            method="physical",
            environment=self.job.platform.environment,
            server=self.server.name,
            started=self.started,
            finished=datetime.now(UTC),
            snapshot_at=contents.at,
            consistency=contents.consistency,
            lsn=contents.lsn,
            timeline=postgres.moment.timeline,
            system_identifier=identity.system_identifier,
            server_version=identity.version,
            encoding=postgres.moment.encoding,
            collation=postgres.moment.collation,
            database_bytes=copied.info.size,
            stored_bytes=copied.info.repository.delta,
            rows=contents.rows,
            tables=contents.coverage.tables,
            coverage=contents.coverage,
            objects=(*parts.values(), self._store_rotation(contents, seal)),
            encryption=Encryption(scheme=scheme, recipients=seal.recipients),
            programs={**programs, "postgresql": identity.version},
            git_commit=git_commit(Path(__file__)),
            fence=self.held.fence,
            pgbackrest=summary.model_copy(update={"replica": replica.label if replica else None}),
            extra={
                "details": {dbname: part.key for dbname, part in parts.items()},
                "segment_size": self.site.primary.segment_size,
                **({"not exact because": contents.note} if contents.note else {}),
            },
        )

    def _write_draft(self, header: Header | None) -> str:
        draft = Draft(
            backup_id=self.backup_id,
            subject=self.server.name,
            state="taken" if header else "taking",
            started=self.started,
            holder=self.held.holder,
            header=header,
        )
        key = catalog.folder(self.server.name, self.backup_id) + "draft.json"
        return self.job.platform.store.put(key, draft.to_bytes()).sha256

    def _report(self, header: Header, contents: Contents, trouble: str, sha256: str) -> StepReport:
        copied = header.pgbackrest
        assert copied is not None
        rate = header.database_bytes / max(self.seconds["copy"], 0.001)
        amounts = {
            "database size": (header.database_bytes, "bytes"),
            "stored": (header.stored_bytes, "bytes"),
            "rows": (header.rows, "rows"),
            "tables": (header.tables, "count"),
            "copy rate": (rate, "bytes/second"),
            **{name: (seconds, "seconds") for name, seconds in self.seconds.items()},
        }
        return StepReport(
            step="take",
            started=self.started,
            finished=datetime.now(UTC),
            checks=(
                Check(name="pages have valid checksums", verdict=_pages(self.site), observed=copied.label),
                *contents.checks,
            ),
            figures=tuple(
                Figure(name=name, value=value, unit=unit)
                for name, (value, unit) in amounts.items()
                if value is not None
            ),
            programs=header.programs,
            data={
                "backup_id": header.backup_id,
                "draft_sha256": sha256,
                "snapshot_at": header.snapshot_at.isoformat(),
                "source": contents.source,
                "type": copied.type,
                "label": copied.label,
                "replica_trouble": trouble,
            },
        )

    @contextmanager
    def _timed(self, name: str) -> Generator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - begun, 3)


def _pages(site: Site) -> Verdict:
    """Without data checksums nobody can tell whether a page is what was written."""
    return Verdict.PASSED if site.primary.identity.data_checksums else Verdict.NOT_APPLICABLE
