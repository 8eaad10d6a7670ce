"""A folder of programs that is filled once, whichever of several processes comes first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sandbox import os_user

SYSTEM = Path("/var/cache")
"""Where root's programs go if PostgreSQL's own user cannot reach root's home."""


def cached(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder of this name, filled by ``fill`` where it is not there yet.

    Who comes while another process fills it waits for that; a fill that fails leaves nothing behind.
    """
    folder = _home() / name
    if folder.is_dir():
        return folder
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            partial = folder.with_name(f"{name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            fill(partial)
            partial.rename(folder)
    return folder


def _home() -> Path:
    """The user's cache, as Kafka's; the system's where PostgreSQL's user may not pass the former."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dataops"
    home.mkdir(parents=True, exist_ok=True)
    if not os_user.can_traverse(home):
        home = SYSTEM / "dataops"
        home.mkdir(parents=True, exist_ok=True)
    return home
