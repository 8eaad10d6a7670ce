"""Unlogged tables: reported, since a physical restore brings them back empty, by design."""

from __future__ import annotations

from dataops.drill.checks.finding import Finding, not_applicable, of_faults, passed
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check


@check("unlogged tables", expected="known: empty after a physical restore")
def unlogged_tables(look: Look) -> Finding:
    """Says which tables a crash or a physical restore empties; one that holds rows there is odd."""
    names = sorted(table.identity for table in look.expected.tables if table.unlogged)
    if not names:
        return not_applicable("the database has no unlogged tables")
    if look.server.method == "logical":
        return passed(", ".join(names), "a dump carries their rows; a crash or a physical restore loses them")
    there = {
        name
        for (name,) in look.query(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n "
            "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'u'"
        )
    }
    filled = [
        f"{name} holds rows, but recovery should have emptied it"
        for name in names
        if name in there and look.query(f"SELECT 1 FROM ONLY {name} LIMIT 1")
    ]
    return of_faults(filled, f"empty as recovery leaves them: {', '.join(names)}")
