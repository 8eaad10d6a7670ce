"""The cluster is put together again: the standbys follow the new primary, and so does the old one."""

from __future__ import annotations

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Rejoined
from dataops.failover.journal import Phase
from dataops.failover.planning.course import OUTLIVES_FENCE
from dataops.failover.round import proving
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.undoing import undo_all


def follow(stage: Stage, leg: Leg) -> None:
    """The other standbys follow the new primary."""
    for each in stage.followers:
        _tell(stage, each, stage.driver.rejoin(each, leg.new))


def rejoin(stage: Stage, leg: Leg) -> bool:
    """Whether the old primary follows the new one, with proof; what outlived its fence is healed before.

    Its old data is kept where it could not be rewound. What cannot be made to follow is red, and the new
    primary serves on all the same.
    """
    name = leg.named(proving.REJOINED)
    try:
        _heal(stage)
        told = stage.driver.rejoin(leg.old, leg.new)
        _tell(stage, leg.old, told)
    except DataOpsError as error:
        unknown = isinstance(error, InconclusiveError)
        stage.findings.add(
            Check(
                name=name,
                verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
                expected=f"{leg.old} follows {leg.new}",
                observed="not rejoined",
                reason=str(error),
            )
        )
        return False
    proving.rejoined(stage, name, leg.old, upstream=leg.new, run=leg.run, how=_how(told))
    stage.findings.measure(leg.named("rejoin"), told.seconds, "seconds")
    if told.kept:
        stage.findings.data[f"old data of {leg.old}"] = told.kept
    well = stage.findings.checks[-1].verdict is Verdict.PASSED
    if well:
        stage.journal.advance(Phase.REJOINED, undo=())
    return well


def _heal(stage: Stage) -> None:
    left = tuple(each for each in stage.journal.round.undo if each.fault in OUTLIVES_FENCE)
    if left:
        stage.findings.add(*undo_all(stage.driver, left, stage.findings.say))


def _tell(stage: Stage, node: str, told: Rejoined) -> None:
    stage.findings.say(f"{node}: {_how(told)}, {told.seconds:.1f} s")


def _how(told: Rejoined) -> str:
    words = {
        "rewind": "rewound",
        "rebuild": "rebuilt from a base backup",
        "restart": "restarted as a standby",
        "automatic": "brought back by the cluster itself",
    }[told.how]
    because = f", since {told.reason}" if told.reason else ""
    kept = f"; its old data is in {told.kept}" if told.kept else ""
    return f"{words}{because}{kept}"
