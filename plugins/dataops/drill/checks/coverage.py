"""What of each table was seen, and when; and, in ``budgeted`` mode, whose turn it is.

Ages are numbers of drills: 0 was seen by this drill, 1 by the one before. A relation that no drill has seen
yet ages from the first drill that knew of it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue

from dataops.backup.steps import Job
from dataops.drill.checks.earlier import earlier_coverage
from dataops.drill.checks.finding import SHOWN
from dataops.drill.checks.registry import Item, Registered
from dataops.drill.restored import RestoredServer
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict

if TYPE_CHECKING:
    from dataops.drill.checks.looking import Shared

MOST_PARTS = 256
"""Of one relation: the age of each part stands in the evidence of every drill."""

BYTES_PER_SECOND = 40e6
"""A careful guess of what one check reads: a large table is cut into parts of a quarter of a budget."""

Turns = dict[str, dict[str, dict[str, list[int]]]]
"""From database, check and relation to the age of each of its parts."""


@dataclass
class Rotation:
    """Which relations the checks of rows look at in this drill, and what that leaves for the next ones."""

    server: RestoredServer
    budgeted: bool
    earlier: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    """Why the coverage of earlier drills is not known."""
    turns: Turns = field(default_factory=dict)
    _started: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def begin(cls, server: RestoredServer, job: Job) -> Rotation:
        """In ``budgeted`` mode with what earlier drills covered, as their evidence tells."""
        if server.settings.mode != "budgeted":
            return cls(server, budgeted=False)
        try:
            return cls(server, budgeted=True, earlier=earlier_coverage(job.platform.store, job.subject.name))
        except DataOpsError as error:
            return cls(server, budgeted=True, trouble=str(error))

    @property
    def spent(self) -> bool:
        """Whether the time budget is used up; it runs from the first question."""
        if not self.budgeted:
            return False
        with self._lock:
            if self._started is None:
                self._started = monotonic()
            return monotonic() - self._started >= self.server.settings.time_budget.total_seconds()

    @property
    def patience(self) -> float | None:
        """Seconds that one relation may take in ``budgeted`` mode: half of it, so that others get theirs."""
        return self.server.settings.time_budget.total_seconds() / 2 if self.budgeted else None

    def parts(self, item: Item) -> int:
        """How many parts a relation is cut into."""
        room = self.server.settings.time_budget.total_seconds() / 4 * BYTES_PER_SECOND
        return min(max(1, round(item.size / max(room, 1))), MOST_PARTS)

    def expect(self, dbname: str, one: Registered, items: Sequence[Item]) -> None:
        """These relations, and no others, are to be covered over time."""
        if not (self.budgeted and one.budgeted):
            return
        with self._lock:
            place = self.turns.setdefault(dbname, {}).setdefault(one.name, {})
            vanished = self._vanished(dbname, one, items)
            for item in items:
                ages = place.setdefault(item.name, [1] * item.part[1])
                ages[item.part[0]] = self._earlier_age(dbname, one, item, vanished) + 1

    def _known(self, dbname: str, one: Registered) -> Mapping[str, list[int]]:
        known: Mapping[str, list[int]] = self.earlier.get("turns", {}).get(dbname, {}).get(one.name, {})
        return known

    def _vanished(self, dbname: str, one: Registered, items: Sequence[Item]) -> int:
        """The age of the longest unseen relation that is no more: it may only be called otherwise."""
        names = {item.name for item in items}
        return max(
            (max(ages) for name, ages in self._known(dbname, one).items() if name not in names), default=0
        )

    def _earlier_age(self, dbname: str, one: Registered, item: Item, vanished: int) -> int:
        """The age at the previous drill; of one that was cut otherwise that of its oldest part."""
        ages = self._known(dbname, one).get(item.name)
        if not ages:
            return vanished
        return ages[item.part[0]] if len(ages) == item.part[1] else max(ages)

    def in_turn(self, dbname: str, one: Registered, items: Sequence[Item]) -> list[Item]:
        """The longest unseen first, the largest first among those of an age; their order is their weight."""
        vanished = self._vanished(dbname, one, items)
        known = self._known(dbname, one)

        def turn(item: Item) -> tuple[object, ...]:
            due = self._earlier_age(dbname, one, item, vanished)
            return (item.name in known, -due, -item.size, item.name, item.part)

        ordered = sorted(items, key=turn)
        return [replace(item, rank=len(ordered) - place) for place, item in enumerate(ordered)]

    def saw(self, dbname: str, one: Registered, item: Item) -> None:
        """This relation was looked at now."""
        if self.budgeted and one.budgeted:
            with self._lock:
                self.turns[dbname][one.name][item.name][item.part[0]] = 0

    def checks(self) -> tuple[Check, ...]:
        """In ``budgeted`` mode one line: whether all was covered within the stated number of drills."""
        if not self.budgeted:
            return ()
        within = self.server.settings.covered_within
        expected = f"every relation within {within} drills"
        if self.trouble:
            reason = f"what earlier drills covered is not known: {self.trouble}"
            return (Check(name="coverage", verdict=Verdict.INCONCLUSIVE, expected=expected, reason=reason),)
        late = [
            f"{dbname}: {check} of {name}, unseen for {max(ages)} drills"
            for dbname, checks in sorted(self.turns.items())
            for check, relations in sorted(checks.items())
            for name, ages in sorted(relations.items())
            if max(ages) >= within
        ]
        oldest = max((max(a) for c in self.turns.values() for r in c.values() for a in r.values()), default=0)
        return (
            Check(
                name="coverage",
                verdict=Verdict.FAILED if late else Verdict.PASSED,
                expected=expected,
                observed=[*late[:SHOWN]] if late else f"the longest unseen since {oldest} drills",
                reason=f"{late[0]} ({len(late)} in all): raise time_budget or covered_within" if late else "",
            ),
        )

    def coverage(self, shared: Mapping[str, Shared]) -> dict[str, JsonValue]:
        """JSON for the evidence: per table its rows and when it was seen; the share of bytes seen now."""
        databases: dict[str, JsonValue] = {}
        total = seen = 0
        for restored in self.server.databases:
            if restored.expected is None:
                continue
            tables: dict[str, JsonValue] = {}
            for table in restored.expected.tables:
                now = shared[restored.dbname].contents.get(table.identity)
                total += table.bytes + 1
                seen += table.bytes + 1 if now else 0
                tables[table.identity] = {
                    "rows": now.rows if now else None,
                    "seen": now.at.isoformat() if now else self._last_seen(restored.dbname, table.identity),
                    "compared": restored.exact and now is not None and table.hash is not None,
                }
            databases[restored.dbname] = tables
        return {
            "mode": self.server.settings.mode,
            "at": datetime.now(UTC).isoformat(),
            "share": round(seen / total, 4) if total else 1.0,
            "full": self._is_full(databases),
            "databases": databases,
            "turns": cast(JsonValue, self.turns),
        }

    def _last_seen(self, dbname: str, table: str) -> str | None:
        before = self.earlier.get("databases", {}).get(dbname, {}).get(table)
        return before.get("seen") if isinstance(before, dict) else None

    @staticmethod
    def _is_full(databases: Mapping[str, JsonValue]) -> bool:
        """Whether every table of every database was read and held against the manifest's own hash."""
        tables = [cast(dict[str, Any], each) for each in databases.values()]
        return all(one["compared"] for each in tables for one in each.values())
