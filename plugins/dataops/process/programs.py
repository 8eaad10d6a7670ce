"""Where a program is, and which version of it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from dataops.process.errors import ProgramMissing
from dataops.process.running import run

_FOLDERS = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
)


def version_of(program: str | os.PathLike[str]) -> str:
    """The first line that ``program --version`` prints, such as ``pg_dump (PostgreSQL) 15.18``.

    pgBackRest knows only ``version``. Raises ``ProgramMissing`` and ``ProgramFailed``.
    """
    word = "version" if Path(program).name == "pgbackrest" else "--version"
    finished = run([program, word], env={"PATH": _path(), "LC_ALL": "C.UTF-8"}, deadline=30)
    return next(iter(finished.stdout.splitlines()), "").strip()


def find_program(name: str, major: int | None = None) -> Path:
    """The absolute path of a program; with ``major``, of PostgreSQL's program of that very major version.

    Looks where Debian's, the PGDG's and Homebrew's packages put each major version, then in PATH,
    where a program of another major does not count. Raises ``ProgramMissing``.
    """
    for folder in _FOLDERS if major is not None else ():
        candidate = Path(folder.format(major=major)) / name
        if os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which(name, path=_path())
    if found is None:
        wanted = name if major is None else f"{name} of PostgreSQL {major}"
        package = f" (package postgresql-client-{major})" if major is not None else ""
        raise ProgramMissing(f"{wanted} is not installed here: install it{package} where this task runs.")
    if major is not None and _major(version_of(found)) != major:
        raise ProgramMissing(
            f"{found} is {version_of(found)!r}, but the server is PostgreSQL {major}: "
            f"install postgresql-client-{major} where this task runs."
        )
    return Path(found)


def _major(version: str) -> int | None:
    found = re.search(r"\(PostgreSQL\) (\d+)", version)
    return int(found[1]) if found else None


def _path() -> str:
    return os.environ.get("PATH", os.defpath)
