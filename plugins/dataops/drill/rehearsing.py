"""The rehearsal of an environment: a subject in its turn, so that every method's drill is rehearsed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dataops.backup import catalog
from dataops.errors import ConfigurationError
from dataops.evidence.record import Record
from dataops.evidence.steps import Say
from dataops.platform import Platform


@dataclass(frozen=True)
class Candidate:
    """A subject that has a backup to rehearse with: its newest one's method and bytes of data."""

    name: str
    method: str
    size: int


def rehearse_in_turn(
    platform: Platform,
    *,
    say: Say,
    today: date,
    name: str | None = None,
    only: Collection[str] | None = None,
    lineage: Mapping[str, str] | None = None,
) -> Record:
    """The record of one rehearsal, told of the environment; of the subject ``name``, or of the one in turn.

    ``ConfigurationError`` where no subject has a backup.
    """
    from dataops.drill.rehearsal import rehearse

    chosen = name or in_turn(_candidates(platform), today).name
    say(f"Rehearsing with the newest backup of {chosen}.")
    record = rehearse(platform, chosen, say=say, only=only)
    return record.model_copy(
        update={
            "subject": platform.environment,
            "reason": f"{chosen}: {record.reason}",
            "details": {"subject": chosen, **record.details},
            "lineage": record.lineage.model_copy(update=dict(lineage or {})),
        }
    )


def in_turn(candidates: Iterable[Candidate], today: date) -> Candidate:
    """Of this week's method the smallest: it is the drill that is rehearsed, and not the data. Pure."""
    found = sorted(candidates, key=lambda each: (each.size, each.name))
    if not found:
        raise ConfigurationError("No subject has a backup to rehearse with: take one first.")
    methods = sorted({each.method for each in found})
    due = methods[today.toordinal() // 7 % len(methods)]
    return next(each for each in found if each.method == due)


def _candidates(platform: Platform) -> Iterable[Candidate]:
    for subject in platform.inventory.active:
        newest = catalog.newest(platform.store, subject.name).backups if subject.drill.enabled else ()
        for backup in newest[:1]:
            if backup.header.rds is not None:  # nothing of a snapshot can be damaged
                continue
            yield Candidate(subject.name, subject.method, backup.header.database_bytes)
