"""The slowest call of each statement as it was logged, over all pieces of a log, for databases that allow it.

All of them are remembered until the end, since only then it is known which statements took most time; so the
size of pieces changes nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from typing import NamedTuple

import polars as pl

from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs import plans
from dataops.performance.logs.clock import moment_of
from dataops.performance.logs.columns import OTHERS, UNTOLD, LogKind
from dataops.performance.logs.normalising import LONGEST
from dataops.performance.logs.secrets_in_sql import may_be_shown
from dataops.performance.logs.slowest_entries import MOST_PARAMETERS, SAID
from dataops.performance.statement_text import fingerprint

MOST_CALLS = 50
"""Calls that are kept of a database at each reading of its log: a report names fewer statements than that."""
_PARAMETERS = re.compile(r"parameters: (.*)", re.IGNORECASE | re.DOTALL)


class _Call(NamedTuple):
    """A call as it was logged, with whatever stands in it."""

    milliseconds: float
    stamp: str
    text: str
    parameters: str

    @property
    def order(self) -> tuple[float, str, str]:
        """Slower ones first, of equal ones the earlier."""
        return -self.milliseconds, self.stamp, self.text


@dataclass
class SlowestCalls:
    """The slowest call of each statement, by database and the statement's number in the digest."""

    _calls: dict[tuple[str, int], _Call] = field(default_factory=dict)

    def add(self, counted: pl.DataFrame, numbers: Iterable[int]) -> None:
        """The rows of a piece that ``with_calls`` has made, each with the number of its statement."""
        rows = counted.select("database", "kind", *SAID).iter_rows()
        for number, (database, kind, said, detail, stamp, milliseconds) in zip(numbers, rows, strict=True):
            if said is None:
                continue
            before = self._calls.get((database, number))
            if before is not None and before.milliseconds > milliseconds:
                continue
            text, parameters = _told(kind, said, detail)
            call = _Call(milliseconds, stamp, text[: LONGEST + 1], parameters)
            if before is None or call.order < before.order:
                self._calls[database, number] = call

    def forget_but(self, numbers: Collection[int]) -> None:
        """Keep only what belongs to these statements; the others were given up."""
        self._calls = {key: call for key, call in self._calls.items() if key[1] in numbers}

    def of_databases(
        self, spent: pl.DataFrame, texts: Mapping[int, str], zone: tzinfo
    ) -> dict[str, tuple[LoggedCall, ...]]:
        """By database, the calls of the statements that took most time, as far as they may be shown.

        ``spent`` has ``database``, ``thing`` and ``total_seconds``; ``texts`` are the statements by number.
        """
        ranked = spent.sort("total_seconds", "thing", descending=[True, False])
        names: dict[str, dict[str, list[_Call]]] = defaultdict(dict)
        for database, number in ranked.select("database", "thing").iter_rows():
            call = self._calls.get((database, number))
            if call is not None and texts[number] not in {OTHERS, UNTOLD}:
                names[database].setdefault(fingerprint(texts[number]), []).append(call)
        return {
            database: tuple(islice(_shown(statements, zone), MOST_CALLS))
            for database, statements in names.items()
        }


def slowest_of(calls: Iterable[LoggedCall]) -> dict[str, LoggedCall]:
    """The slowest call of each statement, by its fingerprint; of two that took as long the earlier one."""
    found: dict[str, LoggedCall] = {}
    for call in sorted(calls, key=lambda call: (-call.seconds, call.at)):
        found.setdefault(call.statement, call)
    return found


def _shown(statements: Mapping[str, list[_Call]], zone: tzinfo) -> Iterator[LoggedCall]:
    for statement, calls in statements.items():
        call = min(calls, key=lambda each: each.order)
        at = moment_of(call.stamp, zone)
        if at is not None and may_be_shown(call.text, call.parameters):
            yield LoggedCall(
                statement=statement,
                text=call.text.strip(),
                parameters=call.parameters,
                seconds=call.milliseconds / 1000,
                at=at,
            )


def _told(kind: str, said: str, detail: str) -> tuple[str, str]:
    """The statement and its parameters, each as it was logged."""
    if kind == LogKind.PLAN:
        text, parameters = plans.call_of(said)
    else:
        found = _PARAMETERS.match(detail)
        text, parameters = said, found[1] if found else ""
    cut = len(parameters) > MOST_PARAMETERS
    return text, f"{parameters[:MOST_PARAMETERS]}…" if cut else parameters
