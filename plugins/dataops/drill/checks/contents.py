"""Row counts and content hashes of every table, equal to the manifest.

The rows are read by the check of ``full_read``, once; here its answers are held against the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence

from dataops.backup.manifest.compare import Difference, differences
from dataops.backup.manifest.details import TableContent
from dataops.drill.checks.compared import verdict_of, with_contents
from dataops.drill.checks.finding import SHOWN, Finding, inconclusive, not_applicable, told
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.drill.checks.unclaimed import Claim, unclaimed_tables
from dataops.evidence.verdict import Verdict


@check("row counts", expected="equal to the manifest", when="last")
def row_counts(look: Look) -> Finding:
    """Exactly as many rows as the backup's own moment had."""
    return _compared(look, {"rows", "condition"}, "rows")


@check("content hashes", expected="equal to the manifest", when="last")
def content_hashes(look: Look) -> Finding:
    """The same rows: nothing else sees a value that was changed under the same count."""
    return _compared(look, {"hash", "algorithm"}, "hash")


def _compared(look: Look, fields: set[str], claimed: Claim) -> Finding:
    tables = [table for table in look.expected.tables if getattr(table, claimed) is not None]
    unclaimed = unclaimed_tables(look, claimed)
    if not tables and not unclaimed:
        return not_applicable(_nothing_claimed(look))
    if not look.database.exact and look.server.point.kind != "backup":
        return not_applicable(look.database.inexact)
    expected, observed, unread = with_contents(look)
    there = {table.identity for table in expected.tables}
    found = [
        each
        for each in differences(expected, observed, method=look.server.method)
        if each.kind == "table content" and _field_of(each) in fields
    ]
    read = [table for table in tables if table.identity in there]
    rows = sum(look.shared.contents[table.identity].rows for table in read)
    finding = verdict_of(look, found, f"{len(read)} tables equal, {rows} rows")
    if finding.verdict is not Verdict.PASSED:
        return finding
    missing = [*unread, *_unread(look, tables), *unclaimed]
    if missing:
        return inconclusive(f"could not be compared: {told(missing)}", [*missing[:SHOWN]])
    return finding if read else not_applicable("not this time: the time budget went to other tables")


def _field_of(each: Difference) -> str:
    return each.field or "rows"


def _unread(look: Look, tables: Sequence[TableContent]) -> list[str]:
    """Tables with a claim that were not read, although they should have been."""
    known = look.shared.contents.keys() | look.shared.unread.keys()
    names = [table.identity for table in tables if table.identity not in known]
    absent = [name for name in names if name not in look.shared.tables]
    waiting = [] if look.server.settings.mode == "budgeted" else sorted(set(names) - set(absent))
    return [
        *(f"{name}: is not in the restored database" for name in absent),
        *(f"{name}: was not read" for name in waiting),
    ]


def _nothing_claimed(look: Look) -> str:
    if not look.expected.tables:
        return "the database had no tables"
    return f"the manifest claims nothing about rows: its content is {look.expected.content!r}"
