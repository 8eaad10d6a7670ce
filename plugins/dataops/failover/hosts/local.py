"""This machine: asked by system calls, so that it answers within a millisecond or two."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from dataops import process
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.hosts.host import Disk, HostFailed, Identity, Place, Process, from_stat, of_postgresql

_DIES = 1.0
"""Seconds within which SIGKILL ends what does not wait for a disk."""


class LocalHost:
    """The machine that we run on, as root or as PostgreSQL's own user."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self._connection = connection

    def processes(self) -> tuple[Process, ...]:
        """See ``Host``. Whoever may not look would see nothing, so that is refused first."""
        self._must_see()
        return of_postgresql(self._in_data_directory())

    def signal(self, processes: Iterable[Process], number: signal.Signals) -> None:
        for each in processes:
            try:
                os.kill(each.pid, number)
            except ProcessLookupError:
                continue
            except PermissionError as error:
                raise HostFailed(
                    f"{self.place.name}: process {each.pid} takes no signal from us: run as root or as "
                    f"{self.place.user}."
                ) from error

    def kill(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        killed = tuple(processes)
        self.signal(killed, signal.SIGKILL)
        pids = {each.pid for each in killed}
        until = time.monotonic() + _DIES
        while (living := self.processes()) and time.monotonic() < until:
            if not pids & {each.pid for each in living}:
                break
            time.sleep(0.001)
        return living

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
        words = [*self._privilege, *argv] if identity == "root" else list(argv)
        path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        environment = {"PATH": path, "LC_ALL": "C.UTF-8", **(env or {})}
        user = self.place.user if identity == "user" else None
        return process.run(
            words, env=environment, deadline=deadline, cwd="/", input=input, user=user, check=check
        )

    def read(self, path: str) -> str | None:
        try:
            return Path(path).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._refused(path, error) from error

    def write(self, path: str, text: str) -> None:
        target, new = Path(path), Path(f"{path}.dataops-new")
        try:
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), self._owner.pw_uid, self._owner.pw_gid)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise self._refused(path, error) from error

    def ensure(self, path: str, text: str) -> bool:
        if not self.exists(str(Path(path).parent)):
            return False
        if not self.exists(path):
            self.write(path, text)
        return True

    def remove(self, path: str) -> None:
        try:
            Path(path).unlink(missing_ok=True)
            _sync_folder(Path(path).parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._refused(path, error) from error

    def exists(self, path: str) -> bool:
        try:
            return os.path.lexists(path)
        except OSError as error:
            raise self._refused(path, error) from error

    def rename(self, old: str, new: str) -> None:
        if self.exists(new):
            raise HostFailed(f"{self.place.name}: {new} exists already: move it away.")
        try:
            Path(old).rename(new)
            _sync_folder(Path(new).parent)
        except OSError as error:
            raise self._refused(old, error) from error

    def disk(self, path: str) -> Disk:
        try:
            resolved = Path(path).resolve(strict=True)
            device = resolved.stat().st_dev
            counted = os.statvfs(resolved)
            mount = next(each for each in (resolved, *resolved.parents) if each.is_mount())
        except OSError as error:
            raise self._refused(path, error) from error
        unit = counted.f_frsize
        return Disk(str(device), str(mount), counted.f_blocks * unit, counted.f_bavail * unit)

    def hostname(self) -> str:
        return os.uname().nodename

    def close(self) -> None:
        """Nothing is held."""

    @cached_property
    def _owner(self) -> pwd.struct_passwd:
        try:
            owner = pwd.getpwnam(self.place.user)
        except KeyError as error:
            raise ConfigurationError(
                f"Connection {self.place.name!r}: there is no OS user {self.place.user!r} here: correct "
                "extra.user."
            ) from error
        if os.geteuid() not in {0, owner.pw_uid}:
            raise ConfigurationError(
                f"Connection {self.place.name!r}: only root or {self.place.user} may see and signal "
                "PostgreSQL's processes here: run as one of them, or use a connection of type ssh."
            )
        return owner

    def _must_see(self) -> None:
        """Only root and the owner of the data directory, whom PostgreSQL must run as, see its processes."""
        with contextlib.suppress(FileNotFoundError):
            if os.geteuid() not in {0, os.stat(self._data).st_uid}:  # ruff: ignore[os-stat] - asked often
                raise HostFailed(
                    f"{self.place.name}: {self.place.data} belongs to another user than {self.place.user}, "
                    "so that its processes cannot be seen: correct extra.user."
                )
        _ = self._owner

    @cached_property
    def _data(self) -> str:
        return os.path.realpath(self.place.data)

    @property
    def _privilege(self) -> tuple[str, ...]:
        if self.place.privileged is not None:
            return self.place.privileged
        return () if os.geteuid() == 0 else ("sudo", "-n")

    def _in_data_directory(self) -> Iterator[tuple[Process, str]]:
        within = self._data + "/"
        # Not pathlib: this is asked every few milliseconds.
        for entry in (each.name for each in os.scandir("/proc") if each.name.isdecimal()):
            with contextlib.suppress(OSError):  # it ended meanwhile, or is a zombie, or another user's
                folder = os.readlink(f"/proc/{entry}/cwd")  # ruff: ignore[os-readlink]
                if folder == self._data or folder.startswith(within):
                    title = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ")
                    stat = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
                    found = from_stat(stat, title.decode(errors="replace"))
                    if found is not None:
                        yield found

    def _refused(self, path: str, error: OSError) -> HostFailed:
        return HostFailed(f"{self.place.name}: {path}: {error.strerror or error}.")


def _sync_folder(folder: Path) -> None:
    """A rename is durable only once its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
