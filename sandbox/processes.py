"""Finding processes by marks that survive their renaming themselves (which overwrites their environment)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def in_folder(folder: Path) -> list[int]:
    """The processes whose current folder is this one."""
    wanted = str(folder.resolve())
    return [pid for pid in _all() if _current_folder(pid) == wanted]


def with_variable(name: str, value: str) -> list[int]:
    """The processes that were started with this environment variable and did not rename themselves."""
    mark = f"{name}={value}".encode()
    found = []
    for pid in _all():
        with suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def _all() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").glob("[0-9]*") if int(entry.name) != os.getpid())


def _current_folder(pid: int) -> str:
    # A zombie has none.
    with suppress(OSError):
        return str(Path(f"/proc/{pid}/cwd").readlink())
    return ""
