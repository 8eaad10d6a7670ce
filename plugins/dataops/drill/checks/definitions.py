"""Definitions of every object class, equal to the manifest: one line for each group of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from dataops.backup.manifest.compare import Difference
from dataops.drill.checks.compared import sliced
from dataops.drill.checks.finding import Finding
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check

GROUPS: Mapping[str, frozenset[str]] = {
    "schemas and tables": frozenset({"schema", "table", "column", "sequence", "extended statistics"}),
    "constraints": frozenset({"constraint"}),
    "indexes": frozenset({"index"}),
    "views and rules": frozenset({"view", "rule"}),
    "functions and triggers": frozenset({"function", "trigger", "event trigger", "aggregate", "language"}),
    "types and operators": frozenset({
        "type",
        "cast",
        "operator",
        "operator class",
        "operator family",
        "collation",
        "conversion",
        "access method",
        "transform",
        "text search configuration",
        "text search dictionary",
        "text search parser",
        "text search template",
    }),
    "policies and labels": frozenset({"policy", "security label"}),
    "publications and subscriptions": frozenset({
        "publication",
        "publication filter",
        "publication schema",
        "publication table",
        "subscription",
    }),
    "foreign servers": frozenset({"foreign data wrapper", "foreign server", "user mapping"}),
    "database": frozenset({"database", "database setting", "database properties", "tablespace"}),
}
ELSEWHERE = frozenset({
    *("role", "role membership", "role password", "role setting", "parameter grant"),
    *("grant", "owner", "default privilege", "extension", "large objects", "table content"),
    *("database collation version",),
})
"""Classes that other checks are about. A class that is named nowhere is compared by the last line here."""

OTHER = "comments and others"


def group_of(each: Difference) -> str | None:
    """The group whose line a difference stands in; None where another check tells it."""
    if each.kind in ELSEWHERE:
        return None
    if (each.kind, each.field) in {
        ("sequence", "next value"),
        ("view", "populated"),
        ("collation", "version"),
    }:
        return None
    return next((name for name, kinds in GROUPS.items() if each.kind in kinds), OTHER)


def _is_of(group: str, each: Difference) -> bool:
    return group_of(each) == group


@check("definitions", expected="equal to the manifest")
def definitions(look: Look) -> list[Finding]:
    """One line a group: what is missing, what is surplus, what was changed, and what could not be seen."""
    names = {one.kind for one in look.expected.definitions} | {blind.what for blind in look.expected.blind}
    grouped = set().union(*GROUPS.values()) | ELSEWHERE
    groups = {**GROUPS, OTHER: frozenset(names - grouped)}
    lines = []
    for group, kinds in groups.items():
        count = sum(1 for one in look.expected.definitions if one.kind in kinds)
        finding = sliced(look, partial(_is_of, group), f"{count} definitions equal", kinds)
        lines.append(replace(finding, about=group))
    return lines
