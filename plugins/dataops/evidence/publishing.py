"""Putting a record in its place: numbered, chained, with its page; in the spool while the store is down."""

from __future__ import annotations

import hashlib
import logging
import random
import secrets
import time
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence import chain
from dataops.evidence.chain import Link
from dataops.evidence.page import render
from dataops.evidence.record import Record
from dataops.evidence.spool import Spool, default_spool
from dataops.store import Conflict, ObjectMissing, ObjectStore, StoreError

log = logging.getLogger(__name__)

_ROUNDS = 40
"""How often to take the next number after losing one."""


class ChainBroken(DataOpsError):
    """No record can be appended, because somebody touched the chain's end."""


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
    waiting = Spool((spool or default_spool()) / store.bucket)
    try:
        _empty(store, waiting)
        return _append(store, record, key)
    except DataOpsError as error:
        page = waiting.add(key, record, because=error)
        log.error("evidence %s waits in %s: %s", key, page.parent, error)
        return Published(key, page_key(key), page.as_uri(), None, spooled=True, reason=str(error))


def _empty(store: ObjectStore, waiting: Spool) -> None:
    try:
        with waiting.locked():
            for key, record in waiting.records():
                _append(store, record, key)
                waiting.remove(key)
                log.info("evidence %s: published from the spool", key)
    except OSError as error:  # a read-only host can publish all the same
        log.warning("the spool cannot be used on this host: %s", error)


def _append(store: ObjectStore, record: Record, key: str) -> Published:
    """Record and page first, then the link that makes them count; a loser of the race starts again."""
    found = _published_already(store, record, key)
    for _ in range(0 if found else _ROUNDS):
        last = _last(store, record)
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


def _last(store: ObjectStore, record: Record) -> Link | None:
    try:
        return next(chain.newest(store, record.capability, record.subject), None)
    except ValueError as error:
        raise ChainBroken(
            f"The newest link in {chain.folder(record.capability, record.subject)} cannot be read: somebody "
            "changed it. Bring back its earlier version, then run again; `dataops evidence list --verify` "
            "tells more."
        ) from error


def _write(store: ObjectStore, record: Record, key: str) -> Link:
    stored = store.put(key, record.to_bytes())
    page = store.put(page_key(key), render(record))
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
    except (ObjectMissing, ValueError):
        return None
    return link if link.key == key and link.sha256 == hashlib.sha256(body).hexdigest() else None


def _key(record: Record) -> str:
    """Time and random: unique, sortable, safe in a URL."""
    started = record.started.astimezone(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    return f"evidence/{record.capability}/{record.subject}/{started:%Y/%m/%d}/{name}/evidence.json"


def page_key(key: str) -> str:
    """Where the page of a record lies: beside it."""
    return f"{key.rpartition('/')[0]}/index.html"
