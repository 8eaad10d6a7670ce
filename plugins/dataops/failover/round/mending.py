"""The cluster is put together again: the standbys follow the new primary, and so does the old one."""

from __future__ import annotations

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Rejoined
from dataops.failover.journal import Phase
from dataops.failover.planning.course import OUTLIVES_FENCE
from dataops.failover.round import proving
from dataops.failover.round.ending import NO_LONGER_OURS
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.undoing import undo_all
from dataops.failover.verifying.judged import judged, part

FOLLOW = "other standbys follow"


def follow(stage: Stage, leg: Leg) -> None:
    """The other standbys are led to the new primary; one that cannot be is red, and nobody waits for it."""
    parts = []
    for each in stage.followers:
        why = ""
        try:
            _tell(stage, each, stage.driver.rejoin(each, leg.new))
        except NO_LONGER_OURS:
            raise
        except DataOpsError as error:
            why = str(error)
        seen = "it was led there" if not why else "it was not"
        parts.append(part(each, not why, expected=f"follows {leg.new}", observed=seen, why=why))
    if parts:
        name = leg.named(FOLLOW)
        stage.findings.add(judged(name, parts, expected=f"each follows {leg.new}", observed=f"{len(parts)}"))


def bring_back(stage: Stage, leg: Leg) -> Rejoined | None:
    """The old primary is made to follow the new one; what outlived its fence is healed before.

    Its old data is kept where it could not be rewound. None where it could not be made to follow: that is
    red, and the new primary serves on all the same.
    """
    try:
        _heal(stage, leg)
        told = stage.driver.rejoin(leg.old, leg.new)
    except NO_LONGER_OURS:
        raise
    except DataOpsError as error:
        unknown = isinstance(error, InconclusiveError)
        stage.findings.add(
            Check(
                name=leg.named(proving.REJOINED),
                verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
                expected=f"{leg.old} follows {leg.new}",
                observed="not rejoined",
                reason=str(error),
            )
        )
        return None
    _tell(stage, leg.old, told)
    stage.findings.measure(leg.named("rejoin"), told.seconds, "seconds")
    if told.kept:
        stage.findings.data[f"old data of {leg.old}"] = told.kept
    return told


def proven_back(stage: Stage, leg: Leg, told: Rejoined | None) -> bool:
    """Whether it is proven that the old primary follows and kept nothing of its own; asked without load."""
    if told is None:
        return False
    proving.rejoined(
        stage, leg.named(proving.REJOINED), leg.old, upstream=leg.new, run=leg.run, how=_how(told)
    )
    if stage.findings.checks[-1].verdict is not Verdict.PASSED:
        return False
    stage.journal.advance(Phase.REJOINED, undo=())
    return True


def _heal(stage: Stage, leg: Leg) -> None:
    """What outlived the fence is taken away; whoever was unreachable behind it is asked to write then."""
    left = tuple(each for each in stage.journal.round.undo if each.fault in OUTLIVES_FENCE)
    if left:
        stage.findings.add(*undo_all(stage.driver, left, stage.findings.say))
        name = f"{proving.WRITABLE} (healed)"
        proving.writable(stage, name, expected=leg.new, seen=stage.driver.observe())


def _tell(stage: Stage, node: str, told: Rejoined) -> None:
    stage.findings.say(f"{node}: {_how(told)}, {told.seconds:.1f} s")


def _how(told: Rejoined) -> str:
    words = {
        "rewind": "rewound",
        "rebuild": "rebuilt from a base backup",
        "restart": "restarted as a standby",
        "automatic": "brought back by the cluster itself",
    }[told.how]
    because = f" ({told.reason.rstrip('.')})" if told.reason else ""
    kept = f"; its old data is in {told.kept}" if told.kept else ""
    return f"{words}{because}{kept}"
