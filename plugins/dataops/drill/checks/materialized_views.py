"""Materialized views: populated where they were, and readable to their end."""

from __future__ import annotations

from dataops.drill.checks.compared import of_definitions, verdict_of
from dataops.drill.checks.finding import Finding, inconclusive, not_applicable, passed
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.evidence.verdict import Verdict
from dataops.postgres import sql

OUTSIDE = "it reads a foreign table, and a scratch server reaches no other server, on purpose"


@check("materialized views", expected="populated as in the manifest, readable")
def materialized_views(look: Look) -> Finding:
    """Each that the source had filled is filled here, and can be read to its end."""
    views = {
        one.identity: one.facts.get("populated")
        for one in look.expected.definitions
        if one.kind == "view" and one.facts.get("kind") == "m"
    }
    if not views:
        return not_applicable("the database has no materialized views")
    found = [
        each
        for each in of_definitions(look)
        if each.kind == "view" and each.field in {"populated", ""} and each.identity in views
    ]
    if found:
        finding = verdict_of(look, found, "")
        outside = {name for (name,) in look.query(sql(__package__, "views_over_foreign_tables"))}
        if finding.verdict is Verdict.FAILED and all(each.identity in outside for each in found):
            return inconclusive(f"{OUTSIDE}: {finding.reason}", finding.observed)
        return finding
    rows = sum(
        _read(look, name) for name, filled in look.query(sql(__package__, "materialized_views")) if filled
    )
    return passed(f"{len(views)} materialized views, {rows} rows")


def _read(look: Look, name: str) -> int:
    """The rows of one, each written out as a client would get it."""
    return int(look.value(f"SELECT count(textin(record_out(m))) FROM ONLY {name} AS m"))
