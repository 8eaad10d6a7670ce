"""Records that wait on this host for a store that is down."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.page import render
from dataops.evidence.record import Record

log = logging.getLogger(__name__)


class EvidenceLost(DataOpsError):
    """A record could be kept nowhere."""


def default_spool() -> Path:
    """``DATAOPS_SPOOL``, or a folder in the user's state folder (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("DATAOPS_SPOOL") or Path(state) / "dataops" / "spool")


class Spool:
    """Records that wait on this host, under the keys that they will have."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Generator[None]:
        """One process at a time empties it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def records(self) -> list[tuple[str, Record]]:
        """Keys and records in the order in which their runs began; what cannot be read is set aside."""
        found = []
        for file in sorted(self._folder.glob("evidence/**/evidence.json"), key=lambda path: path.parent.name):
            try:
                record = Record.model_validate_json(file.read_bytes())
            except ValueError as error:
                file.rename(file.with_suffix(".damaged"))
                log.error("evidence in the spool cannot be read and was set aside: %s: %s", file, error)
                continue
            found.append((file.relative_to(self._folder).as_posix(), record))
        return found

    def add(self, key: str, record: Record, *, because: DataOpsError) -> Path:
        """Keep the record and its page, whole or not at all; the page's path. Raises ``EvidenceLost``."""
        try:
            return self._write(key, record)
        except OSError as error:
            raise EvidenceLost(
                f"The evidence could neither be published nor kept in {self._folder} ({error.strerror}): "
                f"make that folder writable. {because}"
            ) from error

    def remove(self, key: str) -> None:
        """Forget what was published."""
        file = self._folder / key
        file.unlink()
        file.with_name("index.html").unlink(missing_ok=True)
        file.parent.rmdir()

    def _write(self, key: str, record: Record) -> Path:
        file = self._folder / key
        page = file.with_name("index.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(record), encoding="utf-8")
        draft = file.with_suffix(".draft")
        with draft.open("wb") as out:
            out.write(record.to_bytes())
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
        return page
