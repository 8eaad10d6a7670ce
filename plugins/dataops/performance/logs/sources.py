"""Where a log lies: in a folder that this worker sees, or behind the server's own connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dataops.performance.logs.errors import LogUnreachable
from dataops.performance.logs.reading import BLOCK
from dataops.performance.logs.settings import LogSettings
from dataops.postgres import explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_NAMES = {
    "jsonlog": re.compile(r".+\.json(\.\d+)?"),
    "csvlog": re.compile(r".+\.csv(\.\d+)?"),
    "stderr": re.compile(r".+(?<!\.json)(?<!\.csv)(?<!\.gz)(?<!\.zst)(?<!\.xz)"),
}
"""Files of each format; PostgreSQL replaces a ``.log`` at the end of log_filename, logrotate adds numbers."""
_OVER_SQL = 4 << 20
"""Bytes that are asked for at once: an answer holds them twice, in hexadecimal."""


@dataclass(frozen=True)
class LogFile:
    """One file of a log: bytes, and when it was last written to (UTC)."""

    name: str
    size: int
    modified: datetime


class Source(Protocol):
    """Where the files of one log are."""

    def files(self) -> Sequence[LogFile]:
        """The files, the one last written to at the end."""
        ...

    def blocks(self, file: LogFile, start: int, end: int) -> Iterator[bytes]:
        """The bytes of a file from ``start`` to ``end``, in pieces."""
        ...


@dataclass(frozen=True)
class Folder:
    """The log's directory, on this machine or mounted here."""

    path: Path
    written_as: str

    def files(self) -> Sequence[LogFile]:
        """Regular files only: a link could lead anywhere."""
        try:
            found = [each for each in self.path.iterdir() if each.is_file() and not each.is_symlink()]
        except OSError as error:
            raise LogUnreachable(
                f"The log's folder cannot be read: {error.strerror} ({self.path})."
            ) from None
        wanted = [each for each in found if _NAMES[self.written_as].fullmatch(each.name)]
        return _by_time([_file(each) for each in wanted])

    def blocks(self, file: LogFile, start: int, end: int) -> Iterator[bytes]:
        """Read from the file; fewer bytes where it was shortened meanwhile."""
        try:
            with (self.path / file.name).open("rb") as stream:
                stream.seek(start)
                while start < end and (block := stream.read(min(BLOCK, end - start))):
                    start += len(block)
                    yield block
        except OSError as error:
            raise LogUnreachable(
                f"The log cannot be read: {error.strerror} ({self.path / file.name})."
            ) from None


@dataclass(frozen=True)
class OverSql:
    """The log behind an open connection in autocommit, by ``dataops_log.read`` or ``pg_read_binary_file``."""

    session: PsycopgConnection
    settings: LogSettings

    def files(self) -> Sequence[LogFile]:
        """By pg_ls_logdir; raises ``LogUnreachable`` where no collector writes files there."""
        if self.settings.values.get("logging_collector") != "on":
            raise LogUnreachable(
                "The server has no logging_collector, so its log is in no directory that it knows. Turn it "
                "on, or name the folder of its log."
            )
        rows = self._rows(sql(__package__, "files"))
        found = [LogFile(name, size, modified) for name, size, modified in rows]
        return _by_time([each for each in found if _NAMES[self.settings.written_as].fullmatch(each.name)])

    def blocks(self, file: LogFile, start: int, end: int) -> Iterator[bytes]:
        """Asked for piece by piece, each in a statement of its own."""
        reader = str(self._rows(sql(__package__, "reader"))[0][0])
        if not reader:
            raise LogUnreachable(
                "The role may not read the server's log. Run server_log.sql as superuser, as "
                "docs/server-logs.md says, or name the folder of the log."
            )
        name = file.name
        if reader != "dataops_log.read":
            name = f"{self.settings.values.get('log_directory', 'log')}/{file.name}"
        while start < end:
            asked = (name, start, min(_OVER_SQL, end - start))
            block = bytes(self._rows(f"SELECT {reader}(%s, %s, %s)", asked)[0][0] or b"")
            if not block:
                return
            start += len(block)
            yield block

    def _rows(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with explained("reading the server's log"), closing(self.session.cursor()) as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall()


def log_settings(session: PsycopgConnection) -> LogSettings:
    """The server's settings of logging; without pg_read_all_settings some are missing."""
    with explained("reading the settings of the log"), closing(session.cursor()) as cursor:
        cursor.execute(sql(__package__, "settings"))
        return LogSettings(dict(cursor.fetchall()))


def _by_time(files: list[LogFile]) -> list[LogFile]:
    return sorted(files, key=lambda file: (file.modified, file.name))


def _file(path: Path) -> LogFile:
    status = path.stat()
    return LogFile(path.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
