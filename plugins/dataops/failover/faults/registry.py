"""Every fault that a scenario may name."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.errors import ConfigurationError
from dataops.failover.faults.fault import Fault
from dataops.failover.faults.processes import Hold, Kill, KillAll, Stop
from dataops.failover.faults.promoting import KillWhilePromoting

FAULTS: Mapping[str, Fault] = {
    "stop": Stop(),
    "kill": Kill(),
    "hang": Hold("tree"),
    "hang_postmaster": Hold("postmaster"),
    "lagging_standby": Hold("WAL receiver"),
    "kill_standby": Kill(),
    "kill_standby_while_promoting": KillWhilePromoting(),
    "region_lost": KillAll(),
}


def fault_of(name: str) -> Fault:
    """The fault of this name; ``ConfigurationError`` with the names that there are."""
    if name not in FAULTS:
        raise ConfigurationError(f"There is no fault {name!r}: known are {', '.join(sorted(FAULTS))}.")
    return FAULTS[name]
