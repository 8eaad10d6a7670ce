"""Great Expectations suites of include/expectations on the restored rows: a line for each table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dataops.drill.checks.finding import Finding, inconclusive, not_applicable
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.inventory import Database
from dataops.quality import TableResult, no_suite, run_suite, suite_of


@check("expectations", expected="every expectation of the suite holds")
def expectations(look: Look) -> Iterator[Finding]:
    """What the owners expect of their rows. A suite that cannot be run is red; where none is kept, nothing is
    expected, and the line says so.
    """
    include, name = look.job.platform.inventory.folder, inventory_name(look)
    if name is None:
        yield not_applicable(f"no file of include/databases is about {look.dbname}, so it has no suite")
        return
    path = suite_of(include, name)
    if path is None:
        yield not_applicable(no_suite(name))
        return
    yield from _findings(look, path)


def inventory_name(look: Look) -> str | None:
    """What the inventory calls the restored database; None where it does not know it."""
    subject = look.job.subject
    if isinstance(subject, Database):
        return subject.name
    known = look.job.platform.inventory.databases_of(subject)
    return next((each.name for each in known if each.dbname == look.dbname), None)


def _findings(look: Look, path: Path) -> Iterator[Finding]:
    result = run_suite(
        look.server.connection,
        look.dbname,
        path,
        timeout=max(look.left, 0.001),
        deadline=max(look.left, 0.001),
    )
    for table in result.tables:
        yield _finding(table)
    if not result.tables:
        yield inconclusive("The suite expects nothing, so nothing was asked.")


def _finding(table: TableResult) -> Finding:
    return Finding(
        verdict=table.verdict,
        observed=table.summary,
        reason=table.reason,
        about=table.table,
        parts=table.parts,
    )
