"""One index that might help: a value that can write its own SQL."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.performance.advising.identifiers import bare, index_name, qualified, quoted

ENTRY_OVERHEAD = 12
"""Bytes of an index entry beside its values: tuple header and line pointer (storage-page-layout)."""
FILL = 0.9
"""Share of a btree's leaf page that a fresh build fills (CREATE INDEX, fillfactor)."""


@dataclass(frozen=True)
class Candidate:
    """An index on one table. ``keys`` are SQL: a quoted column or an expression, with DESC or opclass.

    ``because`` says in words what each part is for. ``entry_bytes`` is the width of its values.
    """

    schema: str
    table: str
    keys: tuple[str, ...]
    included: tuple[str, ...] = ()
    predicate: str = ""
    method: str = "btree"
    because: str = ""
    entry_bytes: int = 8
    rows: float | None = None
    partitioned: bool = False
    taken: frozenset[str] = frozenset()

    @property
    def object(self) -> str:
        """``schema.table`` of its table, unquoted."""
        return f"{self.schema}.{self.table}"

    @property
    def name(self) -> str:
        """The name that it is given; not one that is taken."""
        parts = tuple(bare(each.split(" ")[0]) for each in self.keys)
        return index_name(self.table, parts, taken=self.taken)

    @property
    def shape(self) -> str:
        """What follows ON: ``schema.table USING gin (doc)``; two candidates of one shape are the same."""
        method = "" if self.method == "btree" else f" USING {self.method}"
        included = f" INCLUDE ({', '.join(map(quoted, self.included))})" if self.included else ""
        predicate = f" WHERE {self.predicate}" if self.predicate else ""
        return f"{qualified(self.schema, self.table)}{method} ({', '.join(self.keys)}){included}{predicate}"

    def create(self, *, concurrently: bool = False, name: str | None = None) -> str:
        """Its CREATE INDEX. A partitioned table knows no CONCURRENTLY."""
        online = " CONCURRENTLY" if concurrently and not self.partitioned else ""
        return f"CREATE INDEX{online} {quoted(name or self.name)} ON {self.shape};"

    def drop(self, *, concurrently: bool = False) -> str:
        """The SQL that takes it back."""
        online = " CONCURRENTLY" if concurrently and not self.partitioned else ""
        return f"DROP INDEX{online} {qualified(self.schema, self.name)};"

    @property
    def estimated_bytes(self) -> int | None:
        """About its size when built; None where the table's rows are unknown, or where it is partial."""
        if self.rows is None or self.predicate or self.method != "btree":
            return None
        return int(self.rows * (self.entry_bytes + ENTRY_OVERHEAD) / FILL)
