"""Which files of a running pg_dump are complete, and how much of the local disk they take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import ConfigurationError

_BLOCK = 512  # st_blocks counts in these, whatever the file system's own block size (POSIX stat.h)


@dataclass(frozen=True)
class DumpFile:
    """One file of the dump at one moment."""

    path: Path
    size: int
    allocated: int
    complete: bool


def look(directory: Path, group: int | None) -> list[DumpFile]:
    """Every file of the directory, complete or still being written by the process group.

    The listing comes first: pg_dump opens each file once and creates it by that, so a file which is
    listed and then not open in any process of the group was closed for good. A group of None has ended.
    """
    listed = sorted(_listed(directory))
    if not listed:
        return []
    still_open = set() if group is None else _open_files(group)
    return [
        DumpFile(path, status.st_size, status.st_blocks * _BLOCK, str(path) not in still_open)
        for path, status in listed
    ]


def _listed(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # an upload finished and removed it meanwhile
                yield Path(entry.path), entry.stat()


def _open_files(group: int) -> set[str]:
    return {target for process in _members(group) for target in _targets(process)}


def _members(group: int) -> Iterator[Path]:
    """The folders of a group's processes. (Field 5 of proc(5)'s stat; the name before it may hold blanks.)"""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = (process / "stat").read_bytes()
            if int(stat[stat.rindex(b")") + 2 :].split()[2]) == group:
                yield process


def _targets(process: Path) -> Iterator[str]:
    """What a process has open. One that may not be looked at is an error: its files would seem complete."""
    folder = process / "fd"
    try:
        for descriptor in folder.iterdir():
            with suppress(FileNotFoundError):
                yield str(descriptor.readlink())
    except (FileNotFoundError, ProcessLookupError):
        return  # it ended meanwhile
    except PermissionError as error:
        raise ConfigurationError(
            f"{folder} cannot be read, so nobody can tell which files pg_dump has finished: "
            "run the worker and its programs as one user, without hidepid."
        ) from error
