"""Sequences: at or beyond where the manifest saw them, and ahead of the columns that they number."""

from __future__ import annotations

from dataops.drill.checks.compared import of_definitions, verdict_of
from dataops.drill.checks.finding import SHOWN, Finding, failed, not_applicable, passed, told
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.postgres import sql


@check("sequences", expected="at or beyond the manifest's")
def sequences(look: Look) -> Finding:
    """A sequence that fell back hands out numbers again that are in use."""
    states = look.expected.sequences
    if not states:
        return not_applicable("the database has no sequences")
    found = [each for each in of_definitions(look) if (each.kind, each.field) == ("sequence", "next value")]
    return verdict_of(look, found, f"{len(states)} sequences")


@check("sequences ahead of their columns", expected="the next number is not in use")
def sequences_ahead(look: Look) -> Finding:
    """The next insert gets a number that no row has.

    Where the source itself was behind, which the manifest's own state of the sequence tells, that is said and
    not held against the backup.
    """
    numbering = look.query(sql(__package__, "sequences_and_columns"))
    if not numbering:
        return not_applicable("no sequence numbers a column")
    before = {state.identity: state for state in look.expected.sequences}
    faults: list[str] = []
    known: list[str] = []
    for sequence, table, column, step in numbering:
        best, next_value = _standing(look, sequence, table, column, step)
        if best is None or (next_value > best if step > 0 else next_value < best):
            continue
        line = f"{sequence} comes to {next_value}, but {table}.{column} already has {best}"
        state = before.get(sequence)
        behind = state is not None and (state.next_value <= best if step > 0 else state.next_value >= best)
        (known if behind and look.database.exact else faults).append(line)
    if faults:
        return failed([*faults[:SHOWN]], told(faults))
    note = f"at the source too: {told(known)}" if known else ""
    return passed(f"{len(numbering) - len(known)} of {len(numbering)} columns", note)


def _standing(look: Look, sequence: str, table: str, column: str, step: int) -> tuple[int | None, int]:
    """The furthest number in use, and the one that comes next."""
    furthest = "max" if step > 0 else "min"
    row = look.query(
        f"SELECT (SELECT {furthest}({column})::numeric FROM {table}), "
        f"last_value + CASE WHEN is_called THEN {int(step)} ELSE 0 END FROM {sequence}"
    )[0]
    return (None if row[0] is None else int(row[0])), int(row[1])
