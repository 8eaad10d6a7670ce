"""``python -m … RUN OLD NEW POINT dies|sleeps``: leads a round in the order of the critical section.

At the point it halts to be killed, or sleeps like a machine that is swapped out and goes on when it is woken.
It does with real parts what a coordinator does; everything about the platform comes by the environment.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing

from dataops.connections import from_environment
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import schema
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.journaling import DBNAME, Journal, lease_name
from dataops.inventory import Server, environment_name, include_folder, load
from dataops.platform import Platform
from dataops.postgres import connect
from dataops.store import lease

LEASE = 2.0
POINTS = (
    "prepared",
    "about to break",
    "broken",
    "committed",
    "fenced",
    "promoted",
    "routed",
    "told promoted",
    "rejoined",
)


class Script:
    """One round of the server ``cell`` from one node to another."""

    def __init__(self, run: str, old: str, new: str, point: str, end: str) -> None:
        platform = Platform(environment_name(), load(include_folder(), environment_name()), from_environment)
        found = platform.inventory.subject("cell")
        assert isinstance(found, Server)
        self.platform, self.server = platform, found
        self.run, self.old, self.new, self.point, self.end = run, old, new, point, end
        self.driver = driver_of(platform, found, say)

    def lead(self) -> None:
        seen = self.driver.observe()
        identifier = seen.node(self.old).system_identifier
        begun = Round(
            scenario="crash",
            run=self.run,
            server="cell",
            system_identifier=identifier,
            plan="0" * 64,
            holder="a coordinator that will be killed",
            phase=Phase.PREPARED,
            primary=self.old,
            candidate=self.new,
            facts={DBNAME: "shop"},
        )
        store = self.platform.store
        with lease(store, lease_name(identifier), holder=begun.holder, seconds=LEASE) as held:
            self.journal = Journal.open(store, begun, held=held, lease=LEASE, longest=60)
            with closing(connect(self.driver.connection(self.old), dbname="shop")) as session:
                schema.prepare(session)
            self.at("prepared")
            self.break_it()
            self.promote()

    def break_it(self) -> None:
        undo = Undo("heal", self.old, "kill")
        self.journal.advance(Phase.BREAKING, undo=[undo])
        self.at("about to break")
        self.driver.inject("kill", self.old)
        self.at("broken")

    def promote(self) -> None:
        self.journal.advance(Phase.COMMITTED)
        self.at("committed")
        assert self.driver.fence(self.old).verdict is Verdict.PASSED
        self.at("fenced")
        self.driver.promote(self.new)
        self.at("promoted")
        self.driver.route(self.new)
        self.at("routed")
        self.journal.advance(Phase.PROMOTED)
        self.at("told promoted")
        self.driver.rejoin(self.old, self.new)
        self.journal.advance(Phase.REJOINED)
        self.at("rejoined")

    def at(self, point: str) -> None:
        """Halt for good at the chosen point, holding the lease all the while, or sleep until woken."""
        if point != self.point:
            return
        sys.stdout.write(f"at {point}\n")
        sys.stdout.flush()
        if self.end == "sleeps":
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        while True:
            signal.pause()


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    Script(*sys.argv[1:]).lead()
