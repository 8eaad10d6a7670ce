"""Running pg_dump while its files are sent away, on a bounded share of the local disk."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops import postgres, process
from dataops.backup.logical.dump_files import DumpFiles
from dataops.backup.logical.pieces import Pieces
from dataops.backup.logical.settings import Settings
from dataops.backup.logical.standing import DISK_FULL, DumpFailed, disk_full
from dataops.errors import DataOpsError
from dataops.evidence.steps import Say

TICK = 0.1
SHORTEST_TICK = 0.01
"""Seconds between looks at the dump's files: the longest, and the shortest when the disk fills fast."""

TELL_EVERY = 10.0


class StoreTooSlow(DataOpsError):
    """The local disk stayed at its bound for longer than the dump may stand still."""


class DumpInterrupted(DataOpsError):
    """pg_dump met something that a second try may not meet: a lock that was not free, a recovery conflict."""


@dataclass(frozen=True)
class Dumped:
    """What a dump cost: seconds, also those it stood still; peaks of memory and local disk in bytes."""

    seconds: float
    seconds_paused: float
    peak_memory: int
    peak_disk: int


_TRANSIENT = re.compile(
    r"could not obtain lock on relation|canceling statement due to conflict with recovery"
    r"|terminating connection due to conflict with recovery",
)


def arguments(
    program: Path, *, dbname: str, encoding: str, directory: Path, snapshot: str, settings: Settings
) -> Sequence[str]:
    """The command line of pg_dump; without host, user or password, which travel by environment.

    ``encoding`` is the database's: a client_encoding that ALTER DATABASE set may lack some of its characters.
    Not synced to disk: the files are a buffer on the way to the store, which acknowledges what it keeps.
    """
    return (
        str(program),
        "--format=directory",
        f"--file={directory}",
        f"--jobs={settings.jobs}",
        f"--compress={settings.compression_argument}",
        f"--snapshot={snapshot}",
        f"--encoding={encoding}",
        f"--lock-wait-timeout={int(settings.lock_wait.total_seconds() * 1000)}",
        "--no-sync",
        "--no-password",
        "--verbose",
        f"--dbname={postgres.database_argument(dbname)}",
    )


@dataclass
class Gate:
    """Stops the dump where it stands while it takes too much local disk; it holds back vacuum meanwhile.

    Between two looks the dump goes on: half of the bound is kept for what it writes then.
    """

    bound: int
    patience: float
    peak: int = 0
    seconds_paused: float = 0.0
    tick: float = TICK
    _since: float | None = None
    _last: tuple[float, int] = (0.0, 0)

    def regulate(self, dump: process.Running, taken: int) -> None:
        """Pause at half the bound, go on at a quarter; ``StoreTooSlow`` after too long a pause."""
        self.peak = max(self.peak, taken)
        now = time.monotonic()
        self._pace(now, taken)
        if self._since is None and taken > self.bound // 2:
            self._since = now
            dump.pause()
        elif self._since is not None and taken < self.bound // 4:
            self.seconds_paused += now - self._since
            self._since = None
            dump.resume()
        elif self._since is not None and now - self._since > self.patience:
            raise StoreTooSlow(
                f"The dump stood still for {self.patience:g} s with {taken >> 20} MiB on the local disk, "
                f"of {self.bound >> 20} MiB allowed: the store takes data too slowly. Look at the store, "
                "or raise the option disk_bound."
            )

    def _pace(self, now: float, taken: int) -> None:
        """Look again in half the time in which the dump would reach its bound if it went on like this."""
        before, had = self._last
        rate = max(taken - had, 0) / (now - before)
        left = max(self.bound // 2 - taken, 0)
        self.tick = min(max(left / rate / 2, SHORTEST_TICK), TICK) if rate else TICK
        self._last = now, taken


class Progress:
    """Counts what pg_dump says it has finished, and tells it now and then with figures."""

    def __init__(self, say: Say, pieces: Pieces) -> None:
        self._say = say
        self._pieces = pieces
        self._begun = self._told = time.monotonic()
        self.tables = 0

    def line(self, line: str) -> None:
        """Take in one line of pg_dump."""
        self.tables += " TABLE DATA " in line and "finished item" in line
        if "warning:" in line or "error:" in line:
            self._say(line)

    def tell(self) -> None:
        """One line every ten seconds."""
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            stored = self._pieces.stored_bytes / 1e6
            rate = stored / (now - self._begun)
            self._say(f"Dumped {self.tables} tables, {stored:,.0f} MB in the store, {rate:,.1f} MB/s")


def dump(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    directory: Path,
    pieces: Pieces,
    settings: Settings,
    guard: Callable[[], None],
    progress: Progress,
) -> Dumped:
    """What the dump cost, once pg_dump succeeded; its last files may still be on their way.

    ``guard`` is called some ten times a second and raises what must end the backup. Raises
    ``DumpInterrupted`` for what one retry may mend, ``DumpFailed``, ``NoRoom``,
    ``StoreTooSlow`` and the errors of the store.
    """
    dumped = DumpFiles(directory)
    gate = Gate(settings.disk_bound, settings.disk_patience.total_seconds())
    with process.start(argv, env=env, on_line=progress.line) as running:
        while not running.ended(gate.tick):
            files = dumped.look(running.pid)
            pieces.feed(files)
            gate.regulate(running, sum(file.allocated for file in files))
            guard()
            progress.tell()
        finished = _finished(running)
    pieces.feed(dumped.look(None), last=True)
    return Dumped(finished.seconds, gate.seconds_paused, finished.peak_memory, gate.peak)


def _finished(running: process.Running) -> process.Finished:
    try:
        return running.wait()
    except process.ProgramFailed as error:
        if _TRANSIENT.search(str(error)):
            raise DumpInterrupted(f"The dump was interrupted. {error.complaint}") from error
        if DISK_FULL in str(error):
            raise disk_full(error.complaint) from error
        raise DumpFailed(f"The dump failed. {error.complaint}") from error
