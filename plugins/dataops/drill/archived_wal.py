"""Archived WAL on this worker: single segments fetched into a private folder, and read by pg_waldump.

Segments come through pgBackRest's ``repo-get``, which decrypts: ``archive-get`` wants the control file of a
server that is there. Never more than ``MOST`` segments are fetched for one question.
"""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dataops import process
from dataops.backup.logical.workspace import workspace
from dataops.backup.physical.archive import located
from dataops.backup.physical.configuration import repository_path
from dataops.backup.physical.engine import PgBackRest, pgbackrest
from dataops.backup.physical.wal import Segment, position
from dataops.drill.commits import Commit, commits
from dataops.errors import InconclusiveError
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.store import Listed

MOST = 64
"""Segments that one question may fetch: 1 GiB of the usual size, far more than lies around any moment."""
PATIENCE = 300.0
"""Seconds for one segment to arrive, or to be read."""


class WalUnreadable(InconclusiveError):
    """Archived WAL could not be fetched or read, so what lies around a moment is not known."""


@dataclass
class ArchivedWal:
    """The segments of one server's newest timeline, by number; read one range at a time."""

    engine: PgBackRest
    folder: Path
    root: str
    """The archive's prefix in the bucket, up to pgBackRest's own paths."""
    size: int
    """Bytes of a segment."""
    major: int
    segments: Mapping[int, tuple[Segment, Listed]]
    _fetched: dict[int, Path] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the newest segment; there is one."""
        return max(self.segments)

    def arrived(self, number: int) -> datetime:
        """When the segment arrived in the archive, by the store's clock."""
        return self.segments[number][1].modified

    def commits(self, first: int, last: int) -> list[Commit]:
        """Every commit from the begin of the first segment to the end of the last, in WAL order.

        A record that goes on beyond the last segment is not there; that of the segment before is skipped.
        """
        return commits(self._dump(first, last, "--rmgr=Transaction"))

    def shows_at_work(self, commit: Commit, first: int) -> bool:
        """Whether a record of the commit's transaction lies before the commit, from segment ``first`` on."""
        found = self._dump(first, position(commit.lsn) // self.size, f"--xid={commit.xid}", "--limit=2")
        records = [line for line in found if line.startswith("rmgr:")]
        return bool(records) and f"lsn: {commit.lsn}," not in records[0]

    def _dump(self, first: int, last: int, *options: str) -> list[str]:
        for number in range(first, last + 1):
            self._fetch(number)
        argv: list[str | Path] = [
            process.find_program("pg_waldump", self.major),
            *options,
            self._fetched[first],
            self._fetched[last],
        ]
        # pg_waldump tells times in its own zone.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        try:
            return process.run(argv, env=environment, deadline=PATIENCE, cwd="/").stdout.splitlines()
        except process.ProgramFailed as error:
            raise WalUnreadable(
                f"pg_waldump could not read the archived WAL from {self._named(first)} "
                f"to {self._named(last)}: {error}"
            ) from error

    def _fetch(self, number: int) -> None:
        if number in self._fetched:
            return
        if number not in self.segments:
            raise WalUnreadable(f"WAL segment {self._named(number)} is not in the archive.")
        if len(self._fetched) >= MOST:
            raise WalUnreadable(f"More than {MOST} WAL segments would have to be read around the moment.")
        key = self.segments[number][1].key
        # All on one timeline: pg_waldump knows no history, and the path through it is chosen already.
        target = self.folder / Segment(1, number).name(self.size)
        packed = self.folder / key.rsplit("/", 1)[1]
        with packed.open("wb") as file:
            self.engine.run("repo-get", argument=key.removeprefix(self.root), repo=1, output=file.fileno())
        try:
            with target.open("wb") as out:
                _unpack(packed, out)
        except (OSError, EOFError, ValueError, process.ProgramFailed) as error:
            raise WalUnreadable(f"{key} could not be unpacked: {type(error).__name__}.") from error
        packed.unlink()
        if target.stat().st_size != self.size:
            raise WalUnreadable(f"{key} has {target.stat().st_size} bytes unpacked instead of {self.size}.")
        self._fetched[number] = target

    def _named(self, number: int) -> str:
        found = self.segments.get(number)
        return (found[0] if found else Segment(1, number)).name(self.size)


@contextmanager
def archived_wal(
    platform: Platform, server: Server, *, since: str, size: int, major: int
) -> Generator[ArchivedWal]:
    """The archive since the segment ``since``; what was fetched is removed at the end.

    ``WalUnreadable`` where nothing is archived since then.
    """
    found = located(platform.store, server, since=since, size=size)
    if not found:
        raise WalUnreadable(f"No WAL is archived since {since}.")
    with pgbackrest(platform, server) as engine, workspace() as folder:
        yield ArchivedWal(
            engine=engine,
            folder=folder,
            root=f"{repository_path(server)}/",
            size=size,
            major=major,
            segments=newest_timeline(found.items()),
        )


def newest_timeline(found: Iterable[tuple[Segment, Listed]]) -> dict[int, tuple[Segment, Listed]]:
    """From number to segment along the path that recovery to the newest timeline takes. Pure.

    A timeline begins by repeating the segment in which the old one was left, so from its first segment on the
    newer timeline counts, and what the older one wrote behind that was abandoned.
    """
    path: dict[int, tuple[Segment, Listed]] = {}
    for segment, listed in sorted(found, key=lambda each: each[0]):
        if path and segment.timeline != path[max(path)][0].timeline:
            path = {number: kept for number, kept in path.items() if number < segment.number}
        path[segment.number] = (segment, listed)
    return path


def _unpack(packed: Path, out: IO[bytes]) -> None:
    with packed.open("rb") as file:
        match packed.suffix:
            case ".zst":
                import zstandard

                zstandard.ZstdDecompressor().copy_stream(file, out)
            case ".gz":
                with gzip.open(file) as inner:
                    shutil.copyfileobj(inner, out)
            case ".bz2":
                with bz2.open(file) as inner:
                    shutil.copyfileobj(inner, out)
            case ".lz4":
                argv: list[str | Path] = [process.find_program("lz4"), "-dc", packed]
                environment = {"PATH": os.environ.get("PATH", os.defpath)}
                process.run(argv, env=environment, deadline=PATIENCE, stdout=out)
            case _:
                shutil.copyfileobj(file, out)
