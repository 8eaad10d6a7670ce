"""Which files of a running pg_dump are complete, and how much of the local disk they take."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
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


class DumpFiles:
    """The files of one dump. pg_dump opens each once and creates it by that.

    So a file which is listed, and after that not open in any process of the group, was closed for good.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._complete: set[str] = set()

    def look(self, leader: int | None) -> list[DumpFile]:
        """Every file, complete or still written by the group of ``leader``; None: the group has ended."""
        listed = sorted(_listed(self._directory))
        names = {str(path) for path, _ in listed}
        fresh = names - self._complete
        if leader is not None:
            # Few processes are cheap to ask. But the kernel may skip a child while its sister ends
            # (proc(5), task/children), so whoever seems complete is looked for in the whole group.
            fresh -= set(_open_files(_descendants(leader)))
            fresh -= set(_open_files(_group(leader))) if fresh else set()
        self._complete = (self._complete & names) | fresh
        return [
            DumpFile(path, status.st_size, status.st_blocks * _BLOCK, str(path) in self._complete)
            for path, status in listed
        ]


def _listed(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # an upload finished and removed it meanwhile
                yield Path(entry.path), entry.stat()


def _descendants(leader: int) -> Iterator[Path]:
    """The folders of a process and of what it started, as far as the kernel tells."""
    yield Path(f"/proc/{leader}")
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{leader}/task/{leader}/children").read_text(encoding="ascii").split():
            yield from _descendants(int(child))


def _group(leader: int) -> Iterator[Path]:
    """The folders of all processes of a group: field 5 of proc(5)'s stat; the name before may hold blanks."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = (process / "stat").read_bytes()
            if int(stat[stat.rindex(b")") + 2 :].split()[2]) == leader:
                yield process


def _open_files(processes: Iterable[Path]) -> Iterator[str]:
    """What the processes have open; one that hides it is an error: its files would seem complete."""
    for process in processes:
        try:
            for descriptor in (process / "fd").iterdir():
                with suppress(FileNotFoundError):
                    yield str(descriptor.readlink())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        except PermissionError as error:
            raise ConfigurationError(
                f"{process}/fd cannot be read, so nobody can tell which files pg_dump has finished: "
                "run the worker and its programs as one user, without hidepid."
            ) from error
