"""Did the advice help? The statement of a finding that is gone, tonight beside the nights before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.evidence.verdict import Figure
from dataops.performance.finding import Finding
from dataops.performance.findings.compared import by_statement
from dataops.performance.findings.view import Row
from dataops.performance.findings.words import figure, seconds, short
from dataops.performance.statement_text import fingerprint
from dataops.performance.window import Window

_FASTER = 0.8
"""Share of its former mean time below which a statement counts as faster."""
_SLOWER = 1.25
"""Times its former mean time above which it counts as slower."""


def helped(gone: Finding, tonight: Window, earlier: Sequence[Window]) -> tuple[str, tuple[Figure, ...]]:
    """What became of the statement that the finding was about, in a sentence with its figures.

    Empty where it was about no statement. ``earlier`` are windows of before, the nearest first. A statement
    that was not called tonight tells nothing, and that is said.
    """
    name = _statement(gone)
    if not name:
        return "", ()
    then = _first(name, earlier)
    if then is None:
        return "Whether that helped cannot be told: no earlier window has its statement.", ()
    now = _first(name, [tonight])
    if now is None:
        return "Whether that helped cannot be told: its statement was not called.", ()
    before, after = _mean(then), _mean(now)
    times = f"{short(now['text'])} takes {seconds(after)} instead of {seconds(before)}"
    figures = (figure("mean before", before, "seconds"), figure("mean", after, "seconds"))
    if after <= _FASTER * before:
        return f"It helped: {times}.", figures
    if after >= _SLOWER * before:
        return f"It did not help: {times}.", figures
    return f"It brought little: {times}.", figures


def _statement(finding: Finding) -> str:
    """The fingerprint of the statement that the finding, or its advice, is about."""
    kind, _, name = finding.object.partition(" ")
    if kind == "statement":
        return name
    text = finding.advice.statement if finding.advice else ""
    return fingerprint(text) if text else ""


def _first(name: str, windows: Iterable[Window]) -> Row | None:
    for window in windows:
        row = by_statement(window).get(name)
        if row is not None and row["exec_seconds"] is not None:
            return row
    return None


def _mean(row: Row) -> float:
    """Seconds of one execution."""
    return float(row["exec_seconds"] / row["calls"])
