"""The roles and tablespaces of the server, as pg_dumpall writes them: pg_dump carries none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataops import postgres, process

_PER_RUN = (b"--", b"\\restrict", b"\\unrestrict")
"""Comments and psql's guard hold the time and a random key: they differ between two equal dumps."""


@dataclass(frozen=True)
class Globals:
    """SQL that makes the roles anew; ``with_passwords`` where the backup's role may read their hashes."""

    sql: bytes
    with_passwords: bool

    def says_the_same_as(self, other: Globals) -> bool:
        """True when both would make the same roles."""
        return _statements(self.sql) == _statements(other.sql)


def dump_globals(
    program: Path, *, env: Mapping[str, str], dbname: str, with_passwords: bool, folder: Path
) -> Globals:
    """What ``pg_dumpall --globals-only`` prints. It holds password hashes: encrypt it.

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
    with path.open("wb") as output:
        process.run(argv, env=env, deadline=600, stdout=output)
    sql = path.read_bytes()
    path.unlink()
    return Globals(sql, with_passwords)


def _statements(sql: bytes) -> list[bytes]:
    return [line for line in sql.splitlines() if line and not line.startswith(_PER_RUN)]
