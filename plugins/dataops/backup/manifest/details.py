"""The encrypted part of a manifest: every definition, count and hash that a restore must equal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from dataops.backup.manifest.header import Coverage, UnreadableManifest

FORMAT = 1
"""The newest format of details that this program reads and the one that it writes."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Definition(NamedTuple):
    """One object of one class: ``("index", "public.flights_day", {"definition": "CREATE INDEX …"})``.

    The class ``about`` an object (its owner, grants, comment) is a definition of its own.
    Secrets among the facts are keyed HMACs.
    """

    kind: str
    identity: str
    facts: Mapping[str, JsonValue]


class SequenceState(NamedTuple):
    """Where a sequence stood before the dump: it ignores snapshots, so a restore is here or further on."""

    identity: str
    next_value: int
    ascending: bool
    cycles: bool


class TableContent(_Part):
    """The rows that a dump of this table carries: their exact number and order-independent hash.

    ``rows`` and ``hash`` are None where this backup did not look; ``hashed_at`` then says when an
    earlier one did, None for never.
    """

    identity: str
    rows: int | None = None
    hash: str | None = None
    hashed_at: datetime | None = None
    bytes: int = 0
    condition: str = ""
    unlogged: bool = False


class LargeObjects(_Part):
    """All large objects together: number, bytes and a hash over their numbers and contents."""

    count: int
    bytes: int
    hash: str | None = None


class Blind(_Part):
    """One thing that could not be seen, and why: it is declared, never silently skipped."""

    what: str
    reason: str


class Moment(_Part):
    """Where and when this was true."""

    snapshot_at: datetime
    lsn: str
    timeline: int
    system_identifier: str
    in_recovery: bool
    server_version: str
    dbname: str
    encoding: str
    collation: str
    database_bytes: int


class Details(_Part):
    """All that a manifest knows of one database."""

    format: int = FORMAT
    moment: Moment
    content: str
    algorithm: str
    definitions: tuple[Definition, ...]
    sequences: tuple[SequenceState, ...] = ()
    tables: tuple[TableContent, ...] = ()
    large_objects: LargeObjects | None = None
    blind: tuple[Blind, ...] = ()
    programs: dict[str, str] = Field(default_factory=dict)

    @property
    def rows(self) -> int | None:
        """Exact rows of all tables; None where a table was not counted."""
        counts = [table.rows for table in self.tables]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def coverage(self) -> Coverage:
        """The summary that the clear header carries."""
        return Coverage(
            content=self.content,
            tables=len(self.tables),
            hashed=sum(table.hash is not None for table in self.tables),
            blind=tuple(sorted({blind.what for blind in self.blind})),
        )

    def to_bytes(self) -> bytes:
        """JSON compressed by zstd: the body of ``details.json.zst``, still to be encrypted."""
        import zstandard

        return zstandard.ZstdCompressor(level=6).compress(self.model_dump_json().encode())

    @classmethod
    def from_bytes(cls, body: bytes, key: str = "details.json.zst") -> Details:
        """The details that ``to_bytes`` wrote; ``UnreadableManifest`` says what is wrong with ``key``."""
        import zstandard

        try:
            return cls.model_validate_json(zstandard.ZstdDecompressor().decompress(body))
        except (zstandard.ZstdError, ValidationError) as error:
            raise UnreadableManifest(
                f"{key} cannot be read as details of a manifest of format {FORMAT}."
            ) from error
