"""The newest evidence of a subject, from the store: what notifications and the console speak from."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.evidence.record import Record


@dataclass(frozen=True)
class Entry:
    """A record and where its page lies in the store."""

    record: Record
    page_key: str
