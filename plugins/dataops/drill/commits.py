"""Commits as pg_waldump shows them, in the order of the WAL. Pure.

Commit times are not in WAL order: a transaction takes its time before it gets its place in the WAL. So what
recovery keeps and what it leaves is told by place (LSN) and transaction, never by time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, cast

from pydantic import JsonValue

from dataops.backup.physical.wal import position

_RECORD = re.compile(
    r"^rmgr: Transaction .*?tx:\s*(?P<tx>\d+), lsn: (?P<lsn>[0-9A-F]+/[0-9A-F]+), prev \S+ desc: "
    r"COMMIT(?:_PREPARED (?P<prepared>\d+):)? "
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC(?P<rest>.*)$"
)
_SUBTRANSACTIONS = re.compile(r"; subxacts:((?: \d+)+)")
KEPT_SUBTRANSACTIONS = 50
"""A commit can carry thousands; so many are looked at on the restored server."""


@dataclass(frozen=True)
class Commit:
    """One commit record. ``lsn`` is where it begins; ``xid`` and ``subxids`` are 32 bits wide."""

    xid: int
    lsn: str
    at: datetime
    subxids: tuple[int, ...] = ()
    prepared: bool = False
    """Committed by COMMIT PREPARED: before it, the transaction was there as a prepared one."""

    def to_json(self) -> dict[str, JsonValue]:
        """What travels between tasks."""
        return {
            "xid": self.xid,
            "lsn": self.lsn,
            "at": self.at.isoformat(),
            "subxids": [*self.subxids],
            "prepared": self.prepared,
        }

    @classmethod
    def from_json(cls, told: object) -> Self:
        """The commit that ``to_json`` told."""
        commit = cast(Mapping[str, Any], told)
        return cls(
            xid=commit["xid"],
            lsn=commit["lsn"],
            at=datetime.fromisoformat(commit["at"]),
            subxids=tuple(commit["subxids"]),
            prepared=commit["prepared"],
        )

    def __str__(self) -> str:
        return f"transaction {self.xid} at {self.lsn}, {self.at:%Y-%m-%d %H:%M:%S.%f} UTC"


def commits(lines: Iterable[str]) -> list[Commit]:
    """Every commit among pg_waldump's lines (TZ=UTC), in the order of the WAL.

    A commit without a transaction id changed nothing that a restore could show: it is left out.
    """
    found = []
    for line in lines:
        match = _RECORD.match(line)
        if match is None:
            continue
        xid = int(match["prepared"] or match["tx"])
        if not xid:
            continue
        below = _SUBTRANSACTIONS.search(match["rest"])
        found.append(
            Commit(
                xid=xid,
                lsn=match["lsn"],
                at=datetime.fromisoformat(match["at"]).replace(tzinfo=UTC),
                subxids=tuple(map(int, below[1].split()))[:KEPT_SUBTRANSACTIONS] if below else (),
                prepared=match["prepared"] is not None,
            )
        )
    return found


def around_time(found: Sequence[Commit], moment: datetime) -> tuple[Commit | None, Commit | None]:
    """The first commit later than ``moment``, and the one before it in the WAL: where PostgreSQL itself
    stops by time (documentation, recovery_target_time, inclusive).
    """
    for place, each in enumerate(found):
        if each.at > moment:
            return (found[place - 1] if place else None), each
    return (found[-1] if found else None), None


def around_lsn(found: Sequence[Commit], lsn: str) -> tuple[Commit | None, Commit | None]:
    """The last commit that begins before ``lsn``, and the first that does not: recovery to an exclusive LSN
    applies no record that begins at it or behind it.
    """
    before = [each for each in found if position(each.lsn) < position(lsn)]
    after = found[len(before) :]
    return (before[-1] if before else None), (after[0] if after else None)
