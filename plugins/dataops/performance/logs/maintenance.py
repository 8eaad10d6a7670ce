"""What the server's own processes log: checkpoints, autovacuum, archiving, crashes, connections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.normalising import normalise
from dataops.performance.logs.thing import Said, Thing

_STARTING = re.compile(r"(checkpoint|restartpoint) starting: ?(.*)")
_COMPLETE = re.compile(
    r"(checkpoint|restartpoint) complete: wrote (\d+) buffers.*? total=([\d.]+) s", re.DOTALL
)
_MAINTAINED = re.compile(
    r"automatic (?:aggressive )?(vacuum|analyze)(?: to prevent wraparound)? of table"
    r' "([^".]+)\.(.+?)"(?::|\s|\Z)'
)
_UNREMOVABLE = re.compile(r"(\d+) (?:are dead but not yet removable|dead row versions cannot be removed)")
_ELAPSED = re.compile(r"elapsed: ([\d.]+) s")
_ARCHIVING = re.compile(r"archive command (?:failed with exit code (\d+)|was terminated by (signal \d+))")
_DIED = re.compile(
    r".*process \(PID \d+\) (?:was terminated by (signal \d+)|exited with (exit code [2-9]\d*))"
)
_RUNNING = re.compile(r"Failed process was running: (.*)", re.DOTALL)


def checkpoint_start(said: Said) -> Iterator[Thing]:
    """Each checkpoint counts when it starts, since only then its reason is told."""
    match = _STARTING.match(said.message)
    if match:
        yield Thing(LogKind.CHECKPOINT, match[2].strip() or "unknown", code=match[1], database="")


def checkpoint_end(said: Said) -> Iterator[Thing]:
    """The buffers and seconds of a checkpoint; ``text`` stays empty, until it is matched with its start."""
    match = _COMPLETE.match(said.message)
    if match:
        seconds = float(match[3])
        yield Thing(
            LogKind.CHECKPOINT,
            code=match[1],
            database="",
            count=0,
            total_seconds=seconds,
            max_seconds=seconds,
            buffers=int(match[2]),
        )


def maintained(said: Said) -> Iterator[Thing]:
    """A table that autovacuum has vacuumed or analyzed; the message names its database."""
    match = _MAINTAINED.match(said.message)
    if match:
        left = _UNREMOVABLE.search(said.message)
        elapsed = _ELAPSED.search(said.message)
        seconds = float(elapsed[1]) if elapsed else 0.0
        yield Thing(
            LogKind.VACUUM if match[1] == "vacuum" else LogKind.ANALYZE,
            match[3],
            database=match[2],
            total_seconds=seconds,
            max_seconds=seconds,
            unremovable=int(left[1]) if left else 0,
        )


def archive_failure(said: Said) -> Iterator[Thing]:
    """An archive command that failed."""
    match = _ARCHIVING.match(said.message)
    if match:
        yield Thing(LogKind.ARCHIVE_FAILURE, code=match[2] or f"exit code {match[1]}", database="")


def crash(said: Said) -> Iterator[Thing]:
    """A process that died: the postmaster then restarts all others."""
    match = _DIED.match(said.message)
    if match:
        running = _RUNNING.match(said.detail)
        text = normalise(running[1]) if running else ""
        yield Thing(LogKind.CRASH, text, code=match[1] or match[2], database="")


def connection(said: Said) -> Iterator[Thing]:
    """A session that was let in."""
    yield Thing(LogKind.CONNECTION)
