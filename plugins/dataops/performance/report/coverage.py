"""How well each kind of statistics was measured, and what that means for the verdict."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.performance.report.document import Area
from dataops.performance.report.numbers import counted, share, small_duration
from dataops.performance.window import Quality, SectionName, Window

LEAST_COVERED = 0.5
"""Share of the window that usable samples must cover for the night to count as watched."""

SAMPLING, ACTIVE = "time of sampling", "time that sessions ran statements"
"""Names of the figures that tell what looking cost: of all sessions of the database, ours among them."""
NEARLY_ALL = 0.995
"""Share of the window from which on nothing is said of the rest."""
TOLD = 3
"""Remarks on one section's quality that stand beside its numbers."""

TITLES = {
    SectionName.STATEMENTS: "statements",
    SectionName.TABLES: "tables",
    SectionName.INDEXES: "indexes",
    SectionName.CONSTRAINTS: "constraints",
    SectionName.SEQUENCES: "sequences",
    SectionName.DATABASE: "database",
    SectionName.CHECKPOINTS: "checkpoints",
    SectionName.WAL: "WAL",
    SectionName.ARCHIVER: "archiver",
    SectionName.REPLICATION: "replication",
    SectionName.SLOTS: "replication slots",
    SectionName.SLRU: "SLRU caches",
    SectionName.SESSIONS: "sessions",
    SectionName.BLOCKING: "locks",
    SectionName.SETTINGS: "settings",
    SectionName.COLLATIONS: "collations",
    SectionName.SIZES: "sizes",
    SectionName.LOGS: "server's log",
}


def areas(window: Window, declared: Collection[str] = ()) -> tuple[Area, ...]:
    """Every section's quality. ``declared`` are those that the inventory says cannot be measured there."""
    found = []
    for name in SectionName:
        quality = window.section(name).quality
        found.append(
            Area(
                name=name.value,
                title=TITLES[name],
                covered=round(min(max(quality.covered, 0.0), 1.0), 4),
                notes=quality.notes,
                missing=quality.missing,
                declared=bool(quality.missing) and name.value in declared,
            )
        )
    return tuple(found)


def is_blind(area: Area) -> bool:
    """Whether it was not measured, or not well enough, and nobody declared that."""
    return not area.declared and (bool(area.missing) or area.covered < LEAST_COVERED)


def why_blind(area: Area) -> str:
    """Why it was not measured well enough, in one sentence."""
    return area.missing or f"Only {share(area.covered)} of the window lies between usable samples."


def quality_line(quality: Quality) -> str:
    """What a section's numbers leave out, for whoever reads them; empty where they are whole.

    The first of many reasons alone, and how many more there are: the last table of the page has them all.
    """
    whole = quality.covered >= NEARLY_ALL
    if quality.missing or (whole and not quality.notes):
        return ""
    told = [] if whole else [f"Measured over {share(quality.covered)} of the window."]
    rest = len(quality.notes) - TOLD
    more = [f"And {counted(rest, 'more remark')}, below."] if rest > 0 else []
    return " ".join((*told, *quality.notes[:TOLD], *more))


def cost_of_sampling(figures: Mapping[str, float]) -> str:
    """What looking cost the database, in one sentence; empty where that was not measured."""
    spent, active = figures.get(SAMPLING), figures.get(ACTIVE)
    if spent is None:
        return ""
    if not active:
        return f"Sampling took {small_duration(spent)}; sessions ran no statement of which the time is known."
    told = f"{share(spent / active)} of the {duration(active)} in which sessions ran statements"
    return f"Sampling took {small_duration(spent)}, {told}."


def measured(found: Collection[Area]) -> Check:
    """The check that all was measured: what was not, and is not declared so, makes the night inconclusive.

    It never fails: what was not measured is not known to be bad either.
    """
    parts = tuple(_part(area) for area in found)
    blind = [part for part in parts if part.verdict is Verdict.INCONCLUSIVE]
    applicable = [part for part in parts if part.verdict is not Verdict.NOT_APPLICABLE]
    seen = len(applicable) - len(blind)
    return Check(
        name="measured",
        verdict=Verdict.INCONCLUSIVE if blind or not applicable else Verdict.PASSED,
        expected="every kind of statistics, over most of the window",
        observed=f"{seen} of {counted(len(applicable), 'kind')}",
        reason=f"{blind[0].name}: {blind[0].reason}" if blind else "",
        parts=parts,
    )


def _part(area: Area) -> Part:
    if area.declared:
        verdict, why = Verdict.NOT_APPLICABLE, f"{area.missing} The inventory says so."
    elif is_blind(area):
        verdict, why = Verdict.INCONCLUSIVE, f"Not measurable: {why_blind(area)}"
    else:
        verdict, why = Verdict.PASSED, " ".join(area.notes)
    return Part(name=area.title, verdict=verdict, observed=share(area.covered), reason=why)
