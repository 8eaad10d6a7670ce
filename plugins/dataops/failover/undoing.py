"""Taking back what a round did to a cluster, before its commit point: the last thing first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Driver
from dataops.failover.journal import Undo


def undo_all(driver: Driver, undo: Sequence[Undo], say: Say) -> tuple[Check, ...]:
    """One check for each thing, in the order in which they were taken back: the reverse of ``undo``.

    Goes on after one that could not be taken back, since the others are worth it all the same. Each may have
    been taken back before. Whether the cluster is whole again is for whoever looks at it afterwards.
    """
    return tuple(_undo(driver, each, say) for each in reversed(undo))


def told(undo: Undo) -> str:
    """What taking it back is, in words."""
    return {
        "heal": f"heal {undo.fault} of {undo.node}",
        "start": f"start {undo.node}",
        "unfence": f"take the fence from {undo.node}",
        "route": f"lead the route to {undo.node}",
    }[undo.action]


def _undo(driver: Driver, undo: Undo, say: Say) -> Check:
    actions: dict[str, Callable[[], None]] = {
        "heal": lambda: driver.heal(undo.fault, undo.node),
        "start": lambda: driver.heal(undo.fault or "kill", undo.node),
        "unfence": lambda: driver.unfence(undo.node),
        "route": lambda: driver.route(undo.node),
    }
    name, begun = told(undo), time.monotonic()
    try:
        actions[undo.action]()
    except DataOpsError as error:
        say(f"could not {name}: {error}")
        unknown = isinstance(error, InconclusiveError)
        return Check(
            name=name,
            verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
            expected="taken back",
            observed="unknown" if unknown else "not taken back",
            seconds=_since(begun),
            reason=str(error),
        )
    say(f"{name}: {_since(begun):.3f} s")
    return Check(
        name=name, verdict=Verdict.PASSED, expected="taken back", observed="taken back", seconds=_since(begun)
    )


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
