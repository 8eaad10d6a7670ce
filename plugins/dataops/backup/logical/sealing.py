"""Encrypting what goes to the store, or not, as the subject's ``encryption`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dataops.backup.steps import Job
from dataops.connections import Connection

if TYPE_CHECKING:
    from dataops.store import Keys


class Readable(Protocol):
    """Anything that gives its next bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        ...


@dataclass(frozen=True)
class Seal:
    """age encryption for the recipients of ``keys``; with keys of None, everything stays in clear."""

    keys: Keys | None

    def __str__(self) -> str:
        return f"age, {len(self.recipients)} recipients" if self.keys else "off"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who can read what is sealed; nobody needs to where nothing is."""
        return tuple(self.keys.recipients) if self.keys else ()

    @property
    def suffix(self) -> str:
        """What the name of a sealed object ends with."""
        return ".age" if self.keys else ""

    def reader(self, plain: Readable) -> Readable:
        """A reader of the sealed form."""
        return self.keys.encrypting(plain) if self.keys else plain

    def seal(self, plain: bytes) -> bytes:
        """The sealed form of something small."""
        return self.keys.encrypt(plain) if self.keys else plain

    def opened(self, sealed: Readable) -> Readable:
        """A reader of what was sealed; needs an identity (connection ``dataops_decryption``)."""
        return self.keys.decrypting(sealed) if self.keys else sealed

    def open(self, sealed: bytes) -> bytes:
        """What was sealed, of something small; needs an identity."""
        return self.keys.decrypt(sealed) if self.keys else sealed


def seal_of(job: Job) -> Seal:
    """The seal that the subject's ``encryption`` asks for; ``ConfigurationError`` where keys are missing."""
    connection_id = job.subject.encryption_connection
    if connection_id is None:
        return Seal(None)
    if connection_id == "dataops_encryption":
        return Seal(job.platform.keys)
    from dataops.store import Keys

    def resolve(wanted: str) -> Connection:
        return job.platform.resolve(connection_id if wanted == "dataops_encryption" else wanted)

    return Seal(Keys.from_connections(resolve))
