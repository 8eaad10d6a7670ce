"""The roles and tablespaces of the server, as pg_dumpall writes them, and what it leaves out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataops import postgres, process
from dataops.backup.logical.everyone import settings_of_everyone
from dataops.backup.logical.standing import DISK_FULL, DumpFailed, disk_full
from dataops.connections import Connection

_PER_RUN = (b"--", b"\\restrict", b"\\unrestrict")
"""Comments and psql's guard hold the time and a random key: they differ between two equal dumps."""

_NO_ROOM = 1 << 20
_END = b"\n-- PostgreSQL database cluster dump complete\n"


@dataclass(frozen=True)
class Globals:
    """SQL that makes the roles anew; ``with_passwords`` where the backup's role may read their hashes."""

    sql: bytes = field(repr=False)
    with_passwords: bool

    def says_the_same_as(self, other: Globals) -> bool:
        """True when both would make the same roles."""
        return _statements(self.sql) == _statements(other.sql)


def dump_globals(
    program: Path,
    connection: Connection,
    *,
    env: Mapping[str, str],
    dbname: str,
    with_passwords: bool,
    folder: Path,
) -> Globals:
    """What ``pg_dumpall --globals-only`` prints, then what ALTER ROLE ALL set. It holds password hashes.

    It goes through a private file, since captured output is redacted and would no longer be exact.
    """
    argv = [
        str(program),
        "--globals-only",
        "--no-password",
        f"--database={postgres.database_argument(dbname)}",
    ]
    if not with_passwords:
        argv.append("--no-role-passwords")
    path = folder / "globals.sql"
    sql = written(argv, env=env, path=path) + settings_of_everyone(connection, dbname)
    path.unlink()
    return Globals(sql, with_passwords)


def written(argv: Sequence[str], *, env: Mapping[str, str], path: Path) -> bytes:
    """What the program wrote into a file, to its end: it does not look whether its output found room."""
    try:
        with path.open("wb") as output:
            process.run(argv, env=env, deadline=600, stdout=output)
    except process.ProgramFailed as error:
        if DISK_FULL in str(error):
            raise disk_full(error.complaint) from error
        raise DumpFailed(f"The roles could not be dumped. {error.complaint}") from error
    sql = path.read_bytes()
    if _END not in sql:
        fault = (
            f"what pg_dumpall wrote ends in the middle, after {len(sql)} bytes, although it reported success"
        )
        if shutil.disk_usage(path.parent).free < _NO_ROOM:
            raise disk_full(fault)
        raise DumpFailed(f"The roles could not be dumped: {fault}.")
    return sql


def _statements(sql: bytes) -> list[bytes]:
    return [line for line in sql.splitlines() if line and not line.startswith(_PER_RUN)]
