"""Large objects: their number, bytes, contents and rights, equal to the manifest."""

from __future__ import annotations

from dataops.backup.manifest.compare import differences
from dataops.backup.manifest.content import read_large_objects
from dataops.drill.checks.compared import of_definitions, verdict_of
from dataops.drill.checks.finding import Finding, inconclusive, not_applicable
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.drill.checks.unclaimed import unclaimed_large_objects

KINDS = "large objects"


@check("large objects", expected="number, bytes, hash and rights equal to the manifest")
def large_objects(look: Look) -> Finding:
    """Every large object is there with its contents, its owner and its grants."""
    expected = look.expected
    declared = [blind.reason for blind in expected.blind if blind.what == KINDS]
    if declared:
        return not_applicable(f"the manifest could not see them: {declared[0]}")
    rights = [each for each in of_definitions(look) if each.kind == KINDS]
    if unclaimed_large_objects(expected) and not rights:
        return inconclusive("the manifest says nothing of their contents, and not why")
    if expected.large_objects is None:
        reason = f"the manifest claims nothing about their contents: its content is {expected.content!r}"
        return verdict_of(look, rights, "") if rights else not_applicable(reason)
    if not look.database.exact and look.server.point.kind != "backup":
        return not_applicable(look.database.inexact)
    with look.cursor() as cursor:
        found = read_large_objects(cursor)
    only = {"definitions": (), "tables": (), "sequences": (), "blind": ()}
    contents = differences(
        expected.model_copy(update=only),
        look.observed.model_copy(update={**only, "large_objects": found}),
        method=look.server.method,
    )
    return verdict_of(look, [*rights, *contents], f"{found.count} large objects, {found.bytes} bytes")
