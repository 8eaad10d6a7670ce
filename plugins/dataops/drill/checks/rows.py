"""One check of rows: what it looks at, what was found in each relation, and what that says together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dataops.drill.checks.finding import SHOWN, Finding, failed, inconclusive, not_applicable, passed, told
from dataops.drill.checks.looking import Look, is_damage, reason_of
from dataops.drill.checks.registry import Item, Registered

if TYPE_CHECKING:
    from dataops.drill.checks.coverage import Rotation


class RowCheck:
    """Gathers the answers about each relation, from several workers; every relation is answered for once."""

    def __init__(self, one: Registered, items: Sequence[Item], look: Look, rotation: Rotation) -> None:
        self.one, self.dbname, self.rotation = one, look.dbname, rotation
        self.declared = [item for item in items if item.declared]
        self.to_do = self._divided([item for item in items if not item.declared])
        self._open = {(item.name, item.part) for item in self.to_do}
        self._faults: list[str] = []
        self._inabilities: list[str] = []
        self._looked = 0
        self._skipped = 0
        self._lock = threading.Lock()
        rotation.expect(self.dbname, one, self.to_do)

    def _divided(self, items: list[Item]) -> list[Item]:
        """In budgeted mode: large relations in parts, and those whose turn it is first."""
        if not (self.rotation.budgeted and self.one.budgeted):
            return items
        parts = [
            replace(item, part=(number, count))
            for item in items
            for count in [self.rotation.parts(item) if self.one.divisible else 1]
            for number in range(count)
        ]
        return self.rotation.in_turn(self.dbname, self.one, parts)

    @property
    def finished(self) -> bool:
        """Whether every relation is answered for."""
        with self._lock:
            return not self._open

    def look_at(self, look: Look, item: Item) -> None:
        """Look at one relation, unless the night's budget is spent."""
        if self.one.budgeted and self.rotation.spent:
            self.skip(item)
            return
        assert self.one.look_at_item is not None
        faults: list[str] = []
        try:
            for fault in self.one.look_at_item(look, item):
                faults.append(fault)
        finally:  # what was found before it broke stands
            with self._lock:
                if (item.name, item.part) in self._open:
                    self._faults += faults
        with self._lock:
            if self._close(item):
                self._looked += 1
                self.rotation.saw(self.dbname, self.one, item)

    def skip(self, item: Item) -> None:
        """Not this time: its turn comes, or the check of coverage says that it never does."""
        with self._lock:
            if self._close(item):
                self._skipped += 1

    def failed_to_look(self, item: Item, error: BaseException) -> None:
        """The server could not: a fault where it says that data is damaged, else an inability."""
        with self._lock:
            if self._close(item):
                into = self._faults if is_damage(error) else self._inabilities
                into.append(f"{item.name}: {reason_of(error)}")

    def could_not(self, item: Item, reason: str) -> None:
        """Nobody looked at this relation."""
        with self._lock:
            if self._close(item):
                self._inabilities.append(f"{item.name}: {reason}")

    def _close(self, item: Item) -> bool:
        key = (item.name, item.part)
        known = key in self._open
        self._open.discard(key)
        return known

    def findings(self) -> list[Finding]:
        """What was found in all relations together."""
        if self._faults:
            return [failed([*self._faults[:SHOWN]], told(self._faults))]
        if self._inabilities:
            reason = (
                f"could not look at {len(self._inabilities)} of {len(self.to_do)}: {self._inabilities[0]}"
            )
            return [inconclusive(reason, [*self._inabilities[:SHOWN]])]
        if not self.to_do:
            reasons = "; ".join(sorted({f"{item.name}: {item.declared}" for item in self.declared})[:SHOWN])
            return [not_applicable(reasons or "there is nothing of the kind in this database")]
        if not self._looked:
            return [not_applicable("not this time: the time budget went to those whose turn it was")]
        return [passed(self._told())]

    def _told(self) -> str:
        words = [f"{self._looked} looked at"]
        if self._skipped:
            words.append(f"{self._skipped} not this time")
        words += sorted({f"{item.name}: {item.declared}" for item in self.declared})[:SHOWN]
        return ", ".join(words)
