"""Starting and stopping a node's server, and the proof that it does or does not run."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable

from dataops.errors import ConfigurationError, DataOpsError
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native.session import Session
from dataops.failover.hosts.ending import end_tree
from dataops.failover.hosts.host import Host, HostFailed, postmaster
from dataops.failover.hosts.member import Member
from dataops.process import DeadlineExceeded, ProgramFailed

LONGEST = 120.0
"""Seconds until a server that does not start or stop is reported."""
_LISTENS = 30.0
"""Seconds for a clean stop of a node whose state is thrown away or rewound anyway."""
_APPEARS = 5.0
"""Seconds that a server which was started may take to be there: a supervisor may only have noted the wish."""
_REAPED = 5.0
"""Seconds that a killed postmaster may stay a zombie: whoever started it has to wait for it (wait(2))."""


def start(member: Member, session: Session, *, meanwhile: Callable[[], None] | None = None) -> None:
    """The node runs and answers; nothing where it does already. ``DriverFailed`` with its log otherwise.

    ``meanwhile`` is called now and then until it answers.
    """
    host = member.host
    if not host.processes():
        clear_lock(host)
        try:
            _begin(host)
        except (ProgramFailed, HostFailed, DeadlineExceeded) as error:
            raise DriverFailed(f"{member.name} does not start: {error}{last_words(host)}") from error
    _until_it_answers(member, session, meanwhile or (lambda: None))


def stop(member: Member, *, longest: float = LONGEST) -> None:
    """The node has stopped cleanly and no process of it is left; nothing where none ran."""
    host = member.host
    if not host.processes():
        return
    try:
        if host.place.stop:
            host.run(host.place.stop, deadline=LONGEST + 10, identity="login")
        else:  # what pg_ctl stop -m fast does, without its looking only every 100 ms whether it is done
            first = postmaster(host.processes())
            host.signal([first] if first else [], signal.SIGINT)
    except (ProgramFailed, HostFailed, DeadlineExceeded) as error:
        if host.processes():
            raise DriverFailed(f"{member.name} does not stop: {error}{last_words(host)}") from error
    until = time.monotonic() + longest
    while living := host.processes():
        if time.monotonic() > until:
            raise DriverFailed(f"{member.name} did not stop: {len(living)} of its processes live.")
        time.sleep(0.005)


def end(member: Member) -> None:
    """No process of the node is left: stopped cleanly where it listens, killed where it does not.

    For a node that is to be somebody's standby: a held server must not go on to hear that it should stop.
    """
    processes = member.host.processes()
    if not any(process.stopped for process in processes):
        try:
            stop(member, longest=_LISTENS)
        except DriverFailed:
            pass
        else:
            return
    living = end_tree(member.host).living
    if living:
        raise DriverFailed(f"{member.name}: {len(living)} of its processes live in spite of SIGKILL.")


def clear_lock(host: Host) -> None:
    """Remove the lock file of a server that is proven to be gone.

    PostgreSQL itself would not start, and pg_rewind not recover, while the pid in it exists: as a zombie
    that nobody has waited for, or as a stranger that got the number since (CreateLockFile, miscinit.c).
    """
    path = f"{host.place.data}/postmaster.pid"
    pid = next(iter((host.read(path) or "").split()), "")
    if not pid.isdecimal():
        return
    until = time.monotonic() + _REAPED
    while host.exists(f"/proc/{pid}/exe") and time.monotonic() < until:
        time.sleep(0.02)
    if host.processes():
        raise DriverFailed(f"{host.place.name}: a server runs in {host.place.data} all of a sudden.")
    host.remove(path)


def _begin(host: Host) -> None:
    place = host.place
    if place.start:
        host.run(place.start, deadline=LONGEST, identity="login")
        return
    log = place.log or f"{place.beside}/dataops-failover.log"
    options = ["-o", f"-c config_file={place.config}"] if place.config else []
    host.run(
        [place.program("pg_ctl"), "start", "-D", place.data, "-l", log, "-w", "-t", f"{LONGEST:g}", *options],
        deadline=LONGEST + 10,
    )


def _until_it_answers(member: Member, session: Session, meanwhile: Callable[[], None]) -> None:
    begun = alive = time.monotonic()
    while True:
        meanwhile()
        try:
            session.ask("SELECT 1", within=2)
        except ConfigurationError:  # a wrong password does not become right with time
            raise
        except DataOpsError as error:
            now = time.monotonic()
            if member.host.processes():
                alive = now
            if now - alive > _APPEARS or now - begun > LONGEST:
                raise DriverFailed(
                    f"{member.name} was started and does not answer: {error}{last_words(member.host)}"
                ) from error
            time.sleep(0.02)
        else:
            return


def last_words(host: Host) -> str:
    """The end of the server's log in a sentence; empty where it cannot be read."""
    log = host.place.log or f"{host.place.beside}/dataops-failover.log"
    with contextlib.suppress(DataOpsError):
        said = host.run(["tail", "-n", "5", log], deadline=10, check=False).stdout.strip()
        return f" Its log ends: {said}" if said else ""
    return ""
