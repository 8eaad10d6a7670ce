"""What a manifest ought to claim, by its own words, and does not: its silence proves nothing."""

from __future__ import annotations

from typing import Literal

from dataops.backup.manifest.details import Details
from dataops.drill.checks.looking import Look

Claim = Literal["rows", "hash"]


def unclaimed_tables(look: Look, claim: Claim) -> list[str]:
    """Tables that the manifest defines and does not list, and those without a claim although it saw all rows.

    A manifest of definitions alone promises nothing about rows; one of ``rotate`` lists every table, and may
    have seen its rows on another night; one taken on a standby declares that it sees no unlogged tables.
    """
    details = look.expected
    if details.content == "definitions":
        return []
    listed = {table.identity for table in details.tables}
    unlisted = sorted(_defined(look) - listed)
    blind = {each.what for each in details.blind}
    silent = [
        table.identity
        for table in details.tables
        if details.content == "full"
        and getattr(table, claim) is None
        and not (table.unlogged and "unlogged tables" in blind)
    ]
    return [
        *(f"{name}: the manifest defines it, and says nothing of its rows" for name in unlisted),
        *(f"{name}: the manifest is of full content, and has no {claim} of it" for name in silent),
    ]


def unclaimed_sequences(details: Details) -> list[str]:
    """Sequences that the manifest defines without a state; a standby sees no unlogged ones."""
    told = {state.identity for state in details.sequences}
    return [
        f"{one.identity}: the manifest does not say where it stood"
        for one in details.definitions
        if one.kind == "sequence" and one.facts.get("persistence") != "u" and one.identity not in told
    ]


def unclaimed_large_objects(details: Details) -> bool:
    """Whether the manifest looked at all content but at no large object, and does not say why."""
    return (
        details.large_objects is None
        and details.content != "definitions"
        and "large objects" not in {each.what for each in details.blind}
    )


def _defined(look: Look) -> set[str]:
    """Tables that hold rows of their own: the database's, and of extensions what a dump carries."""
    found: set[str] = set()
    for one in look.expected.definitions:
        if one.kind == "table" and one.facts.get("kind") == "r":
            found.add(one.identity)
        configuration = one.facts.get("configuration")
        if one.kind == "extension" and isinstance(configuration, dict):
            found |= configuration.keys() & look.shared.tables.keys()
    return found
