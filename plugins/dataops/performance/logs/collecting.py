"""Counting what a server has logged since the last time, and keeping the counts in the object store."""

from __future__ import annotations

import io
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from dataops.errors import ConfigurationError, DataOpsError
from dataops.inventory import Inventory, Server
from dataops.performance.logs import call_keeping, ledger
from dataops.performance.logs.columns import BUCKET_SECONDS
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.ledger import HEAD, Ledger, Piece, Position, head_of
from dataops.performance.logs.looking import SEVERITIES
from dataops.performance.logs.reading import read
from dataops.performance.logs.settings import LogSettings
from dataops.performance.logs.sources import Folder, LogFile, OverSql, Source, log_settings
from dataops.platform import Platform
from dataops.postgres import connect
from dataops.store import LeaseHeld, ObjectStore, lease

log = logging.getLogger(__name__)

LIMIT = 16 << 30
"""Bytes that are read at one time; what is beyond is read the next time. The first time, the last of them."""
FIRST_LOOK = timedelta(days=2)
"""How old files may be that are read when a server's log is read for the first time."""
REMEMBERED = 200
"""Files whose position is remembered."""
SLACK = timedelta(hours=1)
"""How far the clocks of worker and server may be apart."""
MARGIN = 1 << 20
"""Bytes in which the beginning of an entry is looked for."""
PATIENCE = 60.0
"""Seconds that one statement may take when the log is read over SQL."""
TURN = 300.0
"""Seconds to wait for another process that reads the same log."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Collected:
    """What one visit brought: the piece that was added, bytes and entries read, seconds."""

    piece: Piece
    read: int
    entries: int
    seconds: float


@dataclass
class _Reading:
    """One pass over the files, oldest first: where each stood, and how much may still be read."""

    source: Source
    settings: LogSettings
    known: Ledger
    left: int
    digest: Digest
    positions: list[Position] = field(default_factory=list)
    gone_on: list[Position] = field(default_factory=list)
    taken: int = 0
    stopped: bool = False
    lost: str = ""

    def files(self, files: Sequence[LogFile], others: Sequence[LogFile]) -> None:
        """Count what is new in ``files``; ``others`` were not written to since the last time."""
        skipped = 0 if self.known.pieces else max(sum(file.size for file in files) - self.left, 0)
        for file in files:
            if skipped >= file.size:
                self._remember(file, self._head(file), file.size)
            elif not self.stopped:
                self._file(file, skipped, newest=file is files[-1])
            skipped = max(skipped - file.size, 0)
        for last in self.known.positions[-1:]:
            found = last in self.gone_on or any(last.is_of(self._head(file)) for file in reversed(others))
            self.lost = "" if found else last.name

    def _file(self, file: LogFile, skipped: int, *, newest: bool) -> None:
        head = self._head(file)
        if not head:
            return
        before = self.known.position_of(head)
        self.gone_on.extend([before] if before else [])
        start = before.offset if before else self._entry_at(file, skipped)
        end = min(file.size, start + self.left)
        self.stopped = end < file.size
        done = read(
            self.source.blocks(file, start, end),
            self.settings.format,
            self.digest,
            complete=not newest and not self.stopped,
        )
        self.taken += done
        self.left -= done
        self._remember(file, head, start + done)

    def _remember(self, file: LogFile, head: bytes, offset: int) -> None:
        if head:
            self.positions.append(
                Position(name=file.name, head=head_of(head), head_bytes=len(head), offset=offset)
            )

    def all_positions(self) -> tuple[Position, ...]:
        """Of this pass and of earlier ones: a file may come back under another name."""
        earlier = [each for each in self.known.positions if each not in self.gone_on]
        return (*earlier, *self.positions)[-REMEMBERED:]

    def _entry_at(self, file: LogFile, offset: int) -> int:
        """Where the first entry begins at or behind an offset."""
        if not offset:
            return 0
        block = b"".join(self.source.blocks(file, offset, min(file.size, offset + MARGIN)))
        return offset + self.settings.format.begin(block)

    def _head(self, file: LogFile) -> bytes:
        return b"".join(self.source.blocks(file, 0, min(HEAD, file.size)))


def collect(
    platform: Platform,
    server: str,
    say: Say = lambda _: None,
    *,
    folder: Path | None = None,
    limit: int = LIMIT,
) -> Collected:
    """Count what is new in the server's log and keep it; the next call goes on from there.

    The log is read from ``folder`` (by default ``samples.logs`` of the server) where there is one, else over
    the server's own connection. Only one process at a time does it. Raises ``LogUnreachable`` or
    ``LogUnreadable`` where that is impossible, and remembers why, so that a report can say so.

    Of databases that keep literals the slowest calls are kept too; of those that keep them no more, what was
    kept is deleted, also where the log cannot be read.
    """
    declared = platform.inventory.subject(server)
    if not isinstance(declared, Server):
        raise ConfigurationError(f"{server} is a database: name its server, {declared.server}.")
    store = platform.store
    kept = keeping_literals(platform.inventory, declared)
    with _alone(store, server):
        before, etag = ledger.load(store, server)
        known = before.with_calls_of(kept)
        try:
            collected, added = _visit(platform, declared, known, kept, folder, limit)
        except DataOpsError as error:
            _valid_now(store, server, before, known.model_copy(update={"failed": str(error)}), etag)
            raise
        _valid_now(store, server, before, added, etag)
    say(
        f"Log of {server} from {collected.piece.since:%F %H:%M} to {collected.piece.until:%F %H:%M} UTC: "
        f"{collected.read / 1e6:.1f} MB, {collected.entries} entries in {collected.seconds:.1f} s"
    )
    return collected


@contextmanager
def _alone(store: ObjectStore, server: str) -> Generator[None]:
    """While nobody else reads this log; reports of several databases of a server take turns."""
    holder = f"log of {server} on {socket.gethostname()}, process {os.getpid()}"
    end = time.monotonic() + TURN
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lease(store, f"logs/{server}", holder=holder))
                break
            except LeaseHeld:
                if time.monotonic() > end:
                    raise
                time.sleep(1)
        yield


def _valid_now(store: ObjectStore, server: str, before: Ledger, after: Ledger, etag: str | None) -> None:
    """Save the ledger, and delete for good what it names no more."""
    ledger.save(store, server, after, etag)
    gone = (before.keys - after.keys) | call_keeping.unnamed(store, server, after)
    store.delete(sorted(gone), all_versions=True)


def keeping_literals(inventory: Inventory, server: Server) -> frozenset[str]:
    """The databases of a server, by their names in PostgreSQL, whose reports may show literals."""
    return frozenset(
        database.dbname
        for database in inventory.databases_of(server)
        if database.report.enabled and database.report.literals == "keep" and database.retired is None
    )


def _visit(
    platform: Platform,
    server: Server,
    known: Ledger,
    literals_of: frozenset[str],
    folder: Path | None,
    limit: int,
) -> tuple[Collected, Ledger]:
    begun = datetime.now(UTC)
    connection = platform.connection(server.connection)
    session = connect(
        connection,
        application_name="dataops log",
        autocommit=True,
        statement_timeout=PATIENCE,
        lock_timeout=5,
    )
    with closing(session):
        settings = log_settings(session)
        declared = folder or (Path(server.samples.logs) if server.samples.logs else None)
        source = Folder(declared, settings.written_as) if declared else OverSql(session, settings)
        reading = _Reading(source, settings, known, limit, Digest(settings.zone, literals_of))
        everything = source.files()
        new = _new_files(everything, known, begun)
        reading.files(new, [file for file in everything if file not in new])
    rows = reading.digest.rows()
    piece = _piece(platform.store, server.name, rows, reading, _span(rows, reading, begun))
    seconds = (datetime.now(UTC) - begun).total_seconds()
    kept = [each for each in known.pieces if each.until > begun - server.samples.keep]
    return (
        Collected(piece, reading.taken, reading.digest.entries, seconds),
        Ledger(positions=reading.all_positions(), pieces=(*kept, piece)),
    )


def _new_files(files: Sequence[LogFile], known: Ledger, now: datetime) -> Sequence[LogFile]:
    """Those that may have been written to since the last time."""
    since = known.pieces[-1].until - SLACK if known.pieces else now - FIRST_LOOK
    return [file for file in files if file.modified >= since]


def _span(rows: pl.DataFrame, reading: _Reading, now: datetime) -> tuple[datetime, datetime]:
    """From when until when all that was logged is in the rows."""
    ten_minutes = timedelta(seconds=BUCKET_SECONDS)
    before = reading.known.pieces[-1].until if reading.known.pieces else now
    first, last = rows["at"].min(), rows["at"].max()
    since = before
    if isinstance(first, datetime) and (reading.lost or not reading.known.pieces):
        since = first - ten_minutes
    until = now
    if reading.stopped:
        until = max(last - ten_minutes, since) if isinstance(last, datetime) else since
    return since, until


def _notes(reading: _Reading) -> Iterator[str]:
    yield from reading.settings.notes()
    if reading.lost:
        yield f"{reading.lost} was gone before its end was read: keep logs longer, or read them more often."
    digest = reading.digest
    if digest.damaged:
        yield f"{digest.damaged} pieces of the log were torn or foreign, and are not counted."
    foreign = sorted(digest.severities - SEVERITIES)
    if foreign:
        yield f"Entries in another language ({', '.join(foreign)}) are not counted: see lc_messages."
    if digest.folded:
        yield f"There were too many different statements: {digest.folded} are counted without text."


def _piece(
    store: ObjectStore,
    server: str,
    rows: pl.DataFrame,
    reading: _Reading,
    span: tuple[datetime, datetime],
) -> Piece:
    """What was read, kept: the counts, and the calls of the databases that allow it."""
    since, until = span
    calls = reading.digest.calls()
    return Piece(
        key=_keep(store, server, until, rows),
        since=since,
        until=until,
        notes=tuple(_notes(reading)),
        calls={
            dbname: call_keeping.keep(store, server, until, found) for dbname, found in calls.items() if found
        },
    )


def _keep(store: ObjectStore, server: str, until: datetime, rows: pl.DataFrame) -> str:
    """The key under which the counts now lie; empty where there are none."""
    if rows.is_empty():
        return ""
    key = f"{ledger.folder_of(server)}{until:%Y/%m/%d/%H%M%S}-{secrets.token_hex(4)}.parquet"
    body = io.BytesIO()
    rows.write_parquet(body, compression="zstd")
    store.put(key, body.getvalue())
    return key
