"""The platform that a run works on: its inventory, connections, object stores and keys, all lazy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dataops.connections import Connection, Resolve, from_environment
from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from dataops.inventory import Inventory
    from dataops.store import Keys, ObjectStore


@dataclass(frozen=True)
class Platform:
    """One environment. Nothing is connected to before it is needed."""

    environment: str
    inventory: Inventory
    resolve: Resolve = from_environment

    def connection(self, connection_id: str) -> Connection:
        """The connection of this id; ``ConfigurationError`` where there is none."""
        return self.resolve(connection_id)

    @cached_property
    def store(self) -> ObjectStore:
        """The bucket that ``DATAOPS_BUCKET`` names, reached by the connection ``dataops_store``."""
        return self._bucket("dataops_store", "DATAOPS_BUCKET")

    @cached_property
    def replica(self) -> ObjectStore | None:
        """The other region's bucket, by ``dataops_replica``; None without ``DATAOPS_REPLICA_BUCKET``."""
        return self._bucket("dataops_replica", "DATAOPS_REPLICA_BUCKET") if _replicated() else None

    @cached_property
    def keys(self) -> Keys:
        """Recipients and HMAC key by ``dataops_encryption``, identities by ``dataops_decryption``."""
        from dataops.store import Keys

        return Keys.from_connections(self.resolve)

    def _bucket(self, connection_id: str, variable: str) -> ObjectStore:
        from dataops.store import ObjectStore

        bucket = os.environ.get(variable)
        if not bucket:
            raise ConfigurationError(f"No bucket: set {variable} to the name of the bucket.")
        return ObjectStore.from_connection(self.resolve(connection_id), bucket)


def _replicated() -> bool:
    return bool(os.environ.get("DATAOPS_REPLICA_BUCKET"))
