"""Putting a record in its place: numbered, chained, with its page; in the spool while the store is down."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import random
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence import chain
from dataops.evidence.chain import Link
from dataops.evidence.page import render
from dataops.evidence.record import Record
from dataops.store import Conflict, ObjectMissing, ObjectStore, StoreError

log = logging.getLogger(__name__)

_ROUNDS = 40
"""How often to take the next number after losing one."""


@dataclass(frozen=True)
class Published:
    """Where a record lies. ``spooled``: only on this host as yet, so that the run is red, with the reason."""

    key: str
    page_key: str
    url: str
    sequence: int | None
    spooled: bool = False
    reason: str = ""


def publish(store: ObjectStore, record: Record, *, spool: Path | None = None) -> Published:
    """Where the record now lies, numbered and chained to the subject's previous one.

    Records that waited in ``spool`` (default: ``DATAOPS_SPOOL``, or the user's state folder) go first.
    Never raises for a store that is down or refuses: the record waits in the spool then.
    """
    key = _key(record)
    waiting = _Spool((spool or _default_spool()) / store.bucket)
    try:
        with waiting.locked():
            for earlier, spooled in waiting.records():
                _append(store, spooled, earlier)
                waiting.remove(earlier)
                log.info("evidence %s: published from the spool", earlier)
        return _append(store, record, key)
    except DataOpsError as error:
        file = waiting.add(key, record)
        log.error("evidence %s waits in %s: %s", key, file, error)
        return Published(key, _page_key(key), file.as_uri(), None, spooled=True, reason=str(error))


def _append(store: ObjectStore, record: Record, key: str) -> Published:
    """Record and page first, then the link that makes them count; a loser of the race starts again."""
    found = _published_already(store, record, key)
    for _ in range(0 if found else _ROUNDS):
        last = next(chain.newest(store, record.capability, record.subject), None)
        numbered = record.model_copy(
            update={
                "sequence": last.sequence + 1 if last else 1,
                "previous": last.sha256 if last else None,
            }
        )
        link = _write(store, numbered, key)
        try:
            store.put(
                chain.link_key(link.capability, link.subject, link.sequence),
                link.to_bytes(),
                if_none_match=True,
            )
        except Conflict:
            time.sleep(random.uniform(0, 0.2))
            continue
        found = link
        break
    if found is None:
        raise StoreError(f"Could not append {key} to its chain: too many runs ended at once. Run again.")
    return Published(found.key, found.page_key, store.url(found.page_key), found.sequence)


def _write(store: ObjectStore, record: Record, key: str) -> Link:
    stored = store.put(key, record.to_bytes())
    page = store.put(_page_key(key), render(record))
    return Link(
        sequence=record.sequence or 0,
        capability=record.capability,
        subject=record.subject,
        key=key,
        page_key=page.key,
        sha256=stored.sha256,
        page_sha256=page.sha256,
        previous=record.previous,
        verdict=record.verdict,
        reason=record.reason,
        started=record.started,
        finished=record.finished,
    )


def _published_already(store: ObjectStore, record: Record, key: str) -> Link | None:
    """The link of an earlier try whose last answer was lost."""
    try:
        body = store.get(key)
        sequence = Record.model_validate_json(body).sequence or 0
        link = Link.model_validate_json(
            store.get(chain.link_key(record.capability, record.subject, sequence))
        )
    except ObjectMissing:
        return None
    return link if link.key == key and link.sha256 == hashlib.sha256(body).hexdigest() else None


class _Spool:
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

    def add(self, key: str, record: Record) -> Path:
        """Keep the record and its page, whole or not at all; the page's path."""
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

    def remove(self, key: str) -> None:
        file = self._folder / key
        file.unlink()
        file.with_name("index.html").unlink(missing_ok=True)
        file.parent.rmdir()


def _key(record: Record) -> str:
    """Time and random: unique, sortable, safe in a URL."""
    started = record.started.astimezone(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    return f"evidence/{record.capability}/{record.subject}/{started:%Y/%m/%d}/{name}/evidence.json"


def _page_key(key: str) -> str:
    return f"{key.rpartition('/')[0]}/index.html"


def _default_spool() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("DATAOPS_SPOOL") or Path(state) / "dataops" / "spool")
