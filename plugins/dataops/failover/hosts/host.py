"""What a test asks of a node's machine: its processes, its files, its disks, its programs."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dataops.errors import DataOpsError, InconclusiveError
from dataops.process import Finished

Identity = Literal["user", "root", "login"]
"""As whom a program runs: PostgreSQL's OS user, root (by ``privileged``), or whoever we are there."""


class HostFailed(DataOpsError):
    """The machine answered, but did not do what it was told."""


class HostUnreachable(InconclusiveError):
    """The machine did not answer: nobody knows what runs there."""


@dataclass(frozen=True)
class Process:
    """One process that lives in the data directory. Zombies are none: they hold neither memory nor files."""

    pid: int
    parent: int
    state: str
    """The letter of proc_pid_stat(5): R and S run, D waits for a disk, T is stopped."""
    command: str
    """As PostgreSQL titles it, such as ``postgres: walreceiver streaming 0/3000148``."""
    begun: int
    """Clock ticks after the machine's boot: with the pid it names one process for good."""

    @property
    def stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        return self.state in {"T", "t"}


@dataclass(frozen=True)
class Disk:
    """The filesystem that a path lies on. ``size`` and ``free`` in bytes, free for PostgreSQL's user."""

    device: str
    mount: str
    size: int
    free: int


@dataclass(frozen=True)
class Place:
    """Where PostgreSQL is on its machine, by the connection's ``extra``."""

    name: str
    """Id of the connection."""
    user: str
    data: str
    bin: str
    address: str
    """What the other nodes call the machine; empty where it is what we call it."""
    config: str = ""
    """postgresql.conf, where it lies outside of the data directory."""
    log: str = ""
    start: tuple[str, ...] = ()
    """Argument list that starts the server; default: ``pg_ctl``."""
    stop: tuple[str, ...] = ()
    privileged: tuple[str, ...] | None = None
    """What stands before a command that needs root; None: ``sudo -n`` unless we are root."""
    replication_uid: int | None = None
    """Numeric OS user whose connections are replication, where nodes and clients share one machine."""

    def program(self, name: str) -> str:
        """The absolute path of one of PostgreSQL's programs."""
        return f"{self.bin.rstrip('/')}/{name}"

    @property
    def beside(self) -> str:
        """The folder that holds the data directory."""
        return self.data.rstrip("/").rpartition("/")[0]


class Host(Protocol):
    """One machine. Raises ``HostUnreachable`` where it does not answer, ``HostFailed`` where it refuses."""

    @property
    def place(self) -> Place:
        """Where PostgreSQL is there."""

    def processes(self) -> tuple[Process, ...]:
        """The server and all that descends from it: whatever of PostgreSQL works in the data directory."""

    def signal(self, processes: Iterable[Process], number: signal.Signals) -> None:
        """Send a signal to each; those that are gone do not matter."""

    def kill(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        """SIGKILL each, wait a little for their end, and look: what of the server lives then."""

    def run(
        self,
        argv: Sequence[str],
        *,
        deadline: float,
        identity: Identity = "user",
        env: Mapping[str, str] | None = None,
        input: str | None = None,
        check: bool = True,
    ) -> Finished:
        """How a program ended: see ``dataops.process.run``. ``env`` must hold no secret."""

    def read(self, path: str) -> str | None:
        """The text of a file; None where there is none."""

    def write(self, path: str, text: str) -> None:
        """Make or replace a file: at once, durably, 0600, owned by PostgreSQL's user."""

    def ensure(self, path: str, text: str) -> bool:
        """Make a file as ``write`` does unless one is there; False where not even its folder is."""

    def remove(self, path: str) -> None:
        """Remove one file, durably; nothing where there is none."""

    def exists(self, path: str) -> bool:
        """Whether something is there."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file or folder; ``HostFailed`` where the new name is taken."""

    def disk(self, path: str) -> Disk:
        """The filesystem that a path lies on."""

    def hostname(self) -> str:
        """What the machine calls itself (uname(2)), by which it is told from the guard's."""

    def close(self) -> None:
        """Let go of the machine."""


def of_postgresql(found: Iterable[tuple[Process, str]]) -> tuple[Process, ...]:
    """Those of the processes in a data directory that are PostgreSQL's; each comes with its short name.

    Whoever merely stands in that folder, such as an administrator's shell, is not among them; what the
    server itself started, such as an ``archive_command``, is.
    """
    known = {process.pid: (process, short) for process, short in found}

    def belongs(pid: int, seen: frozenset[int] = frozenset()) -> bool:
        if pid not in known or pid in seen:
            return False
        process, short = known[pid]
        return short.endswith(("postgres", "postmaster")) or belongs(process.parent, seen | {pid})

    return tuple(process for pid, (process, _) in sorted(known.items()) if belongs(pid))


def postmaster(processes: Iterable[Process]) -> Process | None:
    """The server itself: the one whose parent is not among them."""
    found = tuple(processes)
    pids = {process.pid for process in found}
    roots = [each for each in found if each.parent not in pids]
    return min(roots, key=lambda each: each.begun) if roots else None


def from_stat(line: str, command: str) -> tuple[Process, str] | None:
    """One line of /proc/PID/stat as a process and its short name; None for a zombie. See proc_pid_stat(5).

    A line that is none raises ``HostFailed``: a process that is left out would count as dead.
    """
    pid, _, rest = line.partition(" (")
    short, _, fields = rest.rpartition(") ")
    words = fields.split()
    if not pid.strip().isdecimal() or len(words) < 20:
        raise HostFailed(f"/proc said of a process what nobody understands: {line[:100]!r}.")
    if words[0] in {"Z", "X", "x"}:
        return None
    return Process(int(pid), int(words[1]), words[0], command.strip(), int(words[19])), short
