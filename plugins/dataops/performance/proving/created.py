"""The CREATE INDEX of an advice, as it is tried: no CONCURRENTLY, since nobody waits on a scratch server."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.performance.advising.identifiers import quoted
from dataops.performance.advising.parsing import Unparsable, nodes, parse
from dataops.performance.proving.prepared import CannotTry


@dataclass(frozen=True)
class Created:
    """One index to be built. ``shape`` is its SQL without a name: equal for equal indexes."""

    schema: str | None
    table: str
    name: str
    sql: str
    shape: str


def as_created(sql: str) -> Created:
    """What an advice's SQL builds. ``CannotTry`` where it is anything but one CREATE INDEX with a name."""
    from pglast.stream import RawStream

    try:
        tree = parse(sql)
    except Unparsable:
        raise CannotTry("its SQL is more than one CREATE INDEX") from None
    if not isinstance(tree, nodes().IndexStmt):
        raise CannotTry("its SQL builds no index")
    tree.concurrent = False
    tree.if_not_exists = False
    name = tree.idxname or "dataops_trial_idx"
    tree.idxname = name
    made = RawStream()(tree)
    shape = made.replace(f"INDEX {quoted(name)} ON", "INDEX ON", 1)
    return Created(tree.relation.schemaname, tree.relation.relname, name, made, shape)
