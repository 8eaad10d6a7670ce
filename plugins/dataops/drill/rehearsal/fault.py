"""One way in which a backup, its restore or the drill itself can be bad, and how it is put into a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from dataops.errors import DataOpsError

Method = Literal["logical", "physical"]


class Family(StrEnum):
    """What is bad, as catalogues of silent backup faults group it."""

    STORAGE = "storage"
    ARCHIVE = "archive"
    WAL = "WAL"
    SCHEMA = "schema"
    DATA = "data"
    ROLES = "roles"
    ENVIRONMENT = "environment"
    PROCESS = "process"


class Kind(StrEnum):
    """Where the fault is put, which says what its ``how`` is given."""

    COPY = "restored copy"
    """``Sql``, or a function of a ``Stage``: statements, files or the drill's own view of a restored copy."""
    STORE = "stored backup"
    """A function of a ``Shelf``: objects, keys or access of a copied backup, which is then drilled whole."""


class NotInjectable(DataOpsError):
    """The fault could not be put in, so nothing is known of the checks that it is for."""


class NotThere(DataOpsError):
    """What the fault is about does not exist with this backup, by its method or by what it declares."""


@dataclass(frozen=True)
class Sql:
    """A fault made by statements on the copy.

    ``find`` is a query whose first row names what is broken: its columns fill the ``$fields`` of ``do``, and
    come quoted already. It prefers the database's own objects and ends with those of the schema
    ``rehearsal``, which every copy has. ``do`` runs in one transaction, as superuser, without triggers.
    """

    do: str
    find: str = ""


How = Sql | Callable[[Any], object]


@dataclass(frozen=True)
class Fault:
    """One fault. ``seen_by`` is how the name of the check begins, or what it holds, that is there for it."""

    name: str
    family: Family
    kind: Kind
    how: How
    seen_by: str
    methods: tuple[Method, ...] = ("logical", "physical")
    """The methods of backup with which it can occur; ``why_not`` says why not with others."""
    why_not: str = ""
    last: bool = False
    """The scratch server does not survive it: nothing can be put into the same copy afterwards."""

    @property
    def title(self) -> str:
        """Family and name, as a line of the rehearsal begins."""
        return f"{self.family}: {self.name}"
