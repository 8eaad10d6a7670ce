"""What a drill measured: RTO by its phases and RPO against their objectives, the window, the trend."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.backup import catalog
from dataops.backup.catalog import Catalog
from dataops.backup.freshness import freshness, spell
from dataops.backup.steps import Job
from dataops.drill.choosing import drills_left, restorable, window_of
from dataops.drill.proof import GAPLESS, NOT_ABOUT_THE_BACKUP, READABLE
from dataops.drill.trend import Run, trend
from dataops.drill.window import Window, replayed_by
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Figure, Verdict, overall
from dataops.inventory import Server
from dataops.store.errors import ObjectMissing

if TYPE_CHECKING:
    from dataops.drill.restored import RestoredServer

log = logging.getLogger(__name__)

CAPABILITY = "restore_drill"
LOOKED_AT = 60
"""Runs that the trend looks back on."""
RPO_CHECK = "RPO within objective"


@dataclass(frozen=True)
class Measured:
    """Checks of the objectives, figures with units, and what the evidence says in more words."""

    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    details: Mapping[str, JsonValue]


def measure(job: Job, server: RestoredServer, checks: Sequence[Check]) -> Measured:
    """What the drill of ``server`` measured; ``checks`` are those that ran on it.

    Never raises for what it meets: the checks that ran must come into the evidence. What could not be
    measured is an inconclusive line.
    """
    phases = _phases(server, checks)
    size = Figure(name="database size", value=server.header.database_bytes, unit="bytes")
    found = _Found(
        checks=[rto_check(server.phases.rto, job.subject.objectives.rto.total_seconds(), phases)],
        figures=[*phases, size],
        details={"trend": _trend(job, server)},
    )
    try:
        _look_back(job, server, checks, found)
    except (DataOpsError, ValueError) as error:
        reason = f"could not run: {error if isinstance(error, DataOpsError) else type(error).__name__}"
        found.checks.append(Check(name="measuring", verdict=Verdict.INCONCLUSIVE, reason=reason))
    return Measured(tuple(found.checks), tuple(found.figures), found.details)


@dataclass
class _Found:
    """What is measured so far."""

    checks: list[Check]
    figures: list[Figure]
    details: dict[str, JsonValue]


def _look_back(job: Job, server: RestoredServer, checks: Sequence[Check], found: _Found) -> None:
    """What the catalog, the archive and the primary's archiver say beside this drill."""
    read = catalog.read(job.platform.store, job.subject.name)
    usable, loss = restorable(job.subject, read.backups), _Loss(job, server, read)
    found.checks += [loss.check(), _readable(read)]
    found.figures += loss.figures()
    reach = window_of(job.platform, job.subject, usable) if isinstance(job.subject, Server) else None
    if reach is not None:
        found.checks.append(_gapless(reach))
    found.details["drills until covered"] = drills_left(usable, reach)
    about = [check for check in (*checks, *found.checks) if check.name not in NOT_ABOUT_THE_BACKUP]
    found.figures += _proven(server, usable, reach, passed=overall(about) is Verdict.PASSED)


def rto_check(rto: float, objective: float, phases: Sequence[Figure]) -> Check:
    """Failed where restoring took longer than promised; inconclusive where nobody measured it."""
    name, expected = "RTO within objective", f"at most {duration(objective)}"
    if rto <= 0:
        reason = "could not run: no phase of the restore was measured"
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=reason)
    parts = [f"{each.name} {duration(each.value)}" for each in phases if each.name in PHASES and each.value]
    missed = rto > objective
    return Check(
        name=name,
        verdict=Verdict.FAILED if missed else Verdict.PASSED,
        expected=expected,
        observed=f"{duration(rto)} ({', '.join(parts)})",
        reason=f"restoring took {duration(rto)}; promised is {duration(objective)}" if missed else "",
    )


PHASES = ("fetch", "restore", "replay", "start", "analyze")


def _phases(server: RestoredServer, checks: Sequence[Check]) -> list[Figure]:
    phases = server.phases
    seconds = {name: float(getattr(phases, name)) for name in PHASES}
    # Checks run side by side: added up, theirs is more than the time that passed.
    seconds["checks, added up"] = sum(check.seconds for check in checks)
    seconds["rto"] = phases.rto
    return [Figure(name=name, value=round(value, 3), unit="seconds") for name, value in seconds.items()]


class _Loss:
    """What a disaster at the moment of decision would have lost.

    Only a drill of the newest recoverable moment can say so: an older point is reported, not judged.
    """

    def __init__(self, job: Job, server: RestoredServer, found: Catalog) -> None:
        self.job, self.server = job, server
        self.decided = server.point.decided_at or datetime.now(UTC)
        self.rpo = job.subject.objectives.rpo
        usable = restorable(job.subject, found.backups)
        self.newest = usable[0].header if usable else server.header
        self.archived = isinstance(job.subject, Server) and server.method == "physical"

    @property
    def is_newest(self) -> bool:
        """Whether the drill restored the newest moment that can be restored."""
        if self.archived:
            return self.server.point.kind == "end of archive"
        foreign = self.server.header.extra.get("third_party")
        if isinstance(foreign, dict):
            return foreign.get("newest") is True
        return self.server.header.backup_id == self.newest.backup_id

    @property
    def survived(self) -> datetime | None:
        """The newest moment that the restored server holds; None where it holds no commit that tells.

        Of a server this is its last replayed commit, the heartbeat's or another; where it replayed none, the
        last commit of the WAL before the backup, which is in the copied files.
        """
        if not self.archived:
            return self.server.header.snapshot_at
        boundary = self.server.point.boundary
        known = boundary.before.at if boundary and boundary.before else None
        return self.server.last_commit or known

    def check(self) -> Check:
        expected = f"at most {spell(self.rpo)}"
        if not self.is_newest:
            reason = (
                "this drill restored an older point; what a disaster now would lose is not measured by it"
            )
            return Check(name=RPO_CHECK, verdict=Verdict.NOT_APPLICABLE, expected=expected, reason=reason)
        return checked(RPO_CHECK, expected, self._look)

    def figures(self) -> list[Figure]:
        """``rpo`` of the newest point; of an older one its age, which is no loss."""
        if self.survived is None:
            return []
        age = max((self.decided - self.survived).total_seconds(), 0.0)
        return [
            Figure(name="rpo" if self.is_newest else "age of the point", value=round(age, 3), unit="seconds")
        ]

    def _look(self) -> Seen:
        seen = None if self.survived is None else freshness(self.survived, self.rpo, self.decided)
        if seen is not None and (seen.well or not self.archived):
            return seen
        return self._idle(seen)

    def _idle(self, seen: Seen | None) -> Seen:
        """A server that wrote nothing lost nothing, however old its last commit is: its archiver knows."""
        from dataops.backup.physical import wal_status

        assert isinstance(self.job.subject, Server)
        told = wal_status(self.job.platform, self.job.subject).newest_recoverable
        if told is None:
            raise InconclusiveError("nothing says up to when the archive is complete")
        archived = freshness(told, self.rpo, self.decided)
        last = "no commit was replayed" if seen is None else f"last replayed commit: {seen.observed}"
        words = f"{last}; by the primary's archiver, all older than {told:%Y-%m-%d %H:%M:%S} UTC is archived"
        return Seen(archived.well, words, "" if archived.well else (seen.reason if seen else archived.reason))


def _readable(found: Catalog) -> Check:
    damaged = [f"{each.backup_id}: {each.reason}" for each in found.damaged]
    return checked(
        READABLE,
        [],
        lambda: Seen(not damaged, damaged, "a manifest that cannot be read is no backup" if damaged else ""),
    )


def _gapless(reach: Window) -> Check:
    missing = [*reach.gaps, *(f"backup {each} lacks its own WAL" for each in reach.unreachable)]
    reason = "moments behind a gap cannot be restored" if missing else ""
    return checked(GAPLESS, [], lambda: Seen(not missing, missing, reason))


def _proven(
    server: RestoredServer, backups: Sequence[catalog.Backup], reach: Window | None, *, passed: bool
) -> list[Figure]:
    """How much of what is retained is proven, this drill included."""
    if not backups:  # another program keeps them
        return []
    ids = {each.backup_id for each in backups if each.proven and each.backup_id != server.header.backup_id}
    count = len(ids) + passed
    share = 100 * count / len(backups)
    figures = [Figure(name="backups proven", value=round(share, 1), unit="%")]
    if reach is None:
        return figures
    spans = [span for each in backups for span in replayed_by(each)]
    if passed and server.point.kind != "backup":
        spans.append((server.header.snapshot_at, server.point.at))
    proven = reach.proven_share(spans)
    figures.append(Figure(name="window", value=round(reach.seconds, 3), unit="seconds"))
    if proven is not None:
        figures.append(Figure(name="window proven", value=round(100 * proven, 1), unit="%"))
    return figures


def _trend(job: Job, server: RestoredServer) -> JsonValue:
    """The trend over runs that restored the same kind of point, this one included."""
    try:
        runs = past_runs(job, server.point.kind)
    except DataOpsError as error:
        return {"words": f"no forecast: earlier runs could not be read: {error}"}
    now = Run(datetime.now(UTC), server.phases.rto, float(server.header.database_bytes))
    return trend([*runs, now], job.subject.objectives.rto.total_seconds()).to_json()


def past_runs(job: Job, kind: str) -> list[Run]:
    """The newest drills of the subject that measured an RTO for this kind of point, from their evidence."""
    from dataops.evidence import listing

    links = listing.records(job.platform.store, CAPABILITY, job.subject.name)
    found = []
    for link in islice(links, LOOKED_AT):
        try:
            record = listing.show(job.platform.store, link.key)
        except (ObjectMissing, ValueError) as error:  # verifying the chain tells of it, a trend does not
            log.warning("The record %s is left out of the trend: %s", link.key, type(error).__name__)
            continue
        figures = {figure.name: figure.value for figure in record.figures}
        point = record.details.get("point")
        same = isinstance(point, dict) and point.get("kind") == kind
        if same and figures.get("rto", 0) > 0:
            found.append(Run(record.started, figures["rto"], figures.get("database size")))
    return found
