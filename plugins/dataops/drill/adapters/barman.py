"""Backups that Barman takes, on a worker where Barman runs and its catalog is mounted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataops import process
from dataops.drill.adapters.physical import PhysicalAdapter, environment, insist_on_gapless, to_recover
from dataops.drill.adapters.taken import NotRestorable, Taken, about
from dataops.drill.point import Point
from dataops.errors import InconclusiveError

_DONE = "DONE"
_TALKING = 120.0
"""Seconds for an answer about the catalog."""


@dataclass(frozen=True)
class Barman(PhysicalAdapter):
    """See ``Adapter``. ``location`` is Barman's name of the server, ``config`` its configuration file."""

    @property
    def program(self) -> Path:
        """See ``PhysicalAdapter``."""
        return process.find_program("barman")

    def backups(self) -> Sequence[Taken]:
        """See ``Adapter``; only those that Barman calls done."""
        listed = self._ask("list-backup", self.source.location)
        done = [str(each["backup_id"]) for each in listed if each.get("status") == _DONE]
        found = [self._taken(backup_id) for backup_id in done]
        return sorted(found, key=lambda taken: taken.at, reverse=True)

    def copy(self, point: Point, data: Path, log: list[str]) -> None:
        """See ``PhysicalAdapter``. Barman brings all WAL that it has; recovery reads it from pg_wal."""
        place = str(about(point)["place"])
        argv = self._argv("recover", "--no-get-wal", f"--jobs={self.job.subject.drill.jobs}")
        seconds = self.job.subject.drill.max_duration.total_seconds()
        argv += [self.source.location, place, str(data)]
        done = process.run(argv, env=environment(), deadline=seconds, on_line=log.append, check=False)
        if done.returncode:
            said = next((line for line in reversed(log) if "ERROR" in line), f"exit code {done.returncode}")
            raise NotRestorable(f"Barman could not restore {place}: {said}")
        told = about(point)
        insist_on_gapless(data / "pg_wal", str(told["begin_wal"]), str(told["end_wal"]))
        # As recovery from an archive, which remembers the last commit; what there is lies in pg_wal already.
        to_recover(data, "false")

    def _taken(self, backup_id: str) -> Taken:
        return taken(backup_id, self._ask("show-backup", self.source.location, backup_id))

    def _ask(self, *words: str) -> Any:
        """Barman's answer about the server."""
        done = process.run(
            self._argv("--format=json", *words), env=environment(), deadline=_TALKING, check=False
        )
        try:
            return json.loads(done.stdout)[self.source.location]
        except (ValueError, KeyError, TypeError):
            said = (done.stderr_tail or done.stdout).strip().splitlines()
            raise InconclusiveError(
                f"barman {words[0]} gave no answer about {self.source.location}: "
                f"{said[-1] if said else 'nothing'}"
            ) from None

    def _argv(self, *words: str) -> list[str | Path]:
        config = ["--config", self.source.config] if self.source.config else []
        return [self.program, *config, *words]


def taken(backup_id: str, shown: Mapping[str, Any]) -> Taken:
    """The backup that ``barman --format=json show-backup`` describes."""
    base = shown["base_backup_information"]
    version = int(shown["postgresql_version"])
    at = datetime.fromtimestamp(int(base["end_time_timestamp"]), UTC)
    size = int(base.get("disk_usage_with_wals_bytes") or base.get("disk_usage_bytes") or 0)
    wal = {name: base[name] for name in ("begin_wal", "end_wal")}
    return Taken(backup_id, at, size, f"{version // 10000}.{version % 10000}", about=wal)
