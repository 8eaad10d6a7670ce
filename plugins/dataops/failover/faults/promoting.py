"""A double failure: the primary dies, and the standby dies while it is being promoted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dataops.failover.drivers.driver import Told
from dataops.failover.faults.fault import Ground
from dataops.failover.faults.processes import Kill


@dataclass(frozen=True)
class KillWhilePromoting(Kill):
    """The first half, the primary's death. The driver's next promotion does the second: see ``arms``."""

    def tell(self, ground: Ground, node: str) -> Told:
        told = super().tell(ground, node)
        second = "then, in the middle of pg_promote(): kill -KILL the standby that is promoted"
        worst = "Nobody serves until a node is started again by hand or by the guard. " + told.worst
        return replace(told, commands=(*told.commands, second), worst=worst)

    def heal(self, ground: Ground, node: str) -> None:
        for each, member in ground.members.items():  # the standby that died is one of them
            if not member.host.processes():
                ground.start(each)


def arms(fault: str) -> bool:
    """Whether the next promotion is to be cut short by the death of the node that is promoted."""
    return fault == "kill_standby_while_promoting"
