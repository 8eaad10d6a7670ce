"""A double failure: the standby dies while it is promoted. That must end cleanly, with no second primary."""

from __future__ import annotations

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.journal import Phase
from dataops.failover.round import breaking, proving
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.topology import Role, Topology

CLEAN = "promotion ended cleanly"
HELD = "what died comes back as a standby"


def promotion_dies(stage: Stage, leg: Leg) -> None:
    """The primary is broken, and the standby dies while it is promoted; then it is promoted once more.

    In between nobody may take writes but the one that was promoted, and the fenced primary stays fenced:
    past the commit point the only way is forward, as soon as what died is back.
    """
    try:
        breaking.fail_over(stage, leg)
    except (DriverFailed, OutcomeUnknown) as error:
        if leg.marks.fenced is None:
            raise
        leg.died += 1
        stage.findings.say(f"The promotion failed, as it was to: {error}")
        _judge(stage, leg, stage.driver.observe())
        _again(stage, leg)
        return
    stage.findings.add(
        Check(
            name=CLEAN,
            verdict=Verdict.INCONCLUSIVE,
            expected=f"{leg.new} dies while it is promoted",
            observed=f"{leg.new} was promoted",
            reason="the standby was faster than its death: nothing was learned of a double failure",
        )
    )


def _judge(stage: Stage, leg: Leg, seen: Topology) -> None:
    """No node but the candidate is primary, and the old one does not even run."""
    others = [each.name for each in seen.primaries if each.name != leg.new]
    old = seen.node(leg.old)
    well = not others and old.role in {Role.DOWN, Role.STANDBY}
    stage.findings.add(
        Check(
            name=CLEAN,
            verdict=Verdict.PASSED if well else Verdict.FAILED,
            expected=f"{leg.old} stays fenced and no other node is primary",
            observed=", ".join(f"{each.name} {each.role} (timeline {each.timeline})" for each in seen.nodes),
            reason="" if well else f"{' and '.join(others) or leg.old} may take writes beside {leg.new}",
        )
    )


def _again(stage: Stage, leg: Leg) -> None:
    """What died is started as a standby, whatever it died as, and promoted once more.

    A promotion takes standby.signal away before the new timeline stands in pg_control (PostgreSQL's
    StartupXLOG): what dies between the two would start as a primary on the old timeline, beside the history
    that the fenced primary has of the same name. Behind the fence it can only come up as a standby.
    """
    held = stage.driver.fence(leg.new)
    stage.findings.add(held.model_copy(update={"name": HELD}))
    if held.verdict is not Verdict.PASSED:
        raise DriverFailed(
            f"{leg.new} died while it was promoted and may come back as a primary on the old timeline: "
            f"{held.reason or held.observed}. It was not started."
        )
    stage.driver.heal(stage.plan.fault, leg.new)
    stage.watch.until(
        lambda: stage.driver.observe().node(leg.new).role is Role.STANDBY,
        within=proving.CATCH_UP,
        what=f"{leg.new} is back as a standby",
        every=0.1,
        free=True,
    )
    breaking.promote(stage, leg)
    stage.journal.advance(Phase.PROMOTED)
