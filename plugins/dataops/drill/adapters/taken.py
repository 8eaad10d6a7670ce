"""A backup that another program took, and what is known of it without a manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from dataops.backup.manifest.header import Consistency, Coverage, Encryption, Header
from dataops.backup.steps import Job
from dataops.drill.point import Point
from dataops.errors import DataOpsError
from dataops.inventory import ThirdParty


class NotRestorable(DataOpsError):
    """A backup that another program took cannot be restored as it is."""


@dataclass(frozen=True)
class Taken:
    """One backup that another program took. ``at`` is the moment that it can be restored to, UTC.

    ``place`` is what the program calls it: a path, a key, an id. ``bytes`` is 0 where nobody tells.
    """

    place: str
    at: datetime
    bytes: int = 0
    server_version: str = ""
    about: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def backup_id(self) -> str:
        """An id of the form of ours, the same whenever the same backup is found."""
        return (
            f"{self.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(self.place.encode()).hexdigest()[:6]}"
        )


def third_party(job: Job) -> ThirdParty:
    """What the subject's YAML says about who takes its backups."""
    source = job.subject.drill.third_party
    assert source is not None
    return source


def header_of(job: Job, taken: Taken, *, newest: bool) -> Header:
    """What a manifest's header would say, as far as anybody knows; ``extra.third_party`` tells the rest."""
    subject, source = job.subject, third_party(job)
    return Header(
        backup_id=taken.backup_id,
        subject=subject.name,
        kind=subject.kind,
        method=source.kind,
        environment=job.platform.environment,
        server=job.platform.inventory.server_of(subject).name,
        started=taken.at,
        finished=taken.at,
        snapshot_at=taken.at,
        consistency=Consistency.BEST_KNOWN,
        server_version=taken.server_version,
        stored_bytes=taken.bytes,
        coverage=Coverage(content="none", blind=("everything",)),
        encryption=Encryption(scheme="off"),
        extra={
            "third_party": {"kind": source.kind, "place": taken.place, "newest": newest, **taken.about},
        },
    )


def about(point: Point) -> Mapping[str, JsonValue]:
    """What the adapter put into the header of a point."""
    told = point.header.extra["third_party"]
    assert isinstance(told, dict)
    return told
