"""Which of the backups that others took a drill restores."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from dataops.backup.catalog import BACKUP_ID
from dataops.backup.restore.point import NoSuchPoint
from dataops.backup.steps import Job
from dataops.drill.adapters.adapter import adapter_of
from dataops.drill.adapters.taken import Taken, header_of, third_party
from dataops.drill.point import Point
from dataops.errors import InconclusiveError

LOOKED_AT = 60
"""Earlier drills that ``coverage`` looks back on."""


class NothingToDrill(InconclusiveError):
    """There is no backup where the YAML says that another program keeps them."""


def choose(job: Job, wish: str | None, *, dice: random.Random | None = None) -> Point:
    """The point that ``wish`` means: latest, oldest, random, a backup id, a time; None for the YAML's policy.

    Raises ``NoSuchPoint`` for a wish that means none, ``NothingToDrill`` where there is no backup.
    """
    decided_at, adapter, source = datetime.now(UTC), adapter_of(job), third_party(job)
    found = adapter.backups()
    if not found:
        raise NothingToDrill(
            f"No backup of {source.kind} is in {source.location}: a drill can prove nothing."
        )
    taken, because = _chosen(job, found, wish or job.subject.drill.point, dice or random.SystemRandom())
    return Point(
        kind=adapter.point_kind,
        header=header_of(job, taken, newest=taken is found[0]),
        at=taken.at,
        chosen_because=f"{because}, taken by {source.kind}",
        decided_at=decided_at,
    )


def _chosen(job: Job, found: Sequence[Taken], wish: str, dice: random.Random) -> tuple[Taken, str]:
    match wish:
        case "latest":
            return found[0], "the newest"
        case "oldest":
            return found[-1], f"the oldest of {len(found)}"
        case "random":
            return dice.choice(found), f"one of {len(found)} by chance"
        case "coverage":
            return in_turn(found, drilled(job))
    if BACKUP_ID.match(wish):
        for taken in found:
            if taken.backup_id == wish:
                return taken, "asked for by its id"
        raise NoSuchPoint(f"No backup has the id {wish}; the newest is {found[0].backup_id}.")
    return _until(found, wish)


def in_turn(found: Sequence[Taken], drilled_before: Sequence[str]) -> tuple[Taken, str]:
    """The newest that no drill has seen, else the one seen longest ago; the latest drill comes first."""
    for taken in found:
        if taken.backup_id not in drilled_before:
            return taken, "coverage: the newest that no drill has seen"
    longest_ago = max(found, key=lambda taken: drilled_before.index(taken.backup_id))
    return longest_ago, "coverage: seen longest ago"


def drilled(job: Job) -> list[str]:
    """The backups of the subject's latest drills, by their evidence, the latest first."""
    from dataops.evidence import listing

    found = []
    for link in islice(listing.records(job.platform.store, "restore_drill", job.subject.name), LOOKED_AT):
        point = listing.show(job.platform.store, link.key).details.get("point")
        if isinstance(point, dict):
            found.append(str(point.get("backup_id")))
    return found


def _until(found: Sequence[Taken], wish: str) -> tuple[Taken, str]:
    try:
        at = datetime.fromisoformat(wish)
    except ValueError:
        raise NoSuchPoint(
            f"{wish!r} is no point: write latest, oldest, random, a backup id or a time."
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    for taken in found:
        if taken.at <= at:
            return taken, f"the newest until {wish}"
    raise NoSuchPoint(f"The oldest backup is of {found[-1].at:%Y-%m-%d %H:%M:%S} UTC: {wish} lies before it.")
