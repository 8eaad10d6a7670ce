"""A large btree index held against its table, key by key: exact, where amcheck's own look is a Bloom filter.

``bt_index_parent_check(heapallindexed => true)`` puts every entry into a Bloom filter and asks it for every
row: it never sees an entry too many, a missing one only probably, and takes ten times as long as the rest of
its work. Here, of one index, in this order:

1. *Structure*: ``bt_index_parent_check`` without ``heapallindexed``. Keys are in order within and across
   pages, every downlink and link is right: a scan meets every entry once, in the order of the keys.
2. *Keys*: for each range of the first column, an index-only scan reads the keys as the index keeps them, an
   index scan reads those of the rows that the same entries lead to, and the two lists are equal, one by one:
   every entry holds its own row's key. They are compared as arrays, by the type's own equality; only operator
   classes take part whose equal keys have the same bytes.
3. *Uniqueness*, of unique indexes without NULLs: the index-only scan leaves out a key that equals the one
   before it. Keys are in order (1), so equal ones are neighbours, and lists that are equal nevertheless mean
   that no two entries share a key.
4. *Rows*: those that the index scans met are those of a sequential scan, so that every row is reached exactly
   once. Rows of unequal keys (3) are different rows, so there counting them is enough; of other indexes their
   places (ctid) are hashed, to 64 bits as the content hash is, and summed.

Together: entries and rows are the same pairs of key and place. That is what ``heapallindexed`` asks for, and
more: no entry of a row that is gone leads to another. It says nothing of the visibility map: an index scan
marks entries of dead rows, and an index-only scan after it passes them over. Rows of prepared transactions
are visible to no scan; but step 1 locks the table against writers, which does not go beside them, as it does
not for amcheck's own look.

A proof that does not hold is no verdict: ``btree indexes`` and ``unique keys`` then look in their own way,
each with its own red line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from dataops.drill.checks.chunks import SMALL
from dataops.drill.checks.looking import Look, is_damage, reason_of
from dataops.drill.checks.row_places import PLACES, Places, places_of, rows_of
from dataops.postgres import sql

ENTRIES = 500_000
"""About as many entries are compared by one statement."""
MOST = 4 * ENTRIES
"""More in one range would need too much memory: a value is too frequent, or the sample was unlucky."""
BY_INDEX = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_hashagg": "off",
    "max_parallel_workers_per_gather": "0",
}
IN_ORDER = frozenset({
    "Aggregate",
    "Index Only Scan",
    "Index Scan",
    "Limit",
    "Nested Loop",
    "Subquery Scan",
    "Unique",
})
"""Nodes of a plan that keep the index's order and leave nothing out."""
_SAMPLED = 1000
"""Pages of the table from which the ranges are chosen."""


class Index(NamedTuple):
    """A btree index over plain columns: see ``sql/plain_btree_indexes.sql``."""

    oid: int
    name: str
    table: str
    size: int
    rows: int
    pages: int
    columns: Sequence[str]
    sorting: str
    """What a query is ordered by that wants the index's own order."""
    type: str
    """Of the first column."""
    nullable: bool
    """Whether the first column may be null."""
    unique: bool
    """Whether no two rows may have one key; not where NULLs may repeat."""


@dataclass(frozen=True)
class Outcome:
    """What the proof of one index came to: it holds, it was refuted, or it could not be tried."""

    holds: bool
    unique: bool = False
    refuted: str = ""


NOT_TRIED = Outcome(holds=False)


Step = Callable[[Look], Outcome | None]
"""One part of a proof; an outcome where nothing after it matters any more."""


class IndexProof:
    """The proof of one index, carried out once for all checks that ask for it."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._reached = Places(0, 0)
        self._waiting: list[Step] = [self._begin]
        self._running = self._left = 0
        self._known: Outcome | None = None
        self._change = threading.Condition()

    def outcome(self, look: Look) -> Outcome:
        """Whoever asks takes part, in a session and time of its own, until nothing is left to do.

        What a step raises that says nothing of the data is raised to its taker; the step is left to others.
        """
        while (step := self._take()) is not None:
            ended = None
            try:
                ended = step(look)
            except Exception as error:
                if not is_damage(error):
                    with self._change:
                        self._waiting.append(step)
                    raise
                ended = self._refuted(reason_of(error))
            finally:
                with self._change:
                    self._running -= 1
                    self._known = self._known or ended
                    self._change.notify_all()
        assert self._known is not None
        return self._known

    def _take(self) -> Step | None:
        """The next step; None once the outcome is known."""
        with self._change:
            while self._known is None and self._running and not self._waiting:
                self._change.wait()
            if self._known is None and not self._waiting:
                self._known = Outcome(holds=True, unique=self.index.unique)
            if self._known is not None:
                return None
            self._running += 1
            return self._waiting.pop()

    def _begin(self, look: Look) -> Outcome | None:
        """Structure before all others: a scan of an index whose links lead in a circle has no end."""
        if not _map_is_whole(look, self.index):
            return NOT_TRIED
        check = f"{look.helper('amcheck')}.bt_index_parent_check(%s::oid::regclass)"
        look.query(f"SELECT {check}", (self.index.oid,))
        ranges = [*_conditions(self.index, _bounds(look, self.index))]
        with self._change:
            self._left = len(ranges)
            self._waiting += [partial(self._compare, condition) for condition in ranges]
        return None

    def _compare(self, condition: str, look: Look) -> Outcome | None:
        found = _compared(look, self.index, condition, distinct=self.index.unique)
        if found is None or found.rows > MOST:
            return NOT_TRIED
        if not found.same:
            return self._told_apart(look, condition)
        with self._change:
            self._reached = Places(self._reached.rows + found.rows, self._reached.places + int(found.places))
            self._left -= 1
            if not self._left:
                self._waiting.append(self._hold_against_table)
        return None

    def _told_apart(self, look: Look, condition: str) -> Outcome:
        """Keys that differ refute; equal keys of a unique index are for ``unique keys`` to tell."""
        again = _compared(look, self.index, condition, distinct=False) if self.index.unique else None
        if again is not None and again.same:
            return NOT_TRIED
        return self._refuted("the keys of its entries are not those of the rows that they lead to")

    def _hold_against_table(self, look: Look) -> Outcome | None:
        if self.index.unique:
            rows = rows_of(look, self.index.table)
            others = ""
        else:
            there = places_of(look, self.index.table)
            rows = there.rows
            others = ", but others" if self._reached != there else ""
        if self._reached.rows == rows and not others:
            return None
        return self._refuted(
            f"its entries lead to {self._reached.rows} rows, a sequential scan finds {rows}{others}"
        )

    def _refuted(self, why: str) -> Outcome:
        return Outcome(holds=False, refuted=f"{self.index.name} of {self.index.table}: {why}")


def proofs(look: Look) -> Mapping[int, IndexProof]:
    """From its OID, each index of the database that can be proven: large plain ones, on our own server."""
    with look.shared.lock:
        if look.shared.proofs is None:
            tried = look.server.ours and look.server.method == "physical" and look.server.major >= 14
            statement = sql(__package__, "plain_btree_indexes")
            rows = look.query(statement, {"larger_than": SMALL}) if tried else []
            look.shared.proofs = {row[0]: IndexProof(Index(*row)) for row in rows}
        return look.shared.proofs


def _map_is_whole(look: Look, index: Index) -> bool:
    """Whether the table's visibility map can be read, by a reader that does not forgive.

    An index-only scan takes a map's page of a wrong checksum for an empty one, and the server keeps that: the
    checks of pages and maps would no longer see it.
    """
    prewarm = f"{look.helper('pg_prewarm')}.pg_prewarm(indrelid::regclass, 'buffer', 'vm')"
    try:
        look.query(
            f"SELECT CASE WHEN pg_relation_size(indrelid, 'vm') > 0 THEN {prewarm} END "
            "FROM pg_index WHERE indexrelid = %s",
            (index.oid,),
        )
    except Exception as error:
        if not is_damage(error):
            raise
        return False
    return True


class _Compared(NamedTuple):
    """What one range came to."""

    rows: int
    places: int
    same: bool


def _compared(look: Look, index: Index, condition: str, *, distinct: bool) -> _Compared | None:
    """None where the planner would not ask this index."""
    statement = _statement(index, condition, distinct=distinct)
    with look.cursor(BY_INDEX) as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        if not asks(cursor.fetchone()[0], index.name, ranged=bool(condition)):
            return None
        cursor.execute(statement)
        return _Compared(*cursor.fetchone())


def _bounds(look: Look, index: Index) -> list[str]:
    """Literals of the first column that divide a sample of the table into equal parts, in order."""
    count = max(index.rows, index.size // 20) // ENTRIES
    if not count:
        return []
    share = min(100.0, 100.0 * _SAMPLED / max(index.pages, 1))
    fractions = [place / (count + 1) for place in range(1, count + 1)]
    first, table = (name.replace("%", "%%") for name in (index.columns[0], index.table))
    statement = (
        f"SELECT format('%%L::%%s', bound, %s) FROM (SELECT unnest("
        f"percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY {first})) AS bound "
        f"FROM ONLY {table} TABLESAMPLE SYSTEM ({share:.6f}) WHERE {first} IS NOT NULL) AS sampled "
        "WHERE bound IS NOT NULL"
    )
    return [*dict.fromkeys(bound for (bound,) in look.query(statement, (index.type, fractions)))]


def _conditions(index: Index, bounds: Sequence[str]) -> Iterator[str]:
    """Ranges of the first column that are the whole index together; an empty one is the whole by itself."""
    first = index.columns[0]
    for lower, upper in pairwise([None, *bounds, None]):
        parts = [f"{first} >= {lower}"] if lower else []
        parts += [f"{first} < {upper}"] if upper else []
        yield " AND ".join(parts)
    if index.nullable and bounds:
        yield f"{first} IS NULL"


def _statement(index: Index, condition: str, *, distinct: bool) -> str:
    """How many rows the entries of a range lead to, their places, and whether all keys are equal.

    ``distinct`` leaves out a key that equals the one before it, so that then they are not; then places are 0:
    rows of unequal keys need none.
    """
    names = [f"key{place}" for place in range(len(index.columns))]
    keys = ", ".join(f"{column} AS {name}" for column, name in zip(index.columns, names, strict=True))
    arrays = ", ".join(f"array_agg({name}) AS {name}" for name in names)
    same = " AND ".join(f"kept.{name} IS NOT DISTINCT FROM reached.{name}" for name in names)
    once = "DISTINCT " if distinct else ""
    places = "0" if distinct else PLACES
    ordered = (
        f"FROM ONLY {index.table} {f'WHERE {condition}' if condition else ''} "
        f"ORDER BY {index.sorting} LIMIT {MOST + 1}"
    )
    return (
        f"SELECT reached.count, reached.places, {same} FROM "
        f"(SELECT count(ctid), {places} AS places, {arrays} "
        f"FROM (SELECT ctid, {keys} {ordered}) AS by_row) AS reached, "
        f"(SELECT {arrays} FROM (SELECT {once}{keys} {ordered}) AS by_entry) AS kept"
    )


def asks(plan: Any, name: str, *, ranged: bool) -> bool:
    """Whether a plan reads all of this index once by itself and once with its table, in its order."""
    nodes = [*_nodes(plan[0]["Plan"])]
    scans = {
        node["Node Type"]: node for node in nodes if "Scan" in node["Node Type"] and "Index Name" in node
    }
    return (
        {node["Node Type"] for node in nodes} <= IN_ORDER
        and scans.keys() == {"Index Scan", "Index Only Scan"}
        and sum("Index Name" in node for node in nodes) == len(scans)
        and all(node["Index Name"] == name for node in scans.values())
        and len({node["Scan Direction"] for node in scans.values()}) == 1
        and all(("Index Cond" in node) == ranged for node in scans.values())
        and not any("Filter" in node or "Join Filter" in node for node in nodes)
    )


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
