"""What a statement asks of each table that it reads: conditions, joins, order, columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dataops.performance.advising.identifiers import quoted


class Role(StrEnum):
    """How a condition narrows a table down."""

    EQUAL = "equal"
    RANGE = "range"
    CONTAINS = "contains"
    IS_NULL = "is null"
    IS_NOT_NULL = "is not null"
    IS_TRUE = "is true"
    IS_FALSE = "is false"


@dataclass(frozen=True)
class Key:
    """A column, or one function of it, such as ``lower(email)``."""

    column: str
    function: str = ""

    @property
    def sql(self) -> str:
        """As CREATE INDEX writes it."""
        return f"{self.function}({quoted(self.column)})" if self.function else quoted(self.column)


@dataclass(frozen=True)
class Condition:
    """One condition on one table, to be met together with the others.

    ``joined``: the other side is a column of another table, so it narrows only beside a join. ``several``:
    any of several values, as ``IN`` and ``= ANY`` say.
    """

    key: Key
    role: Role
    operator: str = "="
    joined: bool = False
    several: bool = False


@dataclass(frozen=True)
class OrderKey:
    """One key of an order."""

    key: Key
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True)
class Demand:
    """What one part of a statement asks of one table.

    ``order`` is the order in which its rows are wanted, where all keys are the table's own; ``limited`` says
    that only the first of them are. ``columns`` are those that the part names; None where it takes them all.
    """

    schema: str | None
    name: str
    conditions: tuple[Condition, ...] = ()
    order: tuple[OrderKey, ...] = ()
    limited: bool = False
    columns: frozenset[str] | None = frozenset()
