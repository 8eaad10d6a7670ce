"""Extensions, each at the version that the source had."""

from __future__ import annotations

from dataops.drill.checks.compared import sliced
from dataops.drill.checks.finding import Finding
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check

KINDS = frozenset({"extension"})


@check("extensions", expected="the same ones, at the same versions, with the same members")
def extensions(look: Look) -> Finding:
    """An extension that is missing or at another version brings other functions, types and operators."""
    versions = sorted(
        f"{one.identity} {one.facts.get('version')}" for one in look.expected.definitions if one.kind in KINDS
    )
    return sliced(look, lambda each: each.kind in KINDS, ", ".join(versions) or "none", KINDS)
