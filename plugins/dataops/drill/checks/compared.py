"""The restored database held against the manifest: its differences, shared out over the checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from dataops.backup.manifest.compare import Deviation, Difference, differences
from dataops.backup.manifest.details import Details
from dataops.drill.checks.finding import SHOWN, Finding, failed, inconclusive, not_applicable, passed, told
from dataops.drill.checks.looking import Look

LENGTH = 200
"""Characters of a definition that stand in the evidence."""


def of_definitions(look: Look) -> list[Difference]:
    """Every difference of definitions, roles, rights and sequences; contents are compared elsewhere."""
    with look.shared.lock:
        if look.shared.differences is None:
            expected = look.expected.model_copy(update={"large_objects": None, "tables": ()})
            observed = look.observed.model_copy(update={"tables": ()})
            look.shared.differences = differences(expected, observed, method=look.server.method)
        return look.shared.differences


def sliced(
    look: Look, wanted: Callable[[Difference], bool], otherwise: str, kinds: Collection[str]
) -> Finding:
    """What the differences of some classes say together. ``kinds`` are the classes that the check is about.

    A class that the manifest declares it could not see is outside of the check, which is not applicable
    where nothing else is left.
    """
    declared = {blind.what: blind.reason for blind in look.expected.blind if blind.what in kinds}
    if kinds and set(kinds) <= declared.keys():
        return not_applicable(f"the manifest could not see it: {next(iter(declared.values()))}")
    found = [each for each in of_definitions(look) if wanted(each)]
    finding = verdict_of(look, found, otherwise)
    if declared and not found:
        unseen = "; ".join(f"{what}: {why}" for what, why in sorted(declared.items()))
        return passed(finding.observed, f"the manifest could not see {unseen}")
    return finding


def verdict_of(look: Look, found: Sequence[Difference], otherwise: str) -> Finding:
    """Passed without differences. With some: failed where the manifest tells of this very moment.

    A point in time that no manifest tells of may differ (not applicable); one that the manifest tells of only
    as well as is known leaves it open (inconclusive), as does what the observer could not see.
    """
    real = [each for each in found if each.deviation is not Deviation.UNSEEN]
    if not found:
        return passed(otherwise)
    lines = [spelt(each) for each in (real or found)]
    if not look.database.exact and real:
        if look.server.point.kind != "backup":
            return not_applicable(f"{look.database.inexact} ({len(lines)} differences)", [*lines[:SHOWN]])
        return inconclusive(f"{look.database.inexact}: {told(lines)}", [*lines[:SHOWN]])
    if real:
        return failed([*lines[:SHOWN]], told(lines))
    return inconclusive(f"could not look: {told(lines)}", [*lines[:SHOWN]])


def spelt(each: Difference) -> str:
    """One difference in words; secrets are among the facts only as keyed HMACs, and are not spelt at all."""
    what = f"{each.kind} {each.identity}".strip() + (f", {each.field}" if each.field else "")
    if each.deviation is Deviation.UNSEEN:
        why = f": {_short(each.observed)}" if each.observed is not None else ""
        return f"{what} could not be seen{why}"
    if each.deviation is not Deviation.CHANGED or each.field == "secrets":
        return f"{what} is {each.deviation.value}"
    return f"{what}: expected {_short(each.expected)}, observed {_short(each.observed)}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def with_contents(look: Look) -> tuple[Details, Details, list[str]]:
    """Expected and observed with the tables that were read; and which could not be read, with the reason."""
    from dataops.backup.manifest.details import TableContent

    read, unread = look.shared.contents, look.shared.unread
    chosen = tuple(table for table in look.expected.tables if table.identity in read)
    conditions = {name: table.condition for name, table in look.shared.tables.items()}
    seen = tuple(
        TableContent(
            identity=table.identity,
            rows=read[table.identity].rows,
            hash=read[table.identity].hash,
            condition=conditions[table.identity],
            unlogged=table.unlogged,
        )
        for table in chosen
    )
    expected = look.expected.model_copy(update={"tables": chosen, "large_objects": None, "definitions": ()})
    observed = look.observed.model_copy(update={"tables": seen, "definitions": ()})
    return expected, observed, [f"{name}: {why}" for name, why in sorted(unread.items())]
