"""Patroni's own process on a member's machine: found, stopped, frozen, killed and started like a service."""

from __future__ import annotations

import shlex
import signal
from dataclasses import replace

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.hosts.host import Process, from_stat
from dataops.failover.hosts.opening import open_host

_FIND = r"""
grep -lzxF -- "$1" /proc/[0-9]*/cmdline 2>/dev/null |
while read -r line; do
    grep -qzE '(^|/)patroni(\.py)?$' "$line" 2>/dev/null || continue
    read -r stat 2>/dev/null < "${line%cmdline}stat" && printf '%s\n' "$stat"
done
"""
"""Prints proc_pid_stat(5) of every process that has both ``patroni`` and the given file as an argument."""
_DEADLINE = 20.0
_GONE = 30.0
"""Seconds until a killed tree must be gone; a clean stop writes a checkpoint first and may take longer."""
_CLEAN = 120.0


class Daemon:
    """Patroni and the PostgreSQL that it runs, on one machine.

    ``extra`` of the machine's connection: ``patroni``, the file that Patroni was started with, by which its
    process is found; ``start`` and ``stop``, argument lists of the service, such as systemctl start patroni.
    """

    def __init__(self, name: str, connection: Connection) -> None:
        file = connection.extra.get("patroni")
        if not isinstance(file, str) or not file.startswith("/"):
            raise ConfigurationError(
                f"Connection {connection.id!r}: extra.patroni must be the file that Patroni is started with, "
                "such as /etc/patroni/patroni.yml."
            )
        for argument in ("start", "stop"):
            if not connection.extra.get(argument):
                raise ConfigurationError(
                    f"Connection {connection.id!r}: extra.{argument} must be the arguments that {argument} "
                    'Patroni, such as ["systemctl", "start", "patroni"].'
                )
        others = {key: value for key, value in connection.extra.items() if key != "patroni"}
        self.name = name
        self.file = file
        self.host = open_host(replace(connection, extra=others))

    @property
    def data(self) -> str:
        """The data directory."""
        return self.host.place.data

    def patroni(self) -> tuple[Process, ...]:
        """Patroni's own processes; none where it does not run."""
        found = self.host.run(["sh", "-c", _FIND, "find", self.file], deadline=_DEADLINE, check=False)
        return tuple(each for line in found.stdout.splitlines() if (each := _process(line)) is not None)

    def all(self) -> tuple[Process, ...]:
        """Patroni first, then PostgreSQL's whole tree: so nothing restarts what is killed after it."""
        return (*self.patroni(), *self.host.processes())

    def kill(self) -> None:
        """SIGKILL Patroni, then the whole tree, as when the machine dies; returns once nothing lives.

        ``OutcomeUnknown`` where something still does after half a minute.
        """

        def gone() -> bool:
            living = self.all()
            self.host.signal(living, signal.SIGKILL)
            return not living

        if not wait_until(gone, seconds=_GONE, every=0.05):
            left = ", ".join(f"{each.pid} ({each.command or 'patroni'})" for each in self.all())
            raise OutcomeUnknown(f"{self.name}: these processes survived SIGKILL: {left}.")

    def freeze(self) -> None:
        """SIGSTOP everything, Patroni first, as when the machine hangs."""
        self.host.signal(self.all(), signal.SIGSTOP)

    def stop(self) -> None:
        """Stop the service in order: PostgreSQL ends cleanly, and Patroni gives up its lock."""
        self.host.run(self.host.place.stop, deadline=_CLEAN, identity="login", check=False)
        if not wait_until(lambda: not self.all(), seconds=_CLEAN, every=0.1):
            raise OutcomeUnknown(
                f"{self.name}: Patroni or PostgreSQL still run {_CLEAN:g} s after {self.told_stop}."
            )

    def start(self) -> None:
        """Start the service; returns once Patroni runs, which then decides by itself what the member is."""
        if any(not each.stopped for each in self.patroni()):
            return
        self.host.run(self.host.place.start, deadline=_CLEAN, identity="login")
        if not wait_until(lambda: bool(self.patroni()), seconds=_GONE, every=0.1):
            raise DriverFailed(f"{self.name}: Patroni does not run after {self.told_start}: see its log.")

    @property
    def told_start(self) -> str:
        """The command that starts it."""
        return shlex.join(self.host.place.start)

    @property
    def told_stop(self) -> str:
        """The command that stops it."""
        return shlex.join(self.host.place.stop)


def _process(line: str) -> Process | None:
    found = from_stat(line, "patroni")
    return found[0] if found else None
