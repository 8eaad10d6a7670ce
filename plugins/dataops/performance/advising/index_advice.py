"""Advice to build or to drop an index, with what it costs, how to take it back, how to see that it worked."""

from __future__ import annotations

from dataops.evidence.units import human
from dataops.performance.advising.candidate import Candidate
from dataops.performance.advising.identifiers import qualified
from dataops.performance.advising.relations import Relations
from dataops.performance.advising.unneeded import Unneeded
from dataops.performance.finding import Advice


def index_advice(candidate: Candidate, relations: Relations, *, statement: str = "") -> Advice:
    """The advice to build an index for ``statement``, the readable text with ``$n``."""
    made = candidate
    return Advice(
        sentence=f"Build an index on {made.object} ({', '.join(made.keys)}): {made.because}.",
        sql=made.create(concurrently=True),
        cost=_cost(made, relations),
        undo=made.drop(concurrently=True),
        verify=_verify(made),
        statement=statement,
    )


def drop_advice(unneeded: Unneeded) -> Advice:
    """The advice to drop an index that nobody needs."""
    row = unneeded.index
    name = qualified(row["schema"], row["name"])
    freed = f"Frees {human(row['bytes'], 'bytes')} of disk and the work" if row["bytes"] else "Frees the work"
    table = f"{row['schema']}.{row['table_name']}"
    return Advice(
        sentence=f"Drop the index {unneeded.object} of {table}. {unneeded.because}",
        sql=f"DROP INDEX CONCURRENTLY {name};",
        cost=f"{freed} of keeping it at every insert and most updates of {table}.",
        undo=f"{row['definition'].replace('CREATE INDEX ', 'CREATE INDEX CONCURRENTLY ', 1)};",
        verify="Compare the load of the table's statements in the report of the next night; none may be "
        "slower. Before dropping, ask every standby: its scans are counted there alone.",
    )


def _cost(made: Candidate, relations: Relations) -> str:
    relation = relations.find(made.schema, made.table)
    about = made.estimated_bytes
    disk = f"About {human(about, 'bytes')} of disk" if about is not None else "Disk for the index"
    written = relation.written_rows if relation else None
    rows = f" ({written:,.0f} rows a day now)" if written is not None else ""
    online = (
        "Building it locks the table's writes: a partitioned table knows no CONCURRENTLY."
        if made.partitioned
        else "Building it reads the table twice and does not block writes."
    )
    return f"{disk}; every row inserted or moved writes one entry more{rows}. {online}"


def _verify(made: Candidate) -> str:
    name = f"{made.schema}.{made.name}".replace("'", "''")
    return (
        f"SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = '{name}'::regclass; grows, and the "
        "statement's time falls in the report of the next night. \\d shows no INVALID index."
    )
