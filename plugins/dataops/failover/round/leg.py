"""One change of roles as clients see it: the way there, or the way back; each has a canary of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataops.failover.marks import Marks
from dataops.failover.topology import Topology

if TYPE_CHECKING:
    from dataops.failover.canary.accounting import Account
    from dataops.failover.canary.ledger import Ledger
    from dataops.failover.canary.running import Canary
    from dataops.failover.canary.timing import Timing

THERE, BACK = "failover", "failback"


@dataclass
class Leg:
    """From ``old`` to ``new``. ``run`` is what the canary's rows and ledger are found by.

    ``before`` is the cluster before it; ``fork`` the LSN at which the new timeline leaves the old one.
    """

    name: str
    run: str
    old: str
    new: str
    before: Topology
    marks: Marks = field(default_factory=Marks)
    fenced: bool = False
    """Whether it is proven that the old primary takes no write: also where nobody can reach it."""
    died: int = 0
    """Promotions of this leg that were cut short, each of which may have begun a timeline."""
    why: str = ""
    """Why the old primary was given up."""
    canary: Canary | None = None
    ledger: Ledger | None = None
    account: Account | None = None
    timing: Timing | None = None
    fork: int | None = None

    @property
    def promotes(self) -> bool:
        """Whether another node is primary after it."""
        return self.old != self.new

    def named(self, check: str) -> str:
        """The name of a check of this leg: the way back says so, since the way there has the same."""
        return check if self.name == THERE else f"{check} ({self.name})"
