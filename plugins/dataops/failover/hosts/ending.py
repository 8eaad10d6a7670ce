"""The end of a server by force, and the proof of it."""

from __future__ import annotations

import signal
import time

from dataops.failover.hosts.host import Host, Process

_LONGEST = 5.0
"""Seconds until a process that SIGKILL does not end (it waits for a disk, state D) is reported."""


def end_tree(host: Host, *, within: float = _LONGEST) -> tuple[Process, ...]:
    """SIGKILL the server and all its children, as a loss of power would; what lives in spite of it.

    Killed and looked at until nothing lives: between look and kill a server may have forked once more.
    What began only after the first kill counts as alive, and is killed too as long as there is time.
    """
    until = time.monotonic() + within
    while living := host.processes():
        host.signal(living, signal.SIGKILL)
        if time.monotonic() > until:
            return living
        time.sleep(0.001)
    return ()
