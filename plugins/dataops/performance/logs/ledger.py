"""What of a server's log has been counted: how far each file was read, and where the counts lie.

It is one small object, ``samples/<server>/logs/ledger.json``, replaced only if nobody else has meanwhile.
Only counts that it names are valid, so that a run that dies half way counts nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from dataops.store import ObjectMissing, ObjectStore

HEAD = 512
"""Bytes at a file's beginning by which it is known again when it was renamed, or its name used anew."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Position(_Part):
    """How far a file was read: ``offset`` bytes. ``head`` is the SHA-256 of its first ``head_bytes``."""

    name: str
    head: str
    head_bytes: int
    offset: int

    def is_of(self, head: bytes) -> bool:
        """Whether the file with this beginning is the one that was read."""
        return len(head) >= self.head_bytes and head_of(head[: self.head_bytes]) == self.head


class Piece(_Part):
    """The counts of what was logged from ``since`` to ``until``; ``key`` is empty where that was nothing.

    ``calls`` are the keys of the slowest calls as they were logged, by the name that PostgreSQL gives the
    database, of those that allow it.
    """

    key: str
    since: datetime
    until: datetime
    notes: tuple[str, ...] = ()
    calls: dict[str, str] = Field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """Every object that belongs to it."""
        return frozenset({self.key, *self.calls.values()} - {""})

    def with_calls_of(self, kept: Collection[str]) -> Piece:
        """The same without the calls of other databases."""
        calls = {dbname: key for dbname, key in self.calls.items() if dbname in kept}
        return self if calls == self.calls else self.model_copy(update={"calls": calls})


class Ledger(_Part):
    """All that was counted, oldest first. ``failed`` says why the last attempt brought nothing."""

    positions: tuple[Position, ...] = ()
    pieces: tuple[Piece, ...] = ()
    failed: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """Every object that it names."""
        return frozenset[str]().union(*(piece.keys for piece in self.pieces))

    def with_calls_of(self, kept: Collection[str]) -> Ledger:
        """The same without the calls of databases that allow it no more."""
        return self.model_copy(update={"pieces": tuple(each.with_calls_of(kept) for each in self.pieces)})

    def position_of(self, head: bytes) -> Position | None:
        """Where reading the file with this beginning stopped."""
        return next((each for each in self.positions if each.is_of(head)), None)


def head_of(head: bytes) -> str:
    """The name of a beginning."""
    return hashlib.sha256(head).hexdigest()


def folder_of(server: str) -> str:
    """Where the counts of a server's log lie."""
    return f"samples/{server}/logs/"


def load(store: ObjectStore, server: str) -> tuple[Ledger, str | None]:
    """The ledger and its ETag; an empty one and None where nothing was ever counted."""
    try:
        found = store.fetch(_key(server))
    except ObjectMissing:
        return Ledger(), None
    return Ledger.model_validate_json(found.body), found.etag


def save(store: ObjectStore, server: str, ledger: Ledger, etag: str | None) -> None:
    """Replace the ledger that was loaded with this ETag; ``Conflict`` where somebody else has."""
    store.put(_key(server), ledger.model_dump_json(), if_none_match=etag is None, if_match=etag)


def _key(server: str) -> str:
    return f"{folder_of(server)}ledger.json"
