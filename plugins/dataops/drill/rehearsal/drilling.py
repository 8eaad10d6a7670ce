"""The drill as a rehearsal runs it: the same functions as every other drill, whose checks it then judges."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from dataops.backup.steps import Job
from dataops.drill import run
from dataops.drill.checking import CheckOutcome, run_checks
from dataops.drill.measuring import RPO_CHECK
from dataops.drill.rehearsal.judging import Look
from dataops.drill.rehearsal.shelf import Shelf
from dataops.drill.rehearsal.stage import Stage
from dataops.drill.restored import RestoredServer
from dataops.evidence.steps import StepReport, broken, first_red
from dataops.evidence.verdict import Check

OBJECTIVES = ("RTO within objective", RPO_CHECK)
"""Left out: they are about the clock and the age of the backup, and no fault of a copy is theirs to see."""

RunChecks = Callable[[RestoredServer, Job], CheckOutcome]


def whole_drill(shelf: Shelf) -> Look:
    """Choosing, preflight, restore, checks, measuring and teardown of the copy on the shelf."""
    with _beside(shelf.beside):
        try:
            return Look(_steps(shelf))
        finally:
            shelf.ended.set()


def checks_of(stage: Stage, look: RunChecks = run_checks) -> Look:
    """All checks on the copy that stands on the stage."""
    with _beside(stage.beside):
        checks = look(stage.server, stage.job).checks
    return Look(checks, survived=stage.answers())


def _steps(shelf: Shelf) -> tuple[Check, ...]:
    """Every check of the drill's steps; a step that broke is the check of its name, as in the evidence."""
    job = shelf.job
    actions: tuple[tuple[str, Callable[[StepReport | None], StepReport]], ...] = (
        ("prepare", lambda _: run.prepare(job)),
        ("drill", lambda prepared: run.drill(job, _not_none(prepared))),
    )
    found: tuple[Check, ...] = ()
    report: StepReport | None = None
    for name, act in actions:
        started = datetime.now(UTC)
        try:
            report = act(report)
        except Exception as error:  # ruff: ignore[blind-except] a step that broke is a red check
            report = broken(name, started, error)
        found += report.checks
        if first_red(report.checks):
            break
        if name == "prepare" and shelf.between is not None:
            shelf.between(report)
    return tuple(check for check in found if check.name not in OBJECTIVES)


def _not_none(report: StepReport | None) -> StepReport:
    assert report is not None
    return report


@contextmanager
def _beside(act: Callable[[], None] | None) -> Generator[None]:
    """Something that happens meanwhile; it ends by itself, and is waited for."""
    if act is None:
        yield
        return
    thread = threading.Thread(target=act, name="rehearsal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=60)
