"""Sequences: at or beyond where the manifest saw them, ahead of their columns, and not at their end."""

from __future__ import annotations

from typing import NamedTuple

from dataops.drill.checks.compared import of_definitions, verdict_of
from dataops.drill.checks.finding import (
    SHOWN,
    Finding,
    failed,
    inconclusive,
    not_applicable,
    passed,
    told,
)
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.drill.checks.unclaimed import unclaimed_sequences
from dataops.postgres import sql


@check("sequences", expected="at or beyond the manifest's")
def sequences(look: Look) -> Finding:
    """A sequence that fell back hands out numbers again that are in use."""
    states = look.expected.sequences
    unclaimed = unclaimed_sequences(look.expected)
    if not states and not unclaimed:
        return not_applicable("the database has no sequences")
    found = [each for each in of_definitions(look) if (each.kind, each.field) == ("sequence", "next value")]
    if unclaimed and not found:
        return inconclusive(told(unclaimed), [*unclaimed[:SHOWN]])
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


@check("sequences not at their end", expected="a next number within bounds")
def sequences_left(look: Look) -> Finding:
    """A sequence that was set too far has no next number, and the next insert fails.

    Where it was at its end at the backup already, that is said and not held against it.
    """
    now = {state.identity: state.next_value for state in look.observed.sequences}
    before = {state.identity: state.next_value for state in look.expected.sequences}
    faults: list[str] = []
    known: list[str] = []
    bounded = look.query(sql(__package__, "sequences_at_their_end"))
    for sequence, ascending, highest, lowest in bounded:
        bounds = _Bounds(ascending, highest, lowest)
        if sequence in now and bounds.passed_by(now[sequence]):
            line = f"{sequence} would give {now[sequence]}, beyond its end of {bounds.end}"
            (known if bounds.passed_by(before.get(sequence, bounds.end)) else faults).append(line)
    if faults:
        return failed([*faults[:SHOWN]], told(faults))
    if not bounded:
        return not_applicable("no sequence of the database has an end")
    note = f"at the source too: {told(known)}" if known else ""
    return passed(f"{len(bounded) - len(known)} of {len(bounded)} sequences", note)


class _Bounds(NamedTuple):
    """What a sequence may give, by its own bounds and its column's type."""

    ascending: bool
    highest: int
    lowest: int

    @property
    def end(self) -> int:
        return self.highest if self.ascending else self.lowest

    def passed_by(self, value: int) -> bool:
        return value > self.end if self.ascending else value < self.end


def _standing(look: Look, sequence: str, table: str, column: str, step: int) -> tuple[int | None, int]:
    """The furthest number in use, and the one that comes next."""
    furthest = "max" if step > 0 else "min"
    row = look.query(
        f"SELECT (SELECT {furthest}({column})::numeric FROM {table}), "
        f"last_value::numeric + CASE WHEN is_called THEN {int(step)} ELSE 0 END FROM {sequence}"
    )[0]
    return (None if row[0] is None else int(row[0])), int(row[1])
