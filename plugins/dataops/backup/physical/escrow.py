"""The repository's passphrase, age-encrypted in the bucket: whoever holds an age identity can read on.

``backups/<server>/repository-passphrase.age`` is for people; ``repository-passphrase.json`` holds a keyed
HMAC of it, so that a run without any identity can tell whether it is the very passphrase in use.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.backup.catalog import folder
from dataops.backup.physical.errors import WrongPassphrase

if TYPE_CHECKING:
    from dataops.store import Keys, ObjectStore


def escrow_key(server: str) -> str:
    """Where the encrypted passphrase lies."""
    return folder(server) + "repository-passphrase.age"


def note_key(server: str) -> str:
    """Where its HMAC lies."""
    return folder(server) + "repository-passphrase.json"


def deposit(store: ObjectStore, server: str, passphrase: str, keys: Keys) -> bool:
    """Whether the passphrase was deposited now; False where it lies there for these very recipients.

    Raises ``WrongPassphrase`` where another one does. Call it under the server's lease.
    """
    if is_deposited(store, server, passphrase, keys):
        return False
    sealed = keys.encrypt(passphrase.encode())
    note = {
        "format": 1,
        "hmac": keys.hmac(passphrase),
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "recipients": list(keys.recipients),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    store.put(escrow_key(server), sealed)
    # The note last: while it is missing or speaks of other bytes, the next run deposits again.
    store.put(note_key(server), json.dumps(note, indent=2))
    return True


def is_deposited(store: ObjectStore, server: str, passphrase: str, keys: Keys) -> bool:
    """Whether the passphrase lies there as it was deposited; ``WrongPassphrase`` where another one does.

    With an age identity it is decrypted and compared; without, SHA-256 and HMAC must be the noted ones.
    """
    from dataops.store import ObjectMissing

    try:
        note = json.loads(store.get(note_key(server)))
        sealed = store.get(escrow_key(server))
    except ObjectMissing:
        return False
    if note["hmac"] != keys.hmac(passphrase):
        raise WrongPassphrase(
            f"{note_key(server)} says that the repository has another passphrase than the connection "
            "holds: restore the connection's password. A new passphrase needs a new repository."
        )
    if note["sha256"] != hashlib.sha256(sealed).hexdigest() or note["recipients"] != list(keys.recipients):
        return False
    return not keys.identities or keys.decrypt(sealed) == passphrase.encode()
