"""What ``pgbackrest verify`` says: it exits with 0 on a corrupt repository, so its words are what counts.

Its log at level info names every bad file; its text names every backup with a status. Tried with 2.45.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BACKUP = re.compile(r"^\s+backup: (\S+), status: ([^,\n]+)", re.MULTILINE)
_ARCHIVE = re.compile(r"^\s+archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)", re.MULTILINE)
_BAD = re.compile(r"INFO: (?:invalid|missing|unable)[^'\n]*?'?((?:\d{8}-\d{6}F\S*?|\d+-\d+)/[^\s':]+)")


@dataclass(frozen=True)
class Verification:
    """The status of each backup, WAL checked and valid, and every bad file by its name in the repository."""

    backups: dict[str, str]
    wal_checked: int
    wal_valid: int
    bad: tuple[str, ...]

    def fault_of(self, label: str) -> str:
        """What is wrong with a backup; empty where pgBackRest found it valid."""
        status = self.backups.get(label)
        if status == "valid":
            return ""
        if status is None:
            return f"pgBackRest's verify says nothing of {label}"
        files = [each for each in self.bad if each.startswith(f"{label}/")]
        return f"{label} is {status}" + (f": {', '.join(files[:5])}" if files else "")

    @property
    def others(self) -> list[str]:
        """Every backup that is not valid, with its status."""
        return [f"{label}: {status}" for label, status in sorted(self.backups.items()) if status != "valid"]

    @property
    def bad_wal(self) -> list[str]:
        """The names of segments that cannot be read."""
        return [each.rsplit("/", 1)[1][:24] for each in self.bad if re.match(r"\d+-\d+/", each)]


def parse(text: str) -> Verification | None:
    """What the output says; None where it holds no verification at all."""
    archives = _ARCHIVE.findall(text)
    backups = dict(_BACKUP.findall(text))
    if not archives and not backups:
        return None
    return Verification(
        backups=backups,
        wal_checked=sum(int(checked) for _, checked, _ in archives),
        wal_valid=sum(int(valid) for _, _, valid in archives),
        bad=tuple(dict.fromkeys(_BAD.findall(text))),
    )
