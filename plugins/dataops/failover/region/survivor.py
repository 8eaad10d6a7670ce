"""The platform as whoever restores sees it once a region is lost: one bucket, the other region's."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from dataops.connections import Connection
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.store import ObjectStore

_STORE, _REPLICA = "dataops_store", "dataops_replica"


class NoOtherRegion(InconclusiveError):
    """There is no second bucket, or it is the first one: nothing could come back from it."""


@dataclass(frozen=True)
class Survivor(Platform):
    """The platform whose store is the replica's bucket. It has no replica, and cannot reach the lost bucket.

    pgBackRest, which is configured from it, knows a single repository then: the other region's.
    """

    @classmethod
    def of(cls, platform: Platform) -> Survivor:
        """What is left of a platform whose first region is gone; ``NoOtherRegion`` where nothing is."""
        bucket = os.environ.get("DATAOPS_REPLICA_BUCKET")
        if not bucket:
            raise NoOtherRegion(
                "A lost region would take every backup: set DATAOPS_REPLICA_BUCKET to a bucket elsewhere."
            )
        store, replica = platform.connection(_STORE), platform.connection(_REPLICA)
        if bucket == os.environ.get("DATAOPS_BUCKET") and _place(store) == _place(replica):
            raise NoOtherRegion(f"The replica is the store itself, bucket {bucket}: it is lost with it.")

        def resolve(connection_id: str) -> Connection:
            if connection_id in {_STORE, _REPLICA}:
                return replace(replica, id=connection_id)
            return platform.resolve(connection_id)

        return cls(platform.environment, platform.inventory, resolve)

    @cached_property
    def store(self) -> ObjectStore:
        """The other region's bucket."""
        from dataops.store import ObjectStore

        bucket = os.environ.get("DATAOPS_REPLICA_BUCKET")
        if not bucket:
            raise ConfigurationError("No bucket: set DATAOPS_REPLICA_BUCKET to the name of the replica.")
        return ObjectStore.from_connection(self.connection(_STORE), bucket)

    @cached_property
    def replica(self) -> ObjectStore | None:
        """None: the other region is all there is."""
        return None


def _place(connection: Connection) -> object:
    return connection.extra.get("endpoint_url")
