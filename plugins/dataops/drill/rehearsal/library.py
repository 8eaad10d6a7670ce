"""The library of faults: all of them, in the order in which a rehearsal puts them in."""

from __future__ import annotations

from collections.abc import Collection

from dataops.drill.rehearsal.fault import Family, Fault
from dataops.drill.rehearsal.faults import (
    archive,
    around,
    catalogs,
    damage,
    programs,
    relations,
    roles,
    rows,
    storage,
    wal,
)
from dataops.errors import ConfigurationError

FAULTS: tuple[Fault, ...] = (
    *storage.FAULTS,
    *wal.FAULTS,
    *archive.FAULTS,
    *relations.FAULTS,
    *programs.FAULTS,
    *catalogs.FAULTS,
    *rows.FAULTS,
    *damage.FAULTS,
    *roles.FAULTS,
    *around.FAULTS,
)
"""Every module of ``faults/``. Names are unique in their family."""


def chosen(only: Collection[str] | None, faults: tuple[Fault, ...] = FAULTS) -> tuple[Fault, ...]:
    """The faults of these families, names or ``family: name`` titles; all without a choice.

    ``ConfigurationError`` names what is none of them.
    """
    if only is None:
        return faults
    known = {word for fault in faults for word in (fault.name, fault.title, str(fault.family))}
    unknown = [word for word in only if word not in known]
    if unknown:
        families = ", ".join(Family)
        raise ConfigurationError(
            f"{unknown[0]!r} is no fault: write one of the families {families}, or a fault's name."
        )
    return tuple(fault for fault in faults if {fault.name, fault.title, str(fault.family)} & set(only))
