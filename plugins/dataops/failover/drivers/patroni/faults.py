"""What can be broken about a member of a Patroni cluster, by its machine alone, and how it is mended."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from dataops.evidence.checking import Seen
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.patroni.daemon import Daemon
from dataops.failover.hosts.host import Process, postmaster


@dataclass(frozen=True)
class Fault:
    """One way to break a member. ``command`` in words for a plan, ``{data}`` and ``{file}`` filled in."""

    inject: Callable[[Daemon], None]
    shows: Callable[[Daemon], Seen]
    heal: Callable[[Daemon], None]
    commands: tuple[str, ...]
    undo: tuple[str, ...]


CUTS = frozenset(("cut_clients", "cut_replication"))
"""What the network does to PostgreSQL alone, and Patroni does not answer: done as for any other cluster.

``cut_node`` is not among them: it leaves Patroni its store, and so the lock to a leader whom nobody reaches.
"""


def known(fault: str) -> Fault | None:
    """The fault of this name; None where this driver cannot do it."""
    return _FAULTS.get(fault)


def refusal(fault: str) -> str:
    """Why this driver cannot bring a fault about."""
    if fault == "kill_standby_while_promoting":
        return "Patroni chooses the moment of a promotion, so nothing can be killed in the middle of it."
    all_of_them = ", ".join(sorted({*_FAULTS, *CUTS}))
    return f"The driver patroni cannot bring about {fault}: it knows {all_of_them}."


def _dead(daemon: Daemon) -> Seen:
    living = daemon.all()
    if not living:
        return Seen(True, "neither Patroni nor PostgreSQL runs")
    return Seen(False, f"{len(living)} processes still run", "the fault did not take effect")


def _frozen(daemon: Daemon) -> Seen:
    return _stopped(daemon.all())


def _postmaster_frozen(daemon: Daemon) -> Seen:
    return _stopped(_only(postmaster(daemon.host.processes())))


def _receiver_frozen(daemon: Daemon) -> Seen:
    return _stopped(_receiver(daemon))


def _stopped(processes: tuple[Process, ...]) -> Seen:
    moving = [each for each in processes if not each.stopped]
    if processes and not moving:
        return Seen(True, f"{len(processes)} processes stand still")
    return Seen(False, f"{len(moving)} of {len(processes)} processes run", "the fault did not take effect")


def _restart(daemon: Daemon) -> None:
    """Kill and start: a member that stood still must not go on.

    Its sessions would acknowledge writes until Patroni notices, a loop later, that it lost its lock.
    """
    daemon.kill()
    daemon.start()


def _freeze_postmaster(daemon: Daemon) -> None:
    daemon.host.signal(_only(postmaster(daemon.host.processes())), signal.SIGSTOP)


def _freeze_receiver(daemon: Daemon) -> None:
    if not wait_until(lambda: bool(_receiver(daemon)), seconds=10, every=0.1):
        raise DriverFailed(
            f"{daemon.name} has no WAL receiver that could be stopped: it streams from nobody."
        )
    daemon.host.signal(_receiver(daemon), signal.SIGSTOP)


def _go_on(daemon: Daemon) -> None:
    daemon.host.signal(daemon.all(), signal.SIGCONT)


def _receiver(daemon: Daemon) -> tuple[Process, ...]:
    return tuple(each for each in daemon.host.processes() if "walreceiver" in each.command)


def _only(process: Process | None) -> tuple[Process, ...]:
    return (process,) if process is not None else ()


KILL_ALL = (
    "kill -KILL <Patroni, started with {file}>",
    "kill -KILL <every process of PostgreSQL in {data}>",
)
_START = ("{start}",)
_KILL = Fault(Daemon.kill, _dead, Daemon.start, KILL_ALL, _START)
_FAULTS = {
    "stop": Fault(Daemon.stop, _dead, Daemon.start, ("{stop}",), _START),
    "kill": _KILL,
    "kill_standby": _KILL,
    "region_lost": _KILL,
    "hang": Fault(
        Daemon.freeze,
        _frozen,
        _restart,
        (
            "kill -STOP <Patroni, started with {file}>",
            "kill -STOP <every process of PostgreSQL in {data}>",
        ),
        (*KILL_ALL, *_START),
    ),
    "hang_postmaster": Fault(
        _freeze_postmaster,
        _postmaster_frozen,
        _go_on,
        ("kill -STOP <the postmaster of {data}>",),
        ("kill -CONT <the postmaster of {data}>",),
    ),
    "lagging_standby": Fault(
        _freeze_receiver,
        _receiver_frozen,
        _go_on,
        ("kill -STOP <the WAL receiver of {data}>",),
        ("kill -CONT <the WAL receiver of {data}>",),
    ),
}
