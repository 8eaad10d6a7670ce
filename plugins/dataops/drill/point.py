"""Recovery points: what a drill restores, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from pydantic import JsonValue

from dataops.backup import catalog
from dataops.backup.manifest.header import Header
from dataops.drill.boundary import Boundary
from dataops.inventory import Database, Server
from dataops.platform import Platform

Kind = Literal["backup", "instant", "end of archive"]


@dataclass(frozen=True)
class Point:
    """One recovery point.

    ``backup``: the manifest's own moment. ``instant``: a time inside a server's point-in-time window.
    ``end of archive``: all that the archived WAL reaches. ``at`` is UTC; ``chosen_because`` is for people.
    """

    kind: Kind
    header: Header
    at: datetime
    chosen_because: str
    lsn: str | None = None
    """Of an instant: the exact end of recovery, by WAL order (exclusive), where it is known."""
    boundary: Boundary | None = None
    """Of a physical backup: the commits on both sides of where recovery must stop."""
    decided_at: datetime | None = None
    """When it was decided to restore, UTC: what a disaster then would have lost is measured from it."""

    @property
    def is_foreign(self) -> bool:
        """Whether another program took the backup, so that it is in no catalog of ours."""
        return "third_party" in self.header.extra

    def to_json(self) -> dict[str, JsonValue]:
        """What travels between tasks: the header stays in the store, but for one that is not there."""
        return {
            "kind": self.kind,
            "backup_id": self.header.backup_id,
            "at": self.at.isoformat(),
            "chosen_because": self.chosen_because,
            "lsn": self.lsn,
            "boundary": self.boundary.to_json() if self.boundary else None,
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            **({"header": self.header.model_dump(mode="json")} if self.is_foreign else {}),
        }

    @classmethod
    def from_json(cls, told: object, platform: Platform, subject: Database | Server) -> Point:
        """The point that ``to_json`` told, its header read from the store again."""
        point = cast(Mapping[str, Any], told)
        if "header" in point:
            header = Header.model_validate(point["header"])
        else:
            header = catalog.header(platform.store, subject.name, str(point["backup_id"]))
        return cls(
            kind=point["kind"],
            header=header,
            at=datetime.fromisoformat(point["at"]),
            chosen_because=point["chosen_because"],
            lsn=point["lsn"],
            boundary=Boundary.from_json(point["boundary"]) if point.get("boundary") else None,
            decided_at=datetime.fromisoformat(point["decided_at"]) if point.get("decided_at") else None,
        )
