"""The end of a server by force, and the proof of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dataops.failover.hosts.host import Host, Process

_LONGEST = 5.0
"""Seconds until a process that SIGKILL does not end (it waits for a disk, state D) is reported."""


@dataclass(frozen=True)
class Ended:
    """What there was when the end began, and what lives in spite of it."""

    before: tuple[Process, ...]
    living: tuple[Process, ...]

    @property
    def survivors(self) -> tuple[Process, ...]:
        """Those that lived before as well: not those that somebody started meanwhile."""
        known = {(process.pid, process.begun) for process in self.before}
        return tuple(each for each in self.living if (each.pid, each.begun) in known)


def end_tree(host: Host, *, within: float = _LONGEST) -> Ended:
    """SIGKILL the server and all its children, as a loss of power would, until nothing of it lives.

    Killed and looked at again and again: between look and kill a server may have forked once more. What
    somebody starts meanwhile is killed too, as long as there is time.
    """
    until = time.monotonic() + within
    before = living = host.processes()
    while living and time.monotonic() < until:
        living = host.kill(living)
    return Ended(before, living)
