"""Does the advice help? From measurements, or from the planner's estimates, to a proof. Pure.

Measured advice must win by time and by blocks: time alone is noise of the machine, blocks alone may be cheap.
"""

from __future__ import annotations

from dataclasses import dataclass

from dataops.evidence.units import human
from dataops.evidence.verdict import Figure
from dataops.performance.finding import Proof
from dataops.performance.proving.measurement import Measured

LEAST_GAIN = 0.2
"""Share of the time, or of the planner's cost, that must be saved."""
NOTICEABLE = 0.001
"""Seconds below which a slower execution is noise."""


@dataclass(frozen=True)
class Built:
    """What an index took: ``seconds`` to build, ``bytes`` on disk.

    ``names`` are what plans call it: its own name, on a partitioned table those of its pieces.
    """

    names: frozenset[str]
    seconds: float
    bytes: int


@dataclass(frozen=True)
class WriteCost:
    """Seconds and WAL bytes of writing ``rows`` rows, without the index and with it."""

    rows: int
    seconds_without: float
    seconds_with: float
    wal_without: int
    wal_with: int


def judge_measured(
    by: str,
    built: Built,
    before: Measured,
    after: Measured,
    again: Measured,
    write_cost: WriteCost | None = None,
) -> Proof:
    """The proof of an index from executions without it, with it, and without it once more.

    It is held against the faster of both times without it, so that warm caches favour nobody.
    """
    without = before.faster(again)
    helps = after.uses(built.names) and _gains(without, after)
    return Proof(
        by=by,
        helps=helps,
        sentence=_sentence(built, without, after, write_cost, helps=helps),
        figures=_figures(built, without, after, write_cost),
    )


def _gains(without: Measured, after: Measured) -> bool:
    if after.cut_off or after.seconds > (1 - LEAST_GAIN) * without.seconds:
        return False
    return without.cut_off or after.blocks < without.blocks


def _sentence(
    built: Built, without: Measured, after: Measured, write_cost: WriteCost | None, *, helps: bool
) -> str:
    least = "more than " if without.cut_off else ""
    sets = f"mean over {len(after.sets)} sets of values from the data" if len(after.sets) > 1 else "measured"
    compared = (
        f"{least}{human(without.seconds, 'seconds')} and {without.blocks:,.0f} blocks without the index, "
        f"{human(after.seconds, 'seconds')} and {after.blocks:,.0f} blocks with it ({sets})"
    )
    if not after.uses(built.names):
        return f"Withdrawn: the planner does not use the index; {compared}."
    if not helps:
        return f"Withdrawn: it does not help enough; {compared}."
    size, seconds = human(built.bytes, "bytes"), human(built.seconds, "seconds")
    parts = [f"{compared}; it takes {size} and {seconds} to build"]
    if write_cost is not None:
        parts.append(written_more(write_cost))
    if slower(without, after):
        parts.append(f"with {slower(without, after)} of {len(after.sets)} sets of values it is slower")
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}."


def slower(without: Measured, after: Measured) -> int:
    """With how many sets of values the statement is noticeably slower than without the index."""
    pairs = zip(without.sets, after.sets, strict=True)
    return sum(two.seconds > one.seconds * (1 + LEAST_GAIN) + NOTICEABLE for one, two in pairs)


def written_more(cost: WriteCost) -> str:
    """What writing costs more with the index, in words that follow a semicolon."""
    each = (cost.seconds_with - cost.seconds_without) / cost.rows
    if each <= 0:
        return f"inserting {cost.rows:,} rows took no longer"
    share = 100 * (cost.seconds_with / cost.seconds_without - 1) if cost.seconds_without else 0.0
    return f"inserting a row takes {each * 1e6:,.1f} microseconds more ({share:+.0f} %)"


def _figures(
    built: Built, without: Measured, after: Measured, write_cost: WriteCost | None
) -> tuple[Figure, ...]:
    figures = [
        Figure(name="time without", value=without.seconds, unit="seconds"),
        Figure(name="time with", value=after.seconds, unit="seconds"),
        Figure(name="blocks without", value=without.blocks, unit="blocks"),
        Figure(name="blocks with", value=after.blocks, unit="blocks"),
        Figure(name="index size", value=built.bytes, unit="bytes"),
        Figure(name="build time", value=built.seconds, unit="seconds"),
    ]
    if write_cost is not None:
        rows = write_cost.rows
        figures += [
            Figure(name="insert of a row without", value=write_cost.seconds_without / rows, unit="seconds"),
            Figure(name="insert of a row with", value=write_cost.seconds_with / rows, unit="seconds"),
            Figure(name="WAL of a row without", value=write_cost.wal_without / rows, unit="bytes"),
            Figure(name="WAL of a row with", value=write_cost.wal_with / rows, unit="bytes"),
        ]
    return tuple(figures)


def judge_rewrite(
    by: str, without: Measured, after: Measured, *, same_rows: bool, built: Built | None = None
) -> Proof:
    """The proof of a rewritten statement: it must give the same rows, and win by time and by blocks."""
    helps = same_rows and _gains(without, after)
    compared = (
        f"{human(without.seconds, 'seconds')} and {without.blocks:,.0f} blocks as it is, "
        f"{human(after.seconds, 'seconds')} and {after.blocks:,.0f} blocks in the other form"
    )
    if not same_rows:
        sentence = f"Withdrawn: the other form gives other rows; {compared}."
    elif not helps:
        sentence = f"Withdrawn: the other form does not help enough; {compared}."
    else:
        index = f"; its index takes {human(built.bytes, 'bytes')}" if built else ""
        sentence = f"The same rows with {len(after.sets)} sets of values from the data; {compared}{index}."
    figures = [
        Figure(name="time as it is", value=without.seconds, unit="seconds"),
        Figure(name="time in the other form", value=after.seconds, unit="seconds"),
        Figure(name="blocks as it is", value=without.blocks, unit="blocks"),
        Figure(name="blocks in the other form", value=after.blocks, unit="blocks"),
    ]
    if built is not None:
        figures.append(Figure(name="index size", value=built.bytes, unit="bytes"))
    return Proof(by=by, helps=helps, sentence=sentence, figures=tuple(figures))


def judge_rewrite_estimated(before: float, after: float) -> Proof:
    """The proof of a rewritten statement from the planner's costs; rows are compared only where it runs."""
    helps = before > 0 and after <= (1 - LEAST_GAIN) * before
    costs = f"planner's cost {before:,.0f} as it is, {after:,.0f} in the other form"
    sentence = (
        f"The planner expects less work; {costs}. An estimate: neither time nor rows were compared."
        if helps
        else f"Withdrawn: it would not help enough; {costs}."
    )
    figures = (
        Figure(name="planner cost as it is", value=before, unit="count"),
        Figure(name="planner cost in the other form", value=after, unit="count"),
    )
    return Proof(by=BY_HYPOPG, helps=helps, sentence=sentence, figures=figures)


def judge_estimated(before: float, after: float, *, used: bool, bytes_: int) -> Proof:
    """The proof of a hypothetical index from the planner's cost without it and with it."""
    share = 100 * (1 - after / before) if before else 0.0
    helps = used and before > 0 and after <= (1 - LEAST_GAIN) * before
    costs = f"planner's cost {before:,.0f} without the index, {after:,.0f} with it"
    if not used:
        sentence = f"Withdrawn: the planner would not use the index; {costs}."
    elif not helps:
        sentence = f"Withdrawn: it would not help enough; {costs}."
    else:
        sentence = (
            f"The planner would use it and expects {share:.0f} % less work; {costs}; estimated size "
            f"{human(bytes_, 'bytes')}. An estimate of the planner, not a measured time."
        )
    return Proof(
        by=BY_HYPOPG,
        helps=helps,
        sentence=sentence,
        figures=(
            Figure(name="planner cost without", value=before, unit="count"),
            Figure(name="planner cost with", value=after, unit="count"),
            Figure(name="estimated index size", value=bytes_, unit="bytes"),
        ),
    )


BY_HYPOPG = "HypoPG"


def not_tried(by: str, reason: str) -> Proof:
    """The proof of advice that could not be tried: neither for it nor against it."""
    return Proof(by=by, helps=None, sentence=f"Not tried: {reason.rstrip('.')}.")
