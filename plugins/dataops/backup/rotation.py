"""When each table was last hashed, kept from one backup to the next for ``content: rotate``.

The worker that backs up cannot read its own backups (it has no identity), so this lies beside them in
clear, with the names of tables as keyed hashes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dataops.backup import catalog
from dataops.backup.manifest.details import Details

if TYPE_CHECKING:
    from dataops.store import Keys, ObjectStore

NAME = "hashed.json"


@dataclass(frozen=True)
class LastHashed(Mapping[str, datetime]):
    """From a table's identity to the moment of its newest hash; of a server, ``within`` one database."""

    keys_of_names: Keys
    by_hmac: Mapping[str, str]
    dbname: str = ""

    def __getitem__(self, identity: str) -> datetime:
        return datetime.fromisoformat(self.by_hmac[self.keys_of_names.hmac(_name(self.dbname, identity))])

    def within(self, dbname: str) -> LastHashed:
        """What is known of the tables of one database of a server."""
        return replace(self, dbname=dbname)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("The names of tables cannot be read from their keyed hashes.")

    def __len__(self) -> int:
        return len(self.by_hmac)

    def to_bytes(self) -> bytes:
        """JSON for the store."""
        return json.dumps(self.by_hmac, sort_keys=True).encode()

    @classmethod
    def of(cls, details: Details, keys: Keys) -> LastHashed:
        """What a backup leaves for the next: its own hashes, and earlier ones of what it did not look at."""
        return cls.of_server({"": details}, keys)

    @classmethod
    def of_server(cls, parts: Mapping[str, Details], keys: Keys) -> LastHashed:
        """The same of a server's databases, by their names."""
        times = {
            _name(dbname, table.identity): table.hashed_at
            for dbname, details in parts.items()
            for table in details.tables
        }
        return cls(keys, {keys.hmac(name): at.isoformat() for name, at in times.items() if at is not None})


def last_hashed(store: ObjectStore, subject: str, keys: Keys) -> LastHashed:
    """What the newest backup left; empty where there is none yet, or it hashed everything or nothing."""
    from dataops.store import ObjectMissing

    for backup in catalog.backups(store, subject)[:1]:
        try:
            body = store.get(catalog.folder(subject, backup.backup_id) + NAME)
            return LastHashed(keys, json.loads(body))
        except ObjectMissing:
            break
    return LastHashed(keys, {})


def _name(dbname: str, identity: str) -> str:
    return f"{dbname}/{identity}" if dbname else identity
