"""Restoring a database from a logical backup."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dataops import postgres, process
from dataops.backup import catalog
from dataops.backup.logical.workspace import workspace
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import Difference, differences
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Header
from dataops.backup.restore.analysing import analysing
from dataops.backup.restore.download import Download
from dataops.backup.restore.point import choose
from dataops.backup.restore.progress import Progress, megabytes, tables
from dataops.backup.restore.statements import for_database, for_new_roles, roles_made, unquoted
from dataops.backup.restore.target import Target, look_at, session_on
from dataops.backup.sealing import Seal
from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say, StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.inventory import Database
from dataops.platform import Platform

ROLE_KINDS = frozenset({"role", "role membership", "role password", "role setting", "parameter grant"})
"""What of a manifest is about the roles of the server, not about the database."""

SHOWN = 20
"""So many errors or differences stand in the report; the log has all."""


def restore_logical(
    platform: Platform,
    subject: Database,
    *,
    point: str,
    target: str,
    say: Say,
    dry_run: bool = False,
    verify: bool = False,
    with_roles: bool = False,
    from_replica: bool = False,
    jobs: int = 2,
    work_dir: Path | None = None,
) -> StepReport:
    """The database of the backup at ``point``, in a target that was empty. See ``dataops.backup.restore``."""
    started = datetime.now(UTC)
    store = platform.replica if from_replica else platform.store
    if store is None:
        raise ConfigurationError("There is no replica bucket to restore from: set DATAOPS_REPLICA_BUCKET.")
    header = choose(catalog.backups(store, subject.name), point).header
    seal = Seal(platform.keys if header.encryption.scheme == "age" else None)
    run = _Restore(
        download=Download(store, header, seal),
        target=look_at(target, header),
        jobs=jobs,
        with_roles=with_roles,
        say=say,
    )
    for number, step in enumerate(run.steps(verify=verify), start=1):
        say(f"{number}. {step}")
    if not dry_run:
        with workspace(work_dir) as folder:
            run.restore(folder)
        if verify:
            run.verify(platform)
    return run.report(started, dry_run=dry_run)


@dataclass
class _Restore:
    download: Download
    target: Target
    jobs: int
    with_roles: bool
    say: Say
    checks: list[Check] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @property
    def header(self) -> Header:
        return self.download.header

    def steps(self, *, verify: bool) -> Iterable[str]:
        """What will be done, in words."""
        header = self.header
        rows = f"{header.rows:,} rows, " if header.rows is not None else ""
        yield (
            f"Take backup {header.backup_id} of {header.snapshot_at:%Y-%m-%d %H:%M:%S} UTC "
            f"({rows}{header.stored_bytes / 1e6:,.1f} MB)."
        )
        yield f"Download and decrypt {len(self.download.pieces)} objects, each held against its SHA-256."
        if self.with_roles:
            yield "Make the roles that the target lacks; those that it has stay as they are."
        yield f"{'Fill the empty' if self.target.exists else 'Make the'} {self.target} by pg_restore."
        yield "Gather the planner's statistics (ANALYZE)."
        if verify:
            yield "Hold every definition, row count and content hash against the manifest."

    def restore(self, folder: Path) -> None:
        """Run the steps; errors of pg_restore become a red check, since what came through is still wanted."""
        dump = folder / "dump"
        self.download.require_room(folder)
        whole = sum(piece.size for piece in self.download.pieces)
        downloaded = Progress(self.say, "Downloaded", whole, megabytes)
        self._timed("download", lambda: self.download.dump(dump, downloaded.count))
        roles = self.download.bytes("globals.sql").decode()
        if self.with_roles:
            self._execute("postgres", for_new_roles(roles, self.target.roles), "roles")
        elif missing := [name for name in roles_made(roles) if name not in self.target.roles]:
            self.say(f"The target lacks the roles {', '.join(missing)}: owners and grants to them will fail.")
        self._prepare_database(dump, folder)
        self._timed("pg_restore", lambda: self._pg_restore(dump))
        self._timed("analyze", self._analyse)

    def verify(self, platform: Platform) -> None:
        """One check: the restored database equals the manifest."""
        begun = time.monotonic()
        expected = Details.from_bytes(self.download.bytes("details.json.zst"))
        observed = collect(
            self.target.connection,
            dbname=self.target.dbname,
            keys=platform.keys,
            content=expected.content,
            jobs=self.jobs,
            say=self.say,
        )
        found = [
            difference
            for difference in differences(expected, observed, without={"tablespace", *self._roles_left_out})
            if not self._belongs_to_target(difference)
        ]
        self.checks.append(
            _check("the restored database equals the manifest", [_told(each) for each in found], begun)
        )

    @property
    def _roles_left_out(self) -> Collection[str]:
        return () if self.with_roles else ROLE_KINDS

    def _belongs_to_target(self, difference: Difference) -> bool:
        """A role that the target had before was left as it is, and so was ALTER ROLE ALL: both may differ."""
        if (difference.kind, difference.identity) == ("role setting", "everyone"):
            return True
        member = difference.identity.partition(" in ")[0]
        return difference.kind in ROLE_KINDS and unquoted(member) in self.target.roles

    def report(self, started: datetime, *, dry_run: bool) -> StepReport:
        """What was done; a dry run proved nothing and has no checks."""
        return StepReport(
            step="restore",
            started=started,
            finished=datetime.now(UTC),
            checks=tuple(self.checks),
            figures=tuple(self.figures),
            data={
                "backup_id": self.header.backup_id,
                "target": str(self.target),
                "snapshot_at": self.header.snapshot_at.isoformat(),
                "dry_run": dry_run,
            },
        )

    def _prepare_database(self, dump: Path, folder: Path) -> None:
        """Make the database if it is missing; set its properties, which pg_restore ties to the old name."""
        chosen = folder / "database.list"
        listing = self._program("--list", str(dump)).stdout.splitlines()
        chosen.write_text("\n".join(line for line in listing if " DATABASE" in line.partition(";")[2]))
        script = folder / "database.sql"
        self._program("--create", f"--use-list={chosen}", f"--file={script}", str(dump))
        wanted = for_database(script.read_text(encoding="utf-8"), self.target.dbname)
        if not self.target.exists:
            creation = [statement for statement in wanted if statement.startswith("CREATE DATABASE")]
            self._execute("postgres", creation, "database", required=True)
        rest = [statement for statement in wanted if not statement.startswith("CREATE DATABASE")]
        self._execute("postgres", rest, "database properties")

    def _analyse(self) -> None:
        found = analysing(self.target.connection, self.target.dbname)
        if found.left_out:
            self.say(f"Not analysed, since they reach foreign tables: {', '.join(found.left_out[:SHOWN])}.")
        self._execute(self.target.dbname, found.statements, "statistics")

    def _pg_restore(self, dump: Path) -> None:
        begun = time.monotonic()
        errors: list[str] = []
        filled = Progress(self.say, "Filling", self.header.tables or 0, tables)

        def line(text: str) -> None:
            if "processing data for table" in text:
                filled.count()
            if "error:" in text:
                errors.append(text.partition("error:")[2].strip())
                self.say(text)

        finished = self._program(
            f"--dbname={postgres.database_argument(self.target.dbname)}",
            f"--jobs={self.jobs}",
            "--verbose",
            str(dump),
            on_line=line,
            check=False,
        )
        if finished.returncode and not errors:
            errors.append(finished.stderr_tail.strip() or f"exit code {finished.returncode}")
        self.checks.append(_check("pg_restore ran without errors", errors, begun))

    def _program(
        self, *arguments: str, on_line: Callable[[str], None] | None = None, check: bool = True
    ) -> process.Finished:
        return process.run(
            [process.find_program("pg_restore", self.target.major), "--no-password", *arguments],
            env=postgres.environment_of(
                postgres.with_options(self.target.connection, postgres.WRITING),
                self.target.dbname,
                application_name="dataops restore",
            ),
            on_line=on_line,
            check=check,
        )

    def _execute(self, dbname: str, wanted: Iterable[str], what: str, *, required: bool = False) -> None:
        """Run statements one by one; one that fails is a red check, the others still run."""
        begun = time.monotonic()
        failed = []
        with closing(session_on(self.target.connection, dbname)) as session, session.cursor() as cursor:
            for statement in wanted:
                try:
                    with postgres.explained():
                        cursor.execute(statement)
                except postgres.QueryFailed as error:
                    if required:
                        raise
                    failed.append(f"{' '.join(statement.split()[:3])}: {error}")
        self.checks.append(_check(f"{what}: every statement ran", failed, begun))

    def _timed(self, name: str, work: Callable[[], object]) -> None:
        begun = time.monotonic()
        self.say(f"{name} …")
        work()
        seconds = time.monotonic() - begun
        self.figures.append(Figure(name=name, value=round(seconds, 3), unit="seconds"))
        self.say(f"{name}: {seconds:.1f} s")


def _check(name: str, faults: list[str], begun: float) -> Check:
    return Check(
        name=name,
        verdict=Verdict.FAILED if faults else Verdict.PASSED,
        expected=[],
        observed=list(faults[:SHOWN]),
        seconds=round(time.monotonic() - begun, 3),
        reason=f"{len(faults)} in all; the first: {faults[0]}" if faults else "",
    )


def _told(difference: Difference) -> str:
    place = f"{difference.kind} {difference.identity}{f', {difference.field}' if difference.field else ''}"
    return f"{place} is {difference.deviation}"
