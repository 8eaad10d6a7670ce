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
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "dataops-backup-"


@contextmanager
def workspace(parent: Path | None = None) -> Generator[Path]:
    """A new directory that only this user can enter, removed with everything in it when the block ends."""
    path, lock = _create(_parent(parent))
    try:
        yield path
    finally:
        _remove(path)
        os.close(lock)


def remove_leftovers(parent: Path | None = None) -> tuple[str, ...]:
    """The names of the directories of dead runs; they are removed and the programs that wrote there ended."""
    removed = []
    for path in sorted(_parent(parent).glob(f"{PREFIX}*")):
        lock = _lock(path)
        if lock is None:
            continue
        end_programs_of(path)
        _remove(path)
        os.close(lock)
        removed.append(path.name)
    return tuple(removed)


def end_programs_of(path: Path) -> None:
    """No program of ours that was started with this directory among its arguments runs any more.

    pg_dump's parallel workers outlive a leader that was killed until their table is done; they carry
    the leader's arguments, and the directory's name is random, so nobody else can be meant.
    """
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            if (
                process.stat().st_uid == os.geteuid()
                and str(path).encode() in (process / "cmdline").read_bytes()
            ):
                os.kill(int(process.name), signal.SIGKILL)


def _parent(parent: Path | None) -> Path:
    return (parent or Path(tempfile.gettempdir())).resolve()


def _create(parent: Path) -> tuple[Path, int]:
    """A fresh directory and the lock on it; tries again when another run's clean-up took it for dead."""
    while True:
        path = parent / f"{PREFIX}{secrets.token_hex(6)}"
        path.mkdir(mode=0o700)
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


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # a writer that was still ending made new files
        end_programs_of(path)
        shutil.rmtree(path, ignore_errors=True)
