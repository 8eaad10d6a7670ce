"""Which indexes might help a statement, best first: rules of the trade over what it asks. Pure.

The order of a btree's keys: columns compared for equality first, then the order that is wanted or one range,
since a scan can only use what follows equalities (PostgreSQL documentation, Multicolumn Indexes). What really
helps is for ``dataops.performance.proving`` to find out; these are guesses that are worth a try.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dataops.performance.advising.candidate import Candidate
from dataops.performance.advising.demand import Condition, Demand, Key, OrderKey, Role
from dataops.performance.advising.demands import demands
from dataops.performance.advising.identifiers import bare, quoted
from dataops.performance.advising.parsing import Unparsable
from dataops.performance.advising.relations import Index, Relation, Relations

SMALL_BYTES = 10 * 8192
"""A table of so few blocks is read faster as a whole."""
SMALL_ROWS = 500
MOST = 6
"""Candidates of one statement."""
MOST_KEYS = 3
MOST_INCLUDED = 3
WIDEST_INCLUDED = 64
"""Bytes of all included columns."""
SELECTIVE = 20.0
"""Rows that are left at which a further equality is not worth its place."""

_PARTIAL = {
    Role.IS_NULL: "{} IS NULL",
    Role.IS_NOT_NULL: "{} IS NOT NULL",
    Role.IS_TRUE: "{}",
    Role.IS_FALSE: "NOT {}",
}


def index_candidates(text: str, relations: Relations) -> tuple[Candidate, ...]:
    """Indexes that might make a statement faster, best guess first, at most ``MOST``.

    Empty where every table is small, unknown or served by an index already, and where the text cannot be
    parsed. The same index is named once.
    """
    try:
        asked = demands(text, relations)
    except Unparsable:
        return ()
    ranked: list[tuple[int, float, Candidate]] = []
    for demand in asked:
        relation = relations.find(demand.schema, demand.name)
        if relation is None or _is_small(relation):
            continue
        for rank, made in enumerate(_of(demand, relation)):
            if not _served(made, relation, demand):
                ranked.append((rank, -(relation.bytes or 0), made))
    ranked.sort(key=lambda each: each[:2])
    unique = {made.shape: made for _, _, made in reversed(ranked)}
    return tuple(made for _, _, made in ranked if unique.pop(made.shape, None) is not None)[:MOST]


def foreign_key_index(schema: str, table: str, columns: Sequence[str], relations: Relations) -> Candidate:
    """The index that the columns of a foreign key lack."""
    relation = relations.find(schema, table) or Relation(0, schema, table)
    keys = tuple(Key(column) for column in columns)
    return _candidate(relation, keys, because="a foreign key's columns")


def _is_small(relation: Relation) -> bool:
    if relation.schema in {"pg_catalog", "information_schema", "pg_toast"}:
        return True
    by_bytes = relation.bytes is not None and relation.bytes <= SMALL_BYTES
    return by_bytes or (relation.rows is not None and 0 <= relation.rows <= SMALL_ROWS)


def _of(demand: Demand, relation: Relation) -> Iterator[Candidate]:
    """Candidates for one table of a statement, best first."""
    contained = [each for each in demand.conditions if each.role is Role.CONTAINS and not each.joined]
    for each in contained:
        made = _containing(each, relation)
        if made is not None:
            yield made
    equal = _by_selectivity(_unique_keys(demand.conditions, Role.EQUAL), relation)
    given = [each for each in equal if not each.joined]
    joined = [each for each in equal if each.joined]
    ranges = _unique_keys(demand.conditions, Role.RANGE)
    yield from _narrowing(demand, relation, _enough(given, relation), ranges)
    for each in joined:
        yield _candidate(relation, (each.key, *(one.key for one in given[:2])), because="joined by")
    for each in equal:
        if not each.joined or given:
            yield _candidate(relation, (each.key,), because="compared")


def _narrowing(
    demand: Demand, relation: Relation, given: Sequence[Condition], ranges: Sequence[Condition]
) -> Iterator[Candidate]:
    """Equalities, followed by the order that is wanted or by one range; then narrower and wider ones."""
    keys = tuple(each.key for each in given)
    single = not any(each.several for each in given)
    wanted = [each for each in demand.order if each.key not in keys]
    partial = _predicate(demand.conditions, relation)
    if demand.limited and wanted and single and len(wanted) <= MOST_KEYS:
        yield _candidate(relation, keys, wanted, predicate=partial, because="ordered by")
    whole = (*keys, ranges[0].key) if ranges else keys
    if whole:
        made = _candidate(relation, whole, because="compared", predicate=partial)
        yield made
        covering = _covering(made, demand, relation)
        if covering is not None:
            yield covering
        if partial:
            yield _candidate(relation, whole, because="compared")
    elif partial:
        flag = next(each.key for each in demand.conditions if each.role in _PARTIAL)
        yield _candidate(relation, (flag,), predicate=partial, because="compared")


def _covering(made: Candidate, demand: Demand, relation: Relation) -> Candidate | None:
    """The same index with the other columns that the statement reads, where those are few and narrow."""
    if demand.columns is None or relation.columns is None or any("(" in key for key in made.keys):
        return None
    held = {bare(key.split(" ")[0]) for key in made.keys}
    rest = sorted(demand.columns - held)
    width = sum(relation.width(each) for each in rest)
    if not rest or len(rest) > MOST_INCLUDED or width > WIDEST_INCLUDED:
        return None
    return Candidate(
        made.schema,
        made.table,
        made.keys,
        included=tuple(rest),
        predicate=made.predicate,
        because=f"{made.because}; the rest read from the index alone",
        entry_bytes=made.entry_bytes + width,
        rows=made.rows,
        partitioned=made.partitioned,
        taken=made.taken,
    )


def _containing(condition: Condition, relation: Relation) -> Candidate | None:
    """A GIN index for documents, arrays and text search; None for types that it does not know."""
    type_ = relation.type(condition.key.column)
    if condition.key.function or not (type_ in {"jsonb", "tsvector"} or type_.endswith("[]")):
        return None
    opclass = " jsonb_path_ops" if type_ == "jsonb" and condition.operator == "@>" else ""
    return Candidate(
        relation.schema,
        relation.name,
        (f"{condition.key.sql}{opclass}",),
        method="gin",
        because=f"searched by {condition.operator}",
        rows=relation.rows,
        partitioned=relation.partitioned,
        taken=frozenset(each.name for each in relation.indexes),
    )


def _candidate(
    relation: Relation,
    keys: Sequence[Key],
    order: Sequence[OrderKey] = (),
    *,
    because: str,
    predicate: str = "",
) -> Candidate:
    ordered = [each.key for each in order]
    columns = dict.fromkeys((*keys, *ordered))
    mixed = len({each.descending for each in order}) > 1 or any(
        each.nulls_first is not None for each in order
    )
    words = [*(each.sql for each in keys), *(_ordered(each) if mixed else each.key.sql for each in order)]
    return Candidate(
        relation.schema,
        relation.name,
        tuple(dict.fromkeys(words)),
        predicate=predicate,
        because=f"{because} {', '.join(each.sql for each in columns)}",
        entry_bytes=sum(relation.width(each.column) for each in columns),
        rows=relation.rows,
        partitioned=relation.partitioned,
        taken=frozenset(each.name for each in relation.indexes),
    )


def _ordered(wanted: OrderKey) -> str:
    """A key with its direction, which matters only where directions are mixed: a btree reads both ways."""
    nulls = {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[wanted.nulls_first]
    return f"{wanted.key.sql}{' DESC' if wanted.descending else ''}{nulls}"


def _unique_keys(conditions: Iterable[Condition], role: Role) -> list[Condition]:
    return list({each.key: each for each in conditions if each.role is role}.values())


def _by_selectivity(conditions: Sequence[Condition], relation: Relation) -> list[Condition]:
    """Columns with more different values first; those without statistics behind, as they are written."""
    return sorted(conditions, key=lambda each: -(relation.distinct(each.key.column) or 0.0))


def _enough(given: Sequence[Condition], relation: Relation) -> list[Condition]:
    """As many equalities as are needed to leave few rows, by independent columns; all where unknown."""
    chosen: list[Condition] = []
    left = relation.rows
    for each in given[:MOST_KEYS]:
        if left is not None and left <= SELECTIVE and chosen:
            break
        chosen.append(each)
        distinct = relation.distinct(each.key.column)
        left = None if left is None or not distinct else left / distinct
    return chosen


def _predicate(conditions: Sequence[Condition], relation: Relation) -> str:
    """The condition of a partial index, from what is fixed in the statement and leaves out most rows."""
    for each in conditions:
        if each.role in _PARTIAL and not each.key.function and _rare(each, relation):
            return _PARTIAL[each.role].format(quoted(each.key.column))
    return ""


def _rare(condition: Condition, relation: Relation) -> bool:
    found = (relation.columns or {}).get(condition.key.column)
    if found is None or found.null_share is None:
        return condition.role in {Role.IS_NULL, Role.IS_FALSE, Role.IS_TRUE}
    kept = {Role.IS_NULL: found.null_share, Role.IS_NOT_NULL: 1 - found.null_share}.get(condition.role, 0.5)
    return kept <= 0.5


def _served(made: Candidate, relation: Relation, demand: Demand) -> bool:
    """Whether an index that is there begins with the same keys, equalities in any order."""
    equal = {each.key.sql for each in demand.conditions if each.role is Role.EQUAL and not each.several}
    return any(_begins_with(each, made, equal) for each in relation.indexes)


def _begins_with(index: Index, made: Candidate, equal: set[str]) -> bool:
    if not index.valid or index.method != made.method or index.predicate not in {"", made.predicate}:
        return False
    if made.method != "btree":
        return index.plain_keys[:1] == (bare(made.keys[0].split(" ")[0]),)
    if not set(made.included) <= {*index.included, *index.plain_keys}:
        return False
    keys = [bare(each) for each in made.keys]
    loose = {bare(each) for each in made.keys if each in equal}
    if made.because.startswith("ordered by") and any(" " in each for each in made.keys):
        return False
    head = index.plain_keys[: len(keys)]
    return set(head[: len(loose)]) == loose and list(head[len(loose) :]) == [
        each for each in keys if each not in loose
    ]
