"""Every fault that a scenario may name."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.errors import ConfigurationError
from dataops.failover.faults.cuts import Cut
from dataops.failover.faults.disks import FullDisk
from dataops.failover.faults.fault import Fault
from dataops.failover.faults.processes import Hold, Kill, KillAll, Stop
from dataops.failover.faults.promoting import KillWhilePromoting

FAULTS: Mapping[str, Fault] = {
    "stop": Stop(),
    "kill": Kill(),
    "hang": Hold("tree"),
    "hang_postmaster": Hold("postmaster"),
    "cut_node": Cut("node"),
    "cut_replication": Cut("replication"),
    "cut_clients": Cut("clients"),
    "lagging_standby": Hold("WAL receiver"),
    "kill_standby": Kill(),
    "kill_standby_while_promoting": KillWhilePromoting(),
    "wal_disk_full": FullDisk("wal"),
    "standby_disk_full": FullDisk("data"),
    "region_lost": KillAll(),
}


def fault_of(name: str) -> Fault:
    """The fault of this name; ``ConfigurationError`` with the names that there are."""
    if name not in FAULTS:
        raise ConfigurationError(f"There is no fault {name!r}: known are {', '.join(sorted(FAULTS))}.")
    return FAULTS[name]
