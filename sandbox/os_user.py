"""The operating system's user that PostgreSQL runs as: PostgreSQL refuses uid 0."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.errors import Missing, ServiceFailed

POSTGRES = "postgres"


def database_user() -> str:
    """``postgres`` when we are root, else ourselves; ``Missing`` where root has no such user."""
    if os.getuid() != 0:
        return getpass.getuser()
    try:
        pwd.getpwnam(POSTGRES)
    except KeyError:
        raise Missing("PostgreSQL is missing: there is no user 'postgres'. Run: make setup") from None
    return POSTGRES


def give(path: Path) -> None:
    """Hand a folder or file to PostgreSQL's user."""
    user = database_user()
    shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def own_folder(path: Path) -> Path:
    """A private folder (0700) of PostgreSQL's user."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    give(path)
    return path


def own_file(path: Path, text: str) -> Path:
    """A private file (0600) of PostgreSQL's user, never readable by others even for a moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    give(path)
    return path


def can_traverse(path: Path) -> bool:
    """Whether PostgreSQL's user can reach this existing folder."""
    if os.getuid() != 0:
        return os.access(path, os.X_OK)
    probe = subprocess.run(["test", "-x", str(path)], user=POSTGRES, extra_groups=[], check=False, cwd="/")
    return probe.returncode == 0


def run(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, deadline: float = 120) -> str:
    """Standard output of a program run as PostgreSQL's user; ``ServiceFailed`` with its last words."""
    command = [str(part) for part in argv]
    finished: subprocess.CompletedProcess[str] = subprocess.run(
        command,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **(env or {})},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
        **switch(),
    )
    if finished.returncode:
        words = (finished.stderr or finished.stdout).strip()[-800:]
        raise ServiceFailed(f"{Path(command[0]).name} failed with exit code {finished.returncode}: {words}")
    return finished.stdout


def switch() -> dict[str, Any]:
    """The arguments that make ``subprocess`` change to PostgreSQL's user; empty where we are that user."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam(database_user())
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": os.getgrouplist(entry.pw_name, entry.pw_gid),
    }
