"""What can go wrong between us and the object store."""

from __future__ import annotations

from dataops.errors import ConfigurationError, DataOpsError


class StoreError(DataOpsError):
    """The store did not do what was asked, within the limits of patience."""


class ObjectMissing(StoreError):
    """There is no object of this key."""


class ObjectDamaged(StoreError):
    """The object's bytes are not those that the store has a checksum of."""


class ObjectLocked(StoreError):
    """An object lock forbids deleting or replacing this version."""


class StoreFull(StoreError):
    """The store has no room left."""


class Conflict(StoreError):
    """A conditional write lost: the object is there already, or is no longer the one that was read."""


class StoreRefused(ConfigurationError):
    """Wrong bucket, keys, rights, clock or TLS: what a person must correct."""


class DecryptionFailed(DataOpsError):
    """The object is damaged, or encrypted for other keys than ours."""


class LeaseHeld(DataOpsError):
    """Somebody else holds the lease; the message names who and since when."""


class LeaseLost(DataOpsError):
    """Our lease could not be renewed in time, or somebody took it over: stop writing."""
