"""The critical section: break, see that it is broken, notice, commit, fence, promote, lead clients over.

Nothing here waits for anything that clients would have to wait for too: one write to the store before the
commit point, none after it until they are served again. Every connection that it needs was opened before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.journal import Phase, Undo
from dataops.failover.journaling import BY, SWITCH
from dataops.failover.round.detecting import Probe, detect
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage

log = logging.getLogger(__name__)

TOOK_EFFECT = "fault took effect"
FENCED = "old primary fenced"


class NoEffect(InconclusiveError):
    """The fault was injected and nobody can prove that anything broke: there is nothing to be learned."""


class FenceUnproven(InconclusiveError):
    """Nobody can prove that the old primary takes no writes: so nobody is promoted."""


def fail_over(stage: Stage, leg: Leg) -> None:
    """The primary is broken and given up, the candidate serves in its place; ``leg.marks`` say when.

    Raises ``NoEffect`` and what ``watch`` raises before the commit point; after it ``FenceUnproven``,
    ``DriverFailed`` and ``OutcomeUnknown``: then the only way is forward, see ``ending.py``.
    """
    driver, marks = stage.driver, leg.marks
    fault, broken = stage.plan.fault, stage.plan.broken
    patience = stage.scenario.load.patience.total_seconds()
    with Probe(driver.connection(leg.old), patience=patience) as probe, prepared(stage, leg.new):
        break_it(stage, leg)
        dead = dead_of(stage, leg.old)
        found = detect(dead=dead, probe=probe, patience=patience, still=stage.watch.check)
        marks.detected, leg.why = found.at, found.why
        commit(stage)
        fenced = driver.fence(leg.old)
        stage.findings.add(_named(fenced, leg.named(FENCED)))
        if fenced.verdict is not Verdict.PASSED:
            raise FenceUnproven(
                f"{leg.old} may still take writes: {fenced.reason or fenced.observed}. "
                f"{leg.new} was not promoted."
            )
        marks.fenced, leg.fenced = time.monotonic(), True
        promote(stage, leg)
    stage.journal.advance(Phase.PROMOTED)
    stage.findings.say(
        f"{leg.old} given up, since {leg.why}; {leg.new} serves {marks.routed - marks.fault:.3f} s "
        f"after {fault} of {broken}"
        if marks.routed and marks.fault
        else f"{leg.new} serves"
    )


def fail_over_automatically(stage: Stage, leg: Leg) -> None:
    """The primary is broken, and the cluster promotes by itself: the round waits, and fences afterwards.

    It may promote from the fault on, before the commit point is written: whoever takes over from us then
    heals the broken node, and the cluster itself makes it follow. A fault without effect commits to nothing.
    """
    break_it(stage, leg)
    commit(stage)
    promote(stage, leg)
    fenced = stage.driver.fence(leg.old)
    leg.fenced = fenced.verdict is Verdict.PASSED
    stage.findings.add(_named(fenced, leg.named(FENCED)))
    stage.journal.advance(Phase.PROMOTED)


def switch_over(stage: Stage, leg: Leg) -> None:
    """The roles change in an orderly way; nothing may be lost, and clients wait as long as it takes."""
    marks = leg.marks
    with prepared(stage, leg.new):
        commit(stage, facts={BY: SWITCH})
        marks.fault = time.monotonic()
        stage.driver.switch(leg.old, leg.new)
        marks.promoted = time.monotonic()
        stage.serving = leg.new
        stage.driver.route(leg.new)
        marks.routed = time.monotonic()
    stage.journal.advance(Phase.PROMOTED)
    stage.findings.say(f"{leg.new} serves instead of {leg.old} after {marks.routed - marks.fault:.3f} s")


def break_it(stage: Stage, leg: Leg) -> Check:
    """The fault is journaled, injected and proven. Raises ``NoEffect`` where it is not."""
    fault, broken = stage.plan.fault, stage.plan.broken
    stage.journal.advance(Phase.BREAKING, undo=(*stage.journal.round.undo, Undo("heal", broken, fault)))
    stage.watch.check()
    leg.marks.fault = time.monotonic()
    stage.driver.inject(fault, broken)
    effect = _named(stage.driver.effect(fault, broken), TOOK_EFFECT)
    stage.findings.add(effect)
    if effect.verdict is not Verdict.PASSED:
        raise NoEffect(f"{fault} of {broken}: {effect.reason or effect.observed}")
    return effect


def commit(
    stage: Stage, *, undo: tuple[Undo, ...] | None = None, facts: Mapping[str, str] | None = None
) -> None:
    """The commit point: one write, after which nothing reverts by itself. Raises where it is not ours.

    What was to be undone stays on the list: cuts and filled disks are taken away past this point, too.
    """
    stage.watch.check()
    stage.journal.advance(Phase.COMMITTED, undo=undo, facts=facts)


def promote(stage: Stage, leg: Leg) -> None:
    """The candidate takes writes and clients are led to it; what it did elsewhere, by its own word."""
    from dataops.failover.drivers.automatic import AnotherPromoted

    stage.watch.held.check()
    try:
        stage.driver.promote(leg.new)
    except AnotherPromoted as error:  # the cluster chose: the round goes on with its choice
        stage.findings.say(str(error))
        leg.new = error.node
    leg.marks.promoted = time.monotonic()
    stage.serving = leg.new
    stage.driver.route(leg.new)
    leg.marks.routed = time.monotonic()


def dead_of(stage: Stage, node: str) -> Callable[[], bool] | None:
    """The question whether the node's host says that nothing of it runs; None where nobody can ask."""
    ask: Callable[[str], bool] | None = getattr(stage.driver, "dead", None)
    return None if ask is None else lambda: ask(node)


@contextmanager
def prepared(stage: Stage, node: str) -> Generator[None]:
    """What promoting the node needs is open beforehand, where the driver can do that."""
    prepare: Callable[[str], None] | None = getattr(stage.driver, "prepare", None)
    if prepare is not None:
        try:
            prepare(node)
        except DataOpsError as error:
            log.info("promoting %s could not be prepared: %s", node, error)
    yield


def _named(check: Check, name: str) -> Check:
    return check.model_copy(update={"name": name})
