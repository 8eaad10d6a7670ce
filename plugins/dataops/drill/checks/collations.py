"""Collation versions: text sorts here as at the source, or indexes cannot be trusted."""

from __future__ import annotations

from dataops.backup.manifest.compare import Deviation
from dataops.drill.checks.compared import of_definitions, spelt
from dataops.drill.checks.finding import SHOWN, Finding, failed, inconclusive, not_applicable, passed, told
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.postgres import sql


@check("collation versions", expected="the source's, of every collation in use")
def collation_versions(look: Look) -> Finding:
    """The libraries that compare text are the source's.

    After a physical restore another version is a fault, since indexes were built by the source's; after a
    logical one indexes were built here, so it leaves open only whether queries sort as at the source.
    """
    found = [
        each
        for each in of_definitions(look)
        if each.kind == "database collation version" or (each.kind == "collation" and each.field == "version")
    ]
    real = [each for each in found if each.deviation is not Deviation.UNSEEN]
    lines = [spelt(each) for each in real] + _recorded(look)
    if lines and look.server.method == "physical":
        return failed([*lines[:SHOWN]], f"indexes may sort otherwise than this server does: {told(lines)}")
    if lines:
        reason = f"this server sorts text by another version than the source: {told(lines)}"
        return inconclusive(reason, [*lines[:SHOWN]])
    if found:
        return inconclusive(f"could not look: {spelt(found[0])}")
    if not _claimed(look):
        return not_applicable(
            "nothing here is sorted by a collation that has versions (C and POSIX have none)"
        )
    return passed("equal")


def _recorded(look: Look) -> list[str]:
    """Of a physical restore: collations whose recorded version is not the one that this server has."""
    if look.server.method != "physical":
        return []
    rows = look.query(sql(__package__, "collations_in_use"))
    if look.server.major >= 15:
        rows += look.query(sql(__package__, "database_collation"))
    return [f"collation {name}: expected {recorded}, observed {actual}" for name, recorded, actual in rows]


def _claimed(look: Look) -> bool:
    return any(
        one.facts.get("version")
        for one in look.expected.definitions
        if one.kind in {"database collation version", "collation"}
    )
