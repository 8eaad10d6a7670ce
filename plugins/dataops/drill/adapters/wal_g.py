"""Backups that WAL-G takes, on a worker where WAL-G is installed and its configuration file readable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataops import process
from dataops.drill.adapters.physical import PhysicalAdapter, environment, to_recover
from dataops.drill.adapters.taken import NotRestorable, Taken, about
from dataops.drill.point import Point
from dataops.errors import InconclusiveError

_TALKING = 300.0
"""Seconds for an answer about the storage."""


@dataclass(frozen=True)
class WalG(PhysicalAdapter):
    """See ``Adapter``. ``location`` is WAL-G's configuration file, which the server's own user must read too:
    its ``restore_command`` fetches WAL.
    """

    @property
    def program(self) -> Path:
        """See ``PhysicalAdapter``."""
        return process.find_program("wal-g")

    def backups(self) -> Sequence[Taken]:
        """See ``Adapter``."""
        done = process.run(
            [*self._argv, "backup-list", "--json", "--detail"],
            env=environment(),
            deadline=_TALKING,
            check=False,
        )
        try:
            listed = json.loads(done.stdout.strip() or "null") or []
            found = [taken(each) for each in listed]
        except (ValueError, KeyError, TypeError):
            said = done.stderr_tail.strip().splitlines()
            raise InconclusiveError(
                f"wal-g backup-list gave no answer: {said[-1] if said else 'nothing'}."
            ) from None
        if done.returncode:
            raise InconclusiveError(f"wal-g backup-list ended with exit code {done.returncode}.")
        return sorted(found, key=lambda one: one.at, reverse=True)

    def copy(self, point: Point, data: Path, log: list[str]) -> None:
        """See ``PhysicalAdapter``. Recovery fetches the WAL itself, by ``wal-fetch``."""
        place = str(about(point)["place"])
        done = process.run(
            [*self._argv, "backup-fetch", data, place],
            env=environment(),
            deadline=self.job.subject.drill.max_duration.total_seconds(),
            on_line=log.append,
            check=False,
        )
        if done.returncode:
            said = log[-1] if log else f"exit code {done.returncode}"
            raise NotRestorable(f"WAL-G could not fetch {place}: {said}")
        to_recover(data, self.restore_command)

    @property
    def restore_command(self) -> str:
        """How recovery asks for a WAL file."""
        return f'"{self.program}" --config "{self.source.location}" wal-fetch "%f" "%p"'

    @property
    def _argv(self) -> list[str | Path]:
        return [self.program, "--config", self.source.location]


def taken(listed: Mapping[str, Any]) -> Taken:
    """The backup that one entry of ``wal-g backup-list --json --detail`` describes."""
    told = str(listed.get("finish_time") or listed["time"])
    version = int(listed.get("pg_version") or 0)
    return Taken(
        place=str(listed["backup_name"]),
        at=datetime.fromisoformat(told).astimezone(UTC),
        bytes=int(listed.get("uncompressed_size") or listed.get("compressed_size") or 0),
        server_version=f"{version // 10000}.{version % 10000}" if version else "",
    )
