"""Foreign keys and constraints: what the schema promises and does not help to keep."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.performance.advising import foreign_key_index, index_advice
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, View
from dataops.performance.findings.words import count, figure, quoted, seconds, table_name
from dataops.performance.window import SectionName

_HEAVY = 1_000
"""Blocks that a delete of a parent reads, from which on the missing index is what it pays for."""


def foreign_keys_without_index(view: View) -> Iterator[Finding | str]:
    """A key whose columns no index begins with: every delete of a parent reads the whole child table."""
    for row in view.rows(SectionName.CONSTRAINTS):
        if row["kind"] != "foreign key" or row["indexed"] is not False:
            continue
        child = view.tables_by_oid.get(row["table"])
        rows = _rows(child)
        if child is None or rows is None:
            yield f"How many rows {row['schema']}.{row['table_name']} has is not known."
            continue
        if rows >= view.thresholds.table_rows:
            yield _foreign_key(view, row, child, rows)


def _foreign_key(view: View, row: Row, child: Row, rows: float) -> Finding:
    parent = view.tables_by_oid.get(row["referenced_table"])
    deleted = (parent["rows_deleted"] or 0) if parent else 0
    paid = _deletes(view, parent) if parent else 0.0
    columns = ", ".join(row["columns"])
    name = table_name(child)
    candidate = foreign_key_index(row["schema"], row["table_name"], row["columns"], view.relations)
    pays = f" {count(deleted, 'row')} of the parent {'was' if deleted == 1 else 'were'} deleted in the window"
    cost = f", and that took {seconds(paid)}" if paid else ""
    return Finding(
        code="foreign-key-without-index",
        object=f"constraint {name}.{row['name']}",
        severity=Severity.WARNING if deleted or paid else Severity.NOTICE,
        cause=Cause.SCHEMA,
        sentence=f"No index of {name} begins with {columns}: deleting a row of "
        f"{row['referenced_schema']}.{row['referenced_name']}, or changing its key, reads all "
        f"{count(rows, 'row')} of it.{pays + cost + '.' if deleted else ''}",
        impact=view.daily(paid),
        evidence=(
            figure("rows of the referencing table", rows, "rows"),
            figure("rows deleted from the referenced table", deleted, "rows"),
            figure("time of those deletes", paid, "seconds"),
        ),
        related=(f"table {name}", f"table {row['referenced_schema']}.{row['referenced_name']}"),
        advice=index_advice(candidate, view.relations, statement=_looked_through(row)),
    )


def _looked_through(row: Row) -> str:
    """What deleting a parent asks of the child table; by it the proof tries the index."""
    condition = " AND ".join(f"{quoted(column)} = ${n}" for n, column in enumerate(row["columns"], start=1))
    return f"SELECT count(*) FROM ONLY {quoted(row['schema'], row['table_name'])} WHERE {condition}"


def _rows(table: Row | None) -> float | None:
    if table is None:
        return None
    known = [value for value in (table["planner_rows"], table["live_rows"]) if value is not None]
    return float(max(known)) if known else None


def _deletes(view: View, parent: Row) -> float:
    """Seconds of the statements that delete from the parent and read far more than a row."""
    found = [
        row
        for row in view.statements_on(parent["oid"])
        if row["command"] == "DELETE"
        and ((row["shared_blocks_hit"] or 0) + (row["shared_blocks_read"] or 0)) / row["calls"] >= _HEAVY
    ]
    return float(sum(row["exec_seconds"] or 0 for row in found))


def constraints_not_valid(view: View) -> Iterator[Finding | str]:
    """A constraint that was added NOT VALID and never checked against the rows of before."""
    for row in view.rows(SectionName.CONSTRAINTS):
        if row["validated"] is not False or row["enforced"] is False:
            continue
        table = f"{row['schema']}.{row['table_name']}"
        yield Finding(
            code="constraint-not-valid",
            object=f"constraint {table}.{row['name']}",
            severity=Severity.NOTICE,
            cause=Cause.SCHEMA,
            sentence=f"The {row['kind']} constraint {row['name']} of {table} is NOT VALID: rows of "
            "before may "
            "break it, and the planner may not rely on it.",
            related=(f"table {table}",),
            advice=Advice(
                sentence="Validate it. Rows that break it are named by the error; mend them first.",
                sql=f"ALTER TABLE {quoted(row['schema'], row['table_name'])} "
                f"VALIDATE CONSTRAINT {quoted(row['name'])};",
                cost="Reads the table once under SHARE UPDATE EXCLUSIVE: reads and writes go on.",
                undo="None is needed: a valid constraint checks the same new rows.",
                verify=f"SELECT convalidated FROM pg_constraint WHERE oid = {row['oid']};",
            ),
        )


def tables_without_key(view: View) -> Iterator[Finding | str]:
    """A table of some size whose rows nothing tells apart."""
    keyed = {
        row["table"] for row in view.rows(SectionName.CONSTRAINTS) if row["kind"] in {"primary key", "unique"}
    } | {row["table"] for row in view.rows(SectionName.INDEXES) if row["unique"] and row["valid"]}
    for row in view.tables:
        if row["oid"] in keyed or row["kind"] != "table" or row["parent"] is not None:
            continue
        if (row["live_rows"] or 0) < view.thresholds.table_rows:
            continue
        name = table_name(row)
        yield Finding(
            code="table-without-key",
            object=f"table {name}",
            severity=Severity.NOTICE,
            cause=Cause.SCHEMA,
            sentence=f"{name} has {count(row['live_rows'], 'row')} and no primary key: a single row "
            "cannot be "
            "named, and logical replication cannot update or delete there.",
            evidence=(figure("rows", row["live_rows"], "rows"),),
            advice=Advice(
                sentence="Add a primary key, of columns that are unique already or of an identity column.",
                cost="Adding an identity column rewrites the table under ACCESS EXCLUSIVE.",
                undo="ALTER TABLE … DROP CONSTRAINT.",
                verify="The next report no longer names it.",
            ),
        )


RULES = (
    Rule(
        "foreign-key-without-index",
        "Foreign key without an index",
        (SectionName.CONSTRAINTS, SectionName.TABLES),
        foreign_keys_without_index,
    ),
    Rule("constraint-not-valid", "Constraint NOT VALID", (SectionName.CONSTRAINTS,), constraints_not_valid),
    Rule(
        "table-without-key",
        "Table without a key",
        (SectionName.CONSTRAINTS, SectionName.INDEXES, SectionName.TABLES),
        tables_without_key,
    ),
)
