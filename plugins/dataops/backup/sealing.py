"""Encrypting what goes to the store, or not, as the subject's ``encryption`` says."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dataops.backup.steps import Job

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

    @contextmanager
    def sealing(self, plain: Readable) -> Generator[Readable]:
        """A reader of the sealed form, while the block lasts."""
        if self.keys is None:
            yield plain
        else:
            with self.keys.encrypting(plain) as sealed:
                yield sealed

    def seal(self, plain: bytes) -> bytes:
        """The sealed form of something small."""
        return self.keys.encrypt(plain) if self.keys else plain

    @contextmanager
    def opening(self, sealed: Readable) -> Generator[Readable]:
        """A reader of what was sealed, while the block lasts; needs an identity (``dataops_decryption``)."""
        if self.keys is None:
            yield sealed
        else:
            with self.keys.decrypting(sealed) as plain:
                yield plain

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

    return Seal(Keys.from_connections(job.platform.resolve, encryption=connection_id))
