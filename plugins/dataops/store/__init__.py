"""The one door to the object store: checked objects, conditional writes, leases, encryption."""

from dataops.store.encryption import Keys, new_identity
from dataops.store.errors import (
    Conflict,
    DecryptionFailed,
    LeaseHeld,
    LeaseLost,
    ObjectDamaged,
    ObjectLocked,
    ObjectMissing,
    StoreError,
    StoreFull,
    StoreRefused,
)
from dataops.store.leases import Held, lease
from dataops.store.objects import ObjectStore
from dataops.store.values import Fetched, Listed, PendingUpload, Protection, Stored, Version

__all__ = [
    "Conflict",
    "DecryptionFailed",
    "Fetched",
    "Held",
    "Keys",
    "LeaseHeld",
    "LeaseLost",
    "Listed",
    "ObjectDamaged",
    "ObjectLocked",
    "ObjectMissing",
    "ObjectStore",
    "PendingUpload",
    "Protection",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "Stored",
    "Version",
    "lease",
    "new_identity",
]
