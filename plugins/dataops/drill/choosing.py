"""Which recovery point a drill restores: as asked, or as the subject's YAML says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import get_args

from dataops.backup import catalog
from dataops.backup.catalog import BACKUP_ID, Backup, Catalog
from dataops.backup.manifest.header import UnreadableManifest
from dataops.backup.physical.archive import archived
from dataops.backup.physical.verify import segment_size
from dataops.backup.restore import point as restore_point
from dataops.backup.restore.point import NoSuchPoint
from dataops.backup.steps import Job
from dataops.drill.locating import located
from dataops.drill.point import Kind, Point
from dataops.drill.turns import Unit, drills_until_covered, whose_turn
from dataops.drill.window import Window, window
from dataops.errors import InconclusiveError
from dataops.inventory import Database, PointPolicy, Server
from dataops.platform import Platform

FORMS = (
    "latest, oldest, random, a backup id like 20261123T141500Z-3f9a2c, or a time like 2026-11-23T14:15:00Z"
)


class NothingToProve(InconclusiveError):
    """The subject has no backup, so a drill can prove nothing."""


@dataclass(frozen=True)
class Choice:
    """A point without its boundary."""

    kind: Kind
    backup: Backup
    at: datetime
    because: str


def choose(job: Job, wish: str | None, *, dice: random.Random | None = None) -> Point:
    """The recovery point that ``wish`` means: one of ``FORMS``; None for the policy of the subject's YAML.

    A physical point knows the commits on both sides of it. Raises ``NoSuchPoint`` for a wish that means none,
    ``NothingToProve`` where there is no backup, ``UnreadableManifest`` where it means a damaged one.
    """
    decided_at, subject = datetime.now(UTC), job.subject
    if subject.drill.third_party is not None:
        from dataops.drill.adapters import choose as choose_foreign

        return choose_foreign(job, wish, dice=dice)
    found = catalog.read(job.platform.store, subject.name)
    for damaged in found.damaged:
        job.say(f"The manifest of {damaged.backup_id} cannot be read: {damaged.reason}")
    usable = restorable(subject, found.backups)
    _insist_on_backups(subject, found, usable)
    reach = window_of(job.platform, subject, usable) if isinstance(subject, Server) else None
    choice = _Choosing(found, usable, reach, dice or random.SystemRandom()).choice(
        wish or subject.drill.point
    )
    return replace(
        located(job, choice.kind, choice.backup.header, choice.at, choice.because, reach),
        decided_at=decided_at,
    )


def insist_on_form(wish: str) -> None:
    """Raises ``NoSuchPoint`` for a wish of none of the ``FORMS``, before a drill of it goes on record."""
    if wish not in get_args(PointPolicy) and not BACKUP_ID.match(wish):
        _moment(wish)


def _moment(wish: str) -> datetime:
    """A time without a zone is UTC."""
    try:
        asked = datetime.fromisoformat(wish)
    except ValueError:
        raise NoSuchPoint(f"{wish!r} is no recovery point: write {FORMS}.") from None
    return (asked if asked.tzinfo else asked.replace(tzinfo=UTC)).astimezone(UTC)


def restorable(subject: Database | Server, backups: Sequence[Backup]) -> tuple[Backup, ...]:
    """The backups that were made by the subject's own method, the newest first."""
    return tuple(each for each in backups if each.header.method == subject.method)


def window_of(platform: Platform, server: Server, backups: Sequence[Backup]) -> Window | None:
    """The point-in-time window of a server; None where it has no WAL archive of ours."""
    copied = [each.header.pgbackrest for each in backups if each.header.pgbackrest]
    if not copied:
        return None
    oldest = min((each.wal_start for each in copied), key=lambda name: name[8:])
    size = segment_size(backups[0].header)
    return window(backups, archived(platform.store, server, since=oldest, size=size))


def units(backups: Sequence[Backup], reach: Window | None) -> list[Unit]:
    """All that drills of a subject can see."""
    found = []
    by_id = {each.backup_id: each for each in backups}
    for backup in backups:
        drilled = [proof.at for proof in backup.proofs if proof.kind == "backup"]
        found.append(
            Unit(
                backup.backup_id,
                "itself",
                backup.header.snapshot_at,
                drilled_at=max(drilled, default=None),
                proven=backup.proven,
            )
        )
    for place, stretch in enumerate(reach.stretches if reach else ()):
        last = reach is not None and place == len(reach.stretches) - 1
        drilled = [
            proof.at
            for proof in by_id[stretch.backup_id].proofs
            if proof.kind != "backup" and proof.reached and (last or proof.reached >= stretch.ends)
        ]
        if stretch.ends > stretch.begins:
            found.append(
                Unit(stretch.backup_id, "until the next", stretch.ends, drilled_at=max(drilled, default=None))
            )
    return found


def drills_left(backups: Sequence[Backup], reach: Window | None) -> int:
    """Within how many drills by ``coverage`` everything retained now will have been seen."""
    return drills_until_covered(units(backups, reach))


@dataclass(frozen=True)
class _Choosing:
    """One choice among the backups of a subject, the newest first."""

    found: Catalog
    backups: tuple[Backup, ...]
    reach: Window | None
    dice: random.Random

    def choice(self, wish: str) -> Choice:
        match wish:
            case "latest":
                return self._latest()
            case "oldest":
                oldest = self.backups[-1]
                return self._itself(oldest, f"the oldest of {len(self.backups)} backups")
            case "random":
                return self._random()
            case "coverage":
                return self._coverage()
        if BACKUP_ID.match(wish):
            return self._itself(self._named(wish), "asked for by its id")
        return self._at(wish)

    def _latest(self) -> Choice:
        newest = self.backups[0]
        for damaged in self.found.damaged:
            if catalog.started_at(damaged.backup_id) > newest.header.started:
                raise UnreadableManifest(
                    f"The newest backup, {damaged.backup_id}, cannot be restored: {damaged.reason}"
                )
        if self.reach is None:
            return self._itself(newest, "the newest backup")
        return self._end(newest, "the end of the archived WAL")

    def _random(self) -> Choice:
        if self.reach is None or not self.reach.seconds:
            drawn = self.dice.choice(self.backups)
            return self._itself(drawn, f"drawn from {len(self.backups)} backups")
        stretch, moment = self.reach.at(self.dice.random())
        because = f"a moment drawn from a window of {self.reach.seconds:,.0f} s"
        return Choice("instant", self._of(stretch.backup_id), moment, because)

    def _coverage(self) -> Choice:
        turn = whose_turn(
            units(self.backups, self.reach),
            newest=self.backups[0].backup_id,
            newest_was_last=newest_was_last(self.backups),
        )
        backup = self._of(turn.unit.backup_id)
        if turn.unit.part == "itself":
            return self._itself(backup, turn.because)
        if self.reach is not None and turn.unit.backup_id == self.reach.stretches[-1].backup_id:
            return self._end(backup, turn.because)
        return Choice("instant", backup, turn.unit.until, turn.because)

    def _named(self, backup_id: str) -> Backup:
        for damaged in self.found.damaged:
            if damaged.backup_id == backup_id:
                raise UnreadableManifest(f"{backup_id} cannot be restored: {damaged.reason}")
        if backup_id in self.found.unfinished:
            raise NoSuchPoint(f"{backup_id} has no manifest: its run has not ended yet, or died before it.")
        return restore_point.choose(self.backups, backup_id)

    def _at(self, wish: str) -> Choice:
        moment = _moment(wish)
        if moment > datetime.now(UTC):
            raise NoSuchPoint(f"{wish} lies in the future: nothing can be restored to it.")
        if self.reach is None:
            chosen = restore_point.choose(self.backups, moment.isoformat())
            return self._itself(chosen, f"the newest backup at or before {moment:%Y-%m-%d %H:%M:%S} UTC")
        stretch = self.reach.holding(moment)
        if stretch is None:
            raise NoSuchPoint(f"{wish} cannot be restored: {_reaches(self.reach)}")
        return Choice("instant", self._of(stretch.backup_id), moment, "the moment that was asked for")

    def _itself(self, backup: Backup, because: str) -> Choice:
        return Choice("backup", backup, backup.header.snapshot_at, because)

    def _end(self, backup: Backup, because: str) -> Choice:
        reached = self.reach.ends if self.reach else None
        return Choice("end of archive", backup, reached or backup.header.snapshot_at, because)

    def _of(self, backup_id: str) -> Backup:
        return next(each for each in self.backups if each.backup_id == backup_id)


def newest_was_last(backups: Sequence[Backup]) -> bool:
    """Whether the latest drill took, itself, what was the newest backup when it began."""
    drills = [(proof.at, proof, each) for each in backups for proof in each.proofs]
    if not drills:
        return False
    _, proof, drilled = max(drills, key=lambda drill: drill[0])
    begun = proof.started or proof.at
    newer = (
        each
        for each in backups
        if each.header.finished <= begun and each.header.snapshot_at > drilled.header.snapshot_at
    )
    return proof.kind == "backup" and not any(True for _ in newer)


def _insist_on_backups(subject: Database | Server, found: Catalog, usable: Sequence[Backup]) -> None:
    if usable:
        return
    if found.damaged:
        raise UnreadableManifest(
            f"No backup of {subject.name} can be restored: {found.damaged[0].backup_id}: "
            f"{found.damaged[0].reason}"
        )
    if found.backups:
        raise NothingToProve(
            f"{subject.name} has no {subject.method} backup yet, only of another method: "
            "nothing could be proven. Back it up, then drill."
        )
    raise NothingToProve(
        f"{subject.name} has no backup yet: nothing could be proven. Back it up, then drill."
    )


def _reaches(reach: Window) -> str:
    if reach.begins is None or reach.ends is None:
        return "no backup has the WAL that it needs."
    begins, ends = (f"{each:%Y-%m-%d %H:%M:%S}" for each in (reach.begins, reach.ends))
    missing = f"; in between {', '.join(reach.gaps)} is missing" if reach.gaps else ""
    return f"the archived WAL reaches from {begins} to {ends} UTC{missing}."
