"""A machine reached by OpenSSH: one connection is kept open, and each command is a channel of it."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dataops import process
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.hosts.host import (
    Disk,
    HostFailed,
    HostUnreachable,
    Identity,
    Place,
    Process,
    from_stat,
    of_postgresql,
)
from dataops.failover.hosts.master import Master, NotOpened

_PATIENCE = 10.0
"""Seconds until a machine that does not answer counts as unreachable."""
_NO_CONNECTION = 255
"""OpenSSH's own exit code (ssh(1), EXIT STATUS); what it runs there ends with other ones."""

_PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
_PROCESSES = r"""
data=$(readlink -f -- "$1") || exit 3
me=$(id -u)
owner=$(stat -c %u -- "$data" 2>/dev/null || echo "$me")
if [ "$me" != 0 ] && [ "$owner" != "$me" ]; then
    echo "$1 belongs to another user, so that its processes cannot be seen: correct extra.user" >&2
    exit 4
fi
found=" $(find /proc/[0-9]*/cwd -maxdepth 0 \
    \( -lname "$data" -o -lname "$data/*" -o -path "/proc/$$/cwd" \) -printf '%h ' 2>/dev/null)"
case $found in
    *" /proc/$$ "*) ;;
    *) echo "find (GNU) or /proc does not show even this shell: nobody can tell what runs" >&2; exit 5 ;;
esac
set -- $found
for each; do
    read -r stat 2>/dev/null < "$each/stat" && printf '%s\n' "$stat"
done
echo
grep -aH '' $(printf '%s/cmdline ' "$@") 2>/dev/null | tr '\0' ' '
"""
"""Proves itself first: who does not see the shell that looks would see no server either. Then it says the
line of each /proc/PID/stat, an empty line, and each command line behind its file's name; a few forks in all,
for there may be hundreds."""
_KILL = r"""
data=$1
shift
kill -KILL "$@" 2>/dev/null
tries=100
while [ $tries -gt 0 ]; do
    lives=
    for pid; do [ -e "/proc/$pid/cwd" ] && lives=$pid; done
    [ -n "$lives" ] || break
    sleep 0.01
    tries=$((tries - 1))
done
set -- "$data"
"""
"""A zombie has no current folder, so that it counts as ended."""
_WRITE = """
umask 077 && cat > "$1.dataops-new" && sync "$1.dataops-new" && mv -f -- "$1.dataops-new" "$1" && sync "$2"
"""
_ENSURE = '[ -d "$2" ] || exit 44; [ -e "$1" ] || [ -h "$1" ] && exit 0' + _WRITE
_REMOVE = 'rm -f -- "$1" && sync "$2"'
_RENAME = '! [ -e "$2" ] && ! [ -h "$2" ] || exit 17; mv -T -- "$1" "$2" && sync "$3"'
_READ = '[ -e "$1" ] || exit 44; cat -- "$1"'
_DISK = 'stat -c %d -- "$1" && df -B1 --output=size,avail,target -- "$1" | tail -n 1'


class SshHost:
    """A machine that knows our key, and whose key we know: an unknown one is refused."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self._connection = connection
        self._opening = threading.Lock()
        self._master: Master | None = None
        for name in ("key_file", "known_hosts"):
            if not isinstance(connection.extra.get(name), str):
                raise ConfigurationError(
                    f"Connection {connection.id!r}: extra.{name} must name a file: ssh logs in by a key, and "
                    "only to a machine whose own key is known."
                )
        if not connection.host or not connection.login:
            raise ConfigurationError(f"Connection {connection.id!r}: ssh needs a host and a login.")

    def processes(self) -> tuple[Process, ...]:
        said = self._script(_PROCESSES, self.place.data).stdout
        return of_postgresql(_parsed(said))

    def signal(self, processes: Iterable[Process], number: signal.Signals) -> None:
        pids = [str(each.pid) for each in processes]
        if pids:  # kill(1) fails where one is gone, which does not matter
            self.run(["kill", f"-{number.name.removeprefix('SIG')}", *pids], deadline=_PATIENCE, check=False)

    def kill(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        pids = [str(each.pid) for each in processes]
        if not pids:
            return self.processes()
        return of_postgresql(_parsed(self._script(_KILL + _PROCESSES, self.place.data, *pids).stdout))

    def run(
        self,
        argv: Sequence[str],
        *,
        deadline: float,
        identity: Identity = "user",
        env: Mapping[str, str] | None = None,
        input: str | None = None,
        check: bool = True,
    ) -> process.Finished:
        known = {"LC_ALL": "C.UTF-8", **(_PATH if identity == "root" else {}), **(env or {})}
        variables = [f"{name}={value}" for name, value in known.items()]
        words = [*self._as(identity), "env", *variables, *argv]
        command = [
            *self._ssh(self._open(), "ControlMaster=no"),
            self._target,
            "--",
            f"cd / && exec {shlex.join(words)}",
        ]
        finished = process.run(command, env=_environment(), deadline=deadline, input=input, check=False)
        if finished.returncode == _NO_CONNECTION:
            raise self._unreachable(finished.stderr_tail)
        if check and finished.returncode:
            raise HostFailed(
                f"{self.place.name}: {argv[0]} failed with exit code {finished.returncode}: "
                f"{finished.stderr_tail.strip() or finished.stdout.strip()[-500:] or 'it said nothing'}."
            )
        return finished

    def read(self, path: str) -> str | None:
        finished = self._script(_READ, path, check=False)
        if finished.returncode == 44:
            return None
        self._must(finished, path)
        return finished.stdout

    def write(self, path: str, text: str) -> None:
        self._must(self._script(_WRITE, path, _folder_of(path), input=text, check=False), path)

    def ensure(self, path: str, text: str) -> bool:
        finished = self._script(_ENSURE, path, _folder_of(path), input=text, check=False)
        if finished.returncode == 44:
            return False
        self._must(finished, path)
        return True

    def remove(self, path: str) -> None:
        self._must(self._script(_REMOVE, path, _folder_of(path), check=False), path)

    def exists(self, path: str) -> bool:
        return self._script('[ -e "$1" ] || [ -h "$1" ]', path, check=False).returncode == 0

    def rename(self, old: str, new: str) -> None:
        finished = self._script(_RENAME, old, new, _folder_of(new), check=False)
        if finished.returncode == 17:
            raise HostFailed(f"{self.place.name}: {new} exists already: move it away.")
        self._must(finished, old)

    def disk(self, path: str) -> Disk:
        finished = self._script(_DISK, path, check=False)
        self._must(finished, path)
        device, _, counted = finished.stdout.strip().partition("\n")
        size, free, mount = counted.split(None, 2)
        return Disk(device.strip(), mount.strip(), int(size), int(free))

    def hostname(self) -> str:
        return self.run(["uname", "-n"], deadline=_PATIENCE).stdout.strip()

    def close(self) -> None:
        with self._opening:
            if self._master is not None:
                self._master.close()
                self._master = None

    @property
    def _target(self) -> str:
        return f"{self._connection.login}@{self._connection.host}"

    def _as(self, identity: Identity) -> list[str]:
        login = self._connection.login
        if identity == "login":
            return []
        if identity == "root":
            if self.place.privileged is not None:
                return list(self.place.privileged)
            return [] if login == "root" else ["sudo", "-n", "--"]
        if login == self.place.user:
            return []
        return (
            ["runuser", "-u", self.place.user, "--"]
            if login == "root"
            else ["sudo", "-n", "-u", self.place.user, "--"]
        )

    def _ssh(self, master: Master, *options: str) -> list[str]:
        extra = self._connection.extra
        fixed = (
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            f"UserKnownHostsFile={extra['known_hosts']}",
            f"ConnectTimeout={_PATIENCE:g}",
            "ServerAliveInterval=2",
            "ServerAliveCountMax=3",
            f"ControlPath={master.socket}",
        )
        spelled = [word for option in (*fixed, *options) for word in ("-o", option)]
        port = str(self._connection.port or 22)
        return ["ssh", "-F", "none", *spelled, "-i", str(extra["key_file"]), "-p", port]

    def _open(self) -> Master:
        """The connection that all commands share, opened where it does not stand."""
        with self._opening:
            if self._master is not None and self._master.alive:
                return self._master
            if self._master is not None:
                self._master.close()
                self._master = None
            master = Master()
            try:
                command = [*self._ssh(master, "ControlMaster=yes"), "-N", self._target]
                master.open(command, env=_environment(), within=_PATIENCE)
            except NotOpened as error:
                master.close()
                raise self._unreachable(str(error)) from None
            self._master = master
            return master

    def _script(
        self, text: str, *values: str, input: str | None = None, check: bool = True
    ) -> process.Finished:
        """Run one of the scripts above, whose text is fixed: values are its parameters only."""
        return self.run(["sh", "-c", text, "sh", *values], deadline=3 * _PATIENCE, input=input, check=check)

    def _must(self, finished: process.Finished, path: str) -> None:
        if finished.returncode:
            raise HostFailed(f"{self.place.name}: {path}: {finished.stderr_tail.strip() or 'refused'}.")

    def _unreachable(self, said: str) -> HostUnreachable:
        last = next(iter(reversed(said.strip().splitlines())), "no reason given").strip()
        return HostUnreachable(
            f"Connection {self._connection.id!r}: {self._connection.host} cannot be reached by ssh: {last}. "
            "See whether it runs, and whether login, key_file and known_hosts are right."
        )


def _parsed(said: str) -> Iterator[tuple[Process, str]]:
    stats, _, titles = said.partition("\n\n")
    commands = {}
    for line in titles.splitlines():
        path, _, command = line.partition(":")
        commands[path.removeprefix("/proc/").removesuffix("/cmdline")] = command
    for line in stats.splitlines():
        found = from_stat(line, commands.get(line.partition(" ")[0], ""))
        if found is not None:
            yield found


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **kept}
