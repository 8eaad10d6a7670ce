"""What the store answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Stored:
    """An object that the store has acknowledged: bytes, and SHA-256 of the whole in hexadecimal."""

    key: str
    size: int
    sha256: str
    etag: str
    version_id: str | None = None


@dataclass(frozen=True)
class Fetched:
    """An object that was read, and the store's clock at that moment."""

    key: str
    body: bytes
    etag: str
    at: datetime


@dataclass(frozen=True)
class Listed:
    """One line of a listing. With a delimiter, a common prefix is a line too: it ends with the delimiter."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Version:
    """One version of an object, or the marker that one was deleted."""

    key: str
    version_id: str
    size: int
    modified: datetime
    latest: bool
    deletion: bool


@dataclass(frozen=True)
class Head:
    """What the store knows of an object without reading it. ``sha256`` only where it was put in one piece."""

    key: str
    size: int
    etag: str
    modified: datetime
    version_id: str | None
    sha256: str | None
    metadata: dict[str, str]


@dataclass(frozen=True)
class PendingUpload:
    """A multipart upload that was begun and neither completed nor aborted. It costs money and room."""

    key: str
    upload_id: str
    initiated: datetime


@dataclass(frozen=True)
class Protection:
    """What keeps a bucket's objects from being lost: ``retention`` is the default lock of new objects."""

    versioning: bool
    object_lock: bool
    retention: timedelta | None = None
