"""Reading back what was done until the cluster's metadata shows it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from dataops.kafka.applying.present import read_present
from dataops.kafka.applying.standing import Stands, standing
from dataops.kafka.changes import Change
from dataops.kafka.cluster.configs import batches
from dataops.kafka.cluster.connecting import Session

AT_ONCE = 2000
"""Changes that are read back together."""


def unsettled(
    session: Session, changes: Sequence[Change], indexes: Collection[int], patience: float
) -> dict[int, str]:
    """Those of the changes that the cluster still does not show when patience ends, and what it shows.

    Raises ``ClusterUnreachable`` where it cannot be read at all.
    """
    deadline = time.monotonic() + patience
    pause = 0.02
    waiting = list(indexes)
    while True:
        found: dict[int, str] = {}
        for some in batches(waiting, AT_ONCE):
            present = read_present(session, [changes[index].action for index in some])
            for index in some:
                stands = standing(changes[index], present)
                if stands.stands is not Stands.DONE:
                    found[index] = stands.reason or "the cluster does not show it"
        if not found or time.monotonic() > deadline:
            return found
        waiting = list(found)
        time.sleep(pause)
        pause = min(pause * 2, 1.0)
