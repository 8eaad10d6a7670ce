"""A run's private directory on the worker, and the removal of what dead runs left there.

A living run holds a lock on its own directory; the kernel lets go of it however the run ends. So a
directory that can be locked belongs to nobody, in whichever container or process it was made.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from dataops.errors import ConfigurationError

PREFIX = "dataops-backup-"
"""What the directories of backups begin with; ``dead`` finds those of other runs by theirs."""
_PATIENCE = 10.0
"""Seconds for killed programs to be gone."""

Release = Callable[[Path], bool]
"""Ends what uses a directory; whether the directory may be removed."""


@contextmanager
def workspace(
    parent: Path | None = None,
    *,
    name: str | None = None,
    user: str | None = None,
    before_removal: Release = lambda path: True,
) -> Generator[Path]:
    """A new directory that only this user can enter, removed with everything in it when the block ends.

    ``name`` instead of a random one; it must be free. ``user`` owns the directory where we are root.
    Where ``before_removal`` forbids it the directory stays, for the next clean-up to find.
    """
    path, lock = _create(_parent(parent), name)
    try:
        if user is not None:
            shutil.chown(path, user)
        yield path
    finally:
        if before_removal(path):
            remove(path)
        os.close(lock)


def dead(parent: Path | None, prefix: str) -> Generator[Path]:
    """The directories of dead runs, each locked for us until the next is asked for."""
    for path in sorted(_parent(parent).glob(f"{prefix}*")):
        lock = _lock(path)
        if lock is None:
            continue
        try:
            yield path
        finally:
            os.close(lock)


def remove_leftovers(parent: Path | None = None) -> tuple[str, ...]:
    """The names of the directories of dead backups; they are removed and their programs ended."""
    removed = []
    for path in dead(parent, PREFIX):
        end_programs_of(path)
        remove(path)
        removed.append(path.name)
    return tuple(removed)


def end_programs_of(path: Path) -> None:
    """No program of ours that has this directory among its arguments, or works in it, runs any more.

    pg_dump's parallel workers outlive a leader that was killed until their table is done; they carry
    the leader's arguments, and the directory's name is random, so nobody else can be meant. PostgreSQL's
    processes rename themselves but stay in their data directory.
    """
    deadline = time.monotonic() + _PATIENCE
    while (found := programs_of(path)) and time.monotonic() < deadline:
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def programs_of(path: Path) -> list[int]:
    """The processes, zombies apart, that work in this directory or were started with it as an argument."""
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and int(process.name) != os.getpid() and _belongs(process, path)
    ]


def _belongs(process: Path, path: Path) -> bool:
    """Whether a process is ours, or root is us, and its arguments or current directory name the path."""
    try:
        if os.geteuid() not in {0, process.stat().st_uid}:
            return False
        if str(path).encode() in (process / "cmdline").read_bytes():
            return True
        return (process / "cwd").readlink().is_relative_to(path)
    except OSError:  # it has ended, or it is a zombie, which has no directory
        return False


def remove(path: Path) -> None:
    """The directory is gone, also where a writer that was still ending made new files in it."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        end_programs_of(path)
        shutil.rmtree(path, ignore_errors=True)


def _parent(parent: Path | None) -> Path:
    return (parent or Path(tempfile.gettempdir())).resolve()


def _create(parent: Path, name: str | None) -> tuple[Path, int]:
    """A fresh directory and the lock on it; tries again when another run's clean-up took it for dead."""
    while True:
        path = parent / (name or f"{PREFIX}{secrets.token_hex(6)}")
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            raise ConfigurationError(f"{path} is there already: is the same run going on twice?") from None
        lock = _lock(path)
        if lock is not None and path.exists():
            return path, lock
        if lock is not None:
            os.close(lock)


def _lock(path: Path) -> int | None:
    """The file descriptor that holds the lock on this directory; None where a living run holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
