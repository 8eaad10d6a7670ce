"""Faults of the server's processes: stopped cleanly, killed, or held where they stand."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check
from dataops.failover.drivers.driver import DriverFailed, Told
from dataops.failover.faults.fault import Fault, Ground, proven, unproven
from dataops.failover.hosts.ending import end_tree
from dataops.failover.hosts.host import Process, postmaster
from dataops.failover.hosts.member import Member

_TAKES_HOLD = 2.0
"""Seconds until SIGSTOP holds: a process that waits for a disk stops only afterwards."""
_LOST = "Asynchronously: every write that no standby has received. Synchronously: none."


@dataclass(frozen=True)
class Kill(Fault):
    """SIGKILL to the whole tree at once, as a loss of power: nothing is flushed, nobody is told."""

    def supports(self, ground: Ground) -> str:
        return unseen(ground)

    def tell(self, ground: Ground, node: str) -> Told:
        member = ground.members[node]
        return Told((_on(member, f"kill -KILL {_all(member)}"),), (start_words(member),), _LOST)

    def inject(self, ground: Ground, node: str) -> None:
        end_tree(ground.members[node].host)

    def effect(self, ground: Ground, node: str) -> Check:
        return _nothing_lives(ground, node)

    def heal(self, ground: Ground, node: str) -> None:
        ground.start(node)


@dataclass(frozen=True)
class Stop(Fault):
    """A fast stop: sessions end, WAL is flushed and sent, a last checkpoint is written."""

    def supports(self, ground: Ground) -> str:
        return unseen(ground)

    def tell(self, ground: Ground, node: str) -> Told:
        member = ground.members[node]
        worst = "Transactions that are open are rolled back; nothing that was acknowledged is lost."
        return Told((stop_words(member),), (start_words(member),), worst)

    def inject(self, ground: Ground, node: str) -> None:
        ground.stop(node)

    def effect(self, ground: Ground, node: str) -> Check:
        return _nothing_lives(ground, node)

    def heal(self, ground: Ground, node: str) -> None:
        ground.start(node)


@dataclass(frozen=True)
class Hold(Fault):
    """SIGSTOP: what is held still owns its sockets, so that clients wait instead of being refused.

    ``scope``: the whole tree; the postmaster alone, whose sessions go on while new ones hang; or the WAL
    receiver alone, so that a standby falls behind.
    """

    scope: str

    def supports(self, ground: Ground) -> str:
        return unseen(ground)

    def tell(self, ground: Ground, node: str) -> Told:
        member = ground.members[node]
        what = {"tree": _all(member), "postmaster": f"<the postmaster of {member.host.place.data}>"}.get(
            self.scope, f"<the WAL receiver of {member.host.place.data}>"
        )
        worst = {
            "tree": _LOST,
            "postmaster": "Open sessions go on writing on the old primary until it is fenced. " + _LOST,
        }.get(self.scope, "The standby falls behind; nothing is lost while the primary lives.")
        told = _on(member, f"kill -STOP {what}"), _on(member, f"kill -CONT {_all(member)}")
        return Told((told[0],), (told[1],), worst)

    def inject(self, ground: Ground, node: str) -> None:
        host = ground.members[node].host
        held = self._held(host.processes())
        if not held:
            raise DriverFailed(f"{node} has no {self.scope} that could be held: see whether it runs.")
        host.signal(held, signal.SIGSTOP)
        if self.scope == "tree":  # the postmaster is among them: whatever it forked meanwhile is the last
            host.signal(host.processes(), signal.SIGSTOP)

    def effect(self, ground: Ground, node: str) -> Check:
        expected = f"the {self.scope} of {node} stands still (state T)"
        until = time.monotonic() + _TAKES_HOLD
        while True:
            held = self._held(ground.members[node].host.processes())
            running = [process.pid for process in held if not process.stopped]
            if not running or time.monotonic() > until:
                break
            time.sleep(0.002)
        if not held:
            return unproven(expected, f"it has no {self.scope}")
        if running:
            return unproven(expected, f"{len(running)} of {len(held)} processes run")
        return proven(expected, f"{len(held)} processes in state T")

    def heal(self, ground: Ground, node: str) -> None:
        host = ground.members[node].host
        # To all: a SIGSTOP that is not yet delivered shows in no state, and SIGCONT discards it (signal(7)).
        host.signal(host.processes(), signal.SIGCONT)

    def _held(self, processes: tuple[Process, ...]) -> list[Process]:
        if self.scope == "tree":
            return list(processes)
        if self.scope == "postmaster":
            first = postmaster(processes)
            return [first] if first else []
        return [process for process in processes if "walreceiver" in process.command]


@dataclass(frozen=True)
class KillAll(Fault):
    """Every node at once: what is left of a region that is lost."""

    def supports(self, ground: Ground) -> str:
        return unseen(ground)

    def tell(self, ground: Ground, node: str) -> Told:
        members = ground.members.values()
        return Told(
            tuple(_on(member, f"kill -KILL {_all(member)}") for member in members),
            tuple(start_words(member) for member in members),
            "Everything that is in no other region.",
        )

    def inject(self, ground: Ground, node: str) -> None:
        for member in ground.members.values():
            end_tree(member.host)

    def effect(self, ground: Ground, node: str) -> Check:
        checks = [_nothing_lives(ground, each) for each in ground.members]
        alive = [check for check in checks if check.verdict != "passed"]
        return alive[0] if alive else proven("no node lives", f"{len(checks)} nodes without a process")

    def heal(self, ground: Ground, node: str) -> None:
        for each in ground.members:
            ground.start(each)


def unseen(ground: Ground) -> str:
    """Empty where every node's machine shows us its processes; else which does not, and why."""
    for name, member in ground.members.items():
        try:
            member.host.processes()
        except DataOpsError as error:
            return f"The processes of {name} cannot be seen: {error}"
    return ""


def start_words(member: Member) -> str:
    """How a node is started, as a plan says it."""
    place = member.host.place
    options = f" -o '-c config_file={place.config}'" if place.config else ""
    words = " ".join(place.start) or f"{place.program('pg_ctl')} start -D {place.data} -w{options}"
    return _on(member, words)


def stop_words(member: Member) -> str:
    """How a node is stopped cleanly, as a plan says it."""
    place = member.host.place
    return _on(member, " ".join(place.stop) or f"kill -INT <the postmaster of {place.data}> (a fast stop)")


def _nothing_lives(ground: Ground, node: str) -> Check:
    place = ground.members[node].host.place
    living = ground.members[node].host.processes()
    expected = f"no process of {node} lives"
    if living:
        return unproven(expected, f"{len(living)} processes work in {place.data}")
    return proven(expected, f"no process works in {place.data}")


def _all(member: Member) -> str:
    return f"<every process of {member.host.place.data}>"


def _on(member: Member, words: str) -> str:
    return f"{member.name}: {words}"
