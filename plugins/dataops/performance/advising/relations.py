"""What is known of a database's tables when an index is thought about: columns, indexes, sizes, writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataops.performance.advising.identifiers import bare


@dataclass(frozen=True)
class Column:
    """One column. ``distinct`` is the planner's estimate of its different values; None where unknown."""

    name: str
    type: str
    distinct: float | None = None
    null_share: float | None = None
    width: int | None = None


@dataclass(frozen=True)
class Index:
    """One index of a table. ``keys`` are its key columns, an expression stands as its text."""

    oid: int
    name: str
    keys: tuple[str, ...]
    included: tuple[str, ...] = ()
    predicate: str = ""
    method: str = "btree"
    unique: bool = False
    valid: bool = True
    bytes: int | None = None

    @property
    def plain_keys(self) -> tuple[str, ...]:
        """Its key columns without the quotes of SQL."""
        return tuple(bare(key) for key in self.keys)


@dataclass(frozen=True)
class Relation:
    """One table. ``columns`` is None where only its name and sizes are known, as from a window alone.

    ``rows`` and ``bytes`` are estimates of the server; ``written_rows`` is how many rows a day were inserted
    or updated, None where that was not measured.
    """

    oid: int
    schema: str
    name: str
    rows: float | None = None
    bytes: int | None = None
    columns: Mapping[str, Column] | None = None
    indexes: tuple[Index, ...] = ()
    written_rows: float | None = None
    partitioned: bool = False

    def knows(self, column: str) -> bool | None:
        """Whether it has the column; None where its columns are not known."""
        return None if self.columns is None else column in self.columns

    def distinct(self, column: str) -> float | None:
        """Different values of a column as the planner estimates; None where it has no statistics."""
        found = (self.columns or {}).get(column)
        return found.distinct if found else None

    def width(self, column: str) -> int:
        """Bytes of a value of the column; 8 where unknown."""
        found = (self.columns or {}).get(column)
        return found.width or 8 if found else 8

    def type(self, column: str) -> str:
        """Type of a column as ``format_type`` writes it; empty where unknown."""
        found = (self.columns or {}).get(column)
        return found.type if found else ""


@dataclass(frozen=True)
class Relations:
    """The tables of one database."""

    all: tuple[Relation, ...]
    search_path: tuple[str, ...] = ("public",)
    _by_name: dict[str, list[Relation]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for each in self.all:
            self._by_name.setdefault(each.name, []).append(each)

    def find(self, schema: str | None, name: str) -> Relation | None:
        """The table of this name; without a schema by ``search_path``, else the only one of that name."""
        named = self._by_name.get(name, [])
        if schema is not None:
            return next((each for each in named if each.schema == schema), None)
        for known in self.search_path:
            for each in named:
                if each.schema == known:
                    return each
        return named[0] if len(named) == 1 else None
