"""Restoring a server from a physical backup, to any moment that the archived WAL reaches."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dataops.backup import catalog
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import Difference, differences
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency
from dataops.backup.restore.aim import Aim, aim
from dataops.backup.restore.copying import Copying, recovery_folder
from dataops.backup.restore.opening import opened
from dataops.backup.restore.own_copy import own_copies
from dataops.backup.sealing import Seal
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say, StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.inventory import Server
from dataops.platform import Platform

SHOWN = 20
DAY = 86400.0
"""Seconds that pgBackRest, and then recovery, may take: the real day knows no shorter deadline."""


def restore_physical(
    platform: Platform,
    subject: Server,
    *,
    point: str,
    target: Path,
    say: Say,
    dry_run: bool = False,
    verify: bool = False,
    from_replica: bool = False,
) -> StepReport:
    """The server's data directory as of ``point``, in a folder that was empty.

    With ``verify`` it is opened once, unreachable for others, recovered, and held against its manifest.
    """
    started = datetime.now(UTC)
    store = platform.replica if from_replica else platform.store
    if store is None:
        raise ConfigurationError("There is no replica bucket to restore from: set DATAOPS_REPLICA_BUCKET.")
    backups = catalog.backups(store, subject.name)
    goal = aim(own_copies(backups) if from_replica else backups, point)
    run = _Restore(platform, subject, goal, target.absolute(), 2 if from_replica else 1, say)
    run.insist_on_empty_target()
    run.say_steps(verify=verify)
    if dry_run:
        reason = "dry run: nothing was restored"
        skipped = Check(name="restored", verdict=Verdict.NOT_APPLICABLE, reason=reason)
        return StepReport(step="restore", started=started, finished=datetime.now(UTC), checks=(skipped,))
    begun = time.monotonic()
    run.restore()
    restored = Figure(name="restore", value=round(time.monotonic() - begun, 3), unit="seconds")
    checks: tuple[Check, ...] = (Check(name="restored", verdict=Verdict.PASSED, observed=str(run.target)),)
    if verify:
        checks += run.verify()
    else:
        run.say_how_to_start()
    return StepReport(
        step="restore",
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        figures=(restored, Figure(name="size", value=goal.header.database_bytes, unit="bytes")),
        programs=goal.header.programs,
        data={"backup_id": goal.header.backup_id, "target": str(run.target)},
    )


@dataclass(frozen=True)
class _Restore:
    """One restore: what from, where to, up to which moment."""

    platform: Platform
    server: Server
    aim: Aim
    target: Path
    repo: int
    say: Say

    @property
    def recovery_folder(self) -> Path:
        """Where the restored server finds pgBackRest's configuration while it recovers. It holds secrets."""
        return recovery_folder(self.target)

    @property
    def user(self) -> str | None:
        """Who shall own the data directory, where that is not ourselves: PostgreSQL refuses root."""
        if os.getuid() != 0:
            return None
        owner = self.target.stat().st_uid if self.target.exists() else 0
        return pwd.getpwuid(owner).pw_name if owner else "postgres"

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.aim.header.server_version, maxsplit=1)[0])

    def insist_on_empty_target(self) -> None:
        """``ConfigurationError`` where anything lies in the target, or its parent is missing."""
        if self.target.exists() and (not self.target.is_dir() or any(self.target.iterdir())):
            raise ConfigurationError(
                f"{self.target} is not empty: name a folder that is, or one that does not exist."
            )
        if not self.target.parent.is_dir():
            raise ConfigurationError(
                f"{self.target.parent} does not exist: make it, then restore into {self.target}."
            )
        if self.recovery_folder.exists():
            raise ConfigurationError(f"{self.recovery_folder} is left from another restore: remove it first.")

    def say_steps(self, *, verify: bool) -> None:
        header, owner = self.aim.header, self.user or getpass.getuser()
        self.say(f"1. Copy backup {header.backup_id} into {self.target}: {self.aim.label},")
        self.say(f"   {header.database_bytes / 1e6:,.1f} MB from repository {self.repo}, owned by {owner}.")
        self.say(f"2. Recover to {self.aim.words}, then open for writing on a new timeline.")
        self.say("   archive_mode is off, subscriptions stand still: it cannot touch the real archive.")
        if verify:
            self.say("3. Open it once, reachable by nobody else, hold it against the manifest, stop it.")

    def restore(self) -> None:
        """pgBackRest's restore, with progress."""
        copying = Copying(self.platform, self.server, self.aim, self.target, repo=self.repo, user=self.user)
        copying.run(deadline=DAY, say=_Progress(self.say))

    def say_how_to_start(self) -> None:
        self.say(f"Restored. Start it: {_pg_ctl(self.major)} -D {self.target} start")
        self.say(f"It recovers by {self.recovery_folder}, which holds secrets: remove it afterwards.")
        self.say(
            "Before it serves: archive_mode and max_logical_replication_workers in postgresql.auto.conf."
        )

    def verify(self) -> tuple[Check, ...]:
        """Whether it recovers and opens, and equals its manifest where that tells of this very moment."""
        begun = time.monotonic()
        login = self.platform.connection(self.server.connection)
        with opened(
            self.target, major=self.major, user=self.user, login=login, seconds=DAY, say=self.say
        ) as restored:
            seconds = round(time.monotonic() - begun, 3)
            self.say(f"Recovered and open after {seconds:g} s.")
            recovered = Check(name="recovered to the point", verdict=Verdict.PASSED, seconds=seconds)
            checks = (recovered, self._compared(restored))
        shutil.rmtree(self.recovery_folder)
        self.say(f"Stopped. Start it: {_pg_ctl(self.major)} -D {self.target} start")
        return checks

    def _compared(self, restored: Connection) -> Check:
        name = "equals its manifest"
        if not self.aim.exact:
            reason = "no manifest was taken at this very moment: restore a backup id to compare"
            return Check(name=name, verdict=Verdict.NOT_APPLICABLE, reason=reason)
        found = [f"{dbname}: {_spelt(each)}" for dbname, each in self._differences(restored)]
        for line in found[:SHOWN]:
            self.say(f"Differs: {line}")
        exact = self.aim.header.consistency is Consistency.EXACT_LSN
        red = Verdict.FAILED if exact else Verdict.INCONCLUSIVE
        reason = (
            ""
            if exact
            else "the manifest was read from a primary in use, so differences may be its later writes"
        )
        return Check(
            name=name,
            verdict=red if found else Verdict.PASSED,
            expected=[],
            observed=[*found[:SHOWN]],
            reason=(found[0] if exact else reason) if found else "",
        )

    def _differences(self, restored: Connection) -> list[tuple[str, Difference]]:
        keys, header = self.platform.keys, self.aim.header
        seal = Seal(keys if header.encryption.recipients else None)
        store = self.platform.store if self.repo == 1 else self.platform.replica
        assert store is not None
        parts = header.extra.get("details")
        found = []
        for dbname, key in sorted(parts.items() if isinstance(parts, dict) else ()):
            expected = Details.from_bytes(seal.open(store.get(str(key))), str(key))
            self.say(f"Reading {dbname}.")
            observed = collect(restored, dbname=dbname, keys=keys, content=_content(expected))
            found += [(dbname, each) for each in differences(expected, observed, method="physical")]
        return found


def _content(expected: Details) -> str:
    return "definitions" if expected.content == "definitions" else "full"


def _pg_ctl(major: int) -> str:
    return f"/usr/lib/postgresql/{major}/bin/pg_ctl"


def _spelt(each: Difference) -> str:
    what = f"{each.kind} {each.identity}" + (f", {each.field}" if each.field else "")
    return f"{what}: {each.deviation.value}"


class _Progress:
    """Tells every tenth part from pgBackRest's line per file, such as ``restore file … (8KB, 12.34%)``."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.next = say, 10

    def __call__(self, line: str) -> None:
        found = re.search(r"restore file .*, (\d+(?:\.\d+)?)%\)", line)
        if found and float(found[1]) >= self.next:
            self.say(f"Copied {self.next} %.")
            self.next = int(float(found[1]) // 10 + 1) * 10
