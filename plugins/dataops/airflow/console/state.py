"""What the page *Backups* shows: one line per subject, worked out from evidence alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from dataops.airflow.console.wording import in_need
from dataops.backup.freshness import spell
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict

if TYPE_CHECKING:
    from dataops.evidence.chain import Link
    from dataops.evidence.verdict import Check
    from dataops.inventory import InvalidFile, Subject
    from dataops.platform import Platform

RUNS_SHOWN = 14
DRILLS_READ = 5
"""Drills among which the newest proof is looked for."""
READERS = 8
LATE_WATCH = timedelta(minutes=30)
"""A watch that has not spoken for three of its turns says nothing about now."""


@dataclass(frozen=True)
class Line:
    """One subject: its last backups and drills, the newest first, and what the watch last said of its RPO."""

    subject: Subject
    runs: tuple[Link, ...]
    promise: Check | None
    trouble: str = ""
    drills: tuple[Link, ...] = ()
    newer_than_watch: bool = False
    """Whether a backup passed since the watch looked, so that its word is no longer about now."""

    @property
    def last(self) -> Link | None:
        """The newest run."""
        return self.runs[0] if self.runs else None

    @property
    def newest_backup(self) -> Link | None:
        """The newest run that left a backup, as far as the runs shown reach."""
        return next((run for run in self.runs if run.verdict is Verdict.PASSED), None)

    @property
    def last_drill(self) -> Link | None:
        """The newest drill."""
        return self.drills[0] if self.drills else None

    @property
    def newest_proof(self) -> Link | None:
        """The newest drill that passed, as far as the drills shown reach."""
        return next((drill for drill in self.drills if drill.verdict is Verdict.PASSED), None)

    @property
    def well(self) -> bool:
        """Whether backup and drill last passed and the watch, not long ago, found the promise kept.

        Before its first drill a subject is not unwell: the page says that nothing is proven yet.
        """
        kept = self.promise is not None and self.promise.verdict is Verdict.PASSED
        backed_up = self.last is not None and self.last.verdict is Verdict.PASSED
        return kept and backed_up and (self.last_drill is None or self.last_drill.verdict is Verdict.PASSED)

    def age(self, now: datetime) -> timedelta | None:
        """Time since the newest backup began."""
        found = self.newest_backup
        return now - found.started if found else None

    def share_of_rpo(self, now: datetime) -> float | None:
        """The newest backup's age as a share of the RPO; None where it is WAL that keeps the promise."""
        age = self.age(now)
        if age is None or self.subject.method == "physical":
            return None
        return age / self.subject.objectives.rpo


@dataclass(frozen=True)
class State:
    """The page at one moment. ``broken`` are subjects whose files cannot be read: nobody backs them up."""

    environment: str
    lines: tuple[Line, ...]
    watch: Link | None
    now: datetime
    broken: tuple[InvalidFile, ...] = ()

    @property
    def watch_is_late(self) -> bool:
        """Whether the watch's word is too old to be believed."""
        return self.watch is None or self.now - self.watch.finished > LATE_WATCH

    @property
    def headline(self) -> str:
        """The one sentence that somebody who has five seconds reads."""
        if not (self.lines or self.broken):
            return "You may see no subject, or the inventory is empty."
        if self.watch_is_late:
            since = f"for {spell(self.now - self.watch.finished)}" if self.watch else "yet"
            return f"Unknown: the watch has not spoken {since}."
        well, of = sum(line.well for line in self.lines), len(self.lines) + len(self.broken)
        if well < of:
            return in_need(of - well, of, "subject")
        every = "The only subject" if of == 1 else f"All {of} subjects"
        if self.watch is not None and self.watch.verdict is not Verdict.PASSED:
            return f"{every} could be recovered now, but the watch is red for something else."
        return f"{every} could be recovered now, as promised."


def state(
    platform: Platform,
    subjects: Iterable[Subject],
    now: datetime | None = None,
    *,
    broken: Iterable[InvalidFile] = (),
) -> State:
    """The state of these subjects, the ones that need somebody first."""
    from dataops.evidence import chain, listing

    now = now or datetime.now(UTC)
    watch = next(chain.newest(platform.store, "backup_watch", platform.environment), None)
    late = watch is None or now - watch.finished > LATE_WATCH
    promises = {} if late or watch is None else _promises(listing.show(platform.store, watch.key).checks)
    with ThreadPoolExecutor(READERS) as pool:
        lines = pool.map(
            lambda subject: _line(platform, subject, promises.get(subject.name), watch), subjects
        )
        ordered = tuple(sorted(lines, key=lambda line: (line.well, line.subject.name)))
    return State(platform.environment, ordered, watch, now, tuple(broken))


def _line(platform: Platform, subject: Subject, promise: Check | None, watch: Link | None) -> Line:
    from dataops.evidence import chain

    try:
        runs = tuple(islice(chain.newest(platform.store, "backup", subject.name), RUNS_SHOWN))
        drills = tuple(islice(chain.newest(platform.store, "restore_drill", subject.name), DRILLS_READ))
    except DataOpsError as error:
        return Line(subject, (), promise, str(error))
    line = Line(subject, runs, promise, drills=drills)
    newest = line.newest_backup
    # What the watch found well cannot have become worse by a backup.
    red = promise is not None and promise.verdict is not Verdict.PASSED
    return replace(line, newer_than_watch=bool(red and newest and watch and newest.finished > watch.finished))


def _promises(checks: Sequence[Check]) -> dict[str, Check]:
    """From subject to the watch's check of its RPO."""
    marked = ((*check.name.partition(": newest recoverable moment"), check) for check in checks)
    return {name: check for name, mark, _, check in marked if mark}
