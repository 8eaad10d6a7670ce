"""A database that is sampled, with a platform around it whose store keeps the samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.inventory import Database, Inventory, Server
from dataops.performance.samples import Taken, take_sample
from dataops.performance.window import Window
from dataops.performance.windowing import window
from dataops.platform import Platform
from dataops.store import ObjectStore

from tests.conftest import DatabaseServer, ObjectStoreServer


@dataclass
class Watched:
    """One database of a server, sampled into a bucket of its own."""

    primary: DatabaseServer
    dbname: str
    platform: Platform
    connections: dict[str, Connection]
    said: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    @property
    def store(self) -> ObjectStore:
        return self.platform.store

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        return self.primary.execute(statement, dbname=self.dbname)

    def sample(self, *, whole: bool | None = True) -> Taken:
        """A sample of the server and the database, now."""
        # Statistics reach shared memory when a session goes idle, at the latest a second after.
        self.taken.append(take_sample(self.platform, "test", whole=whole, say=self.said.append))
        return self.taken[-1]

    def window(self, since: datetime | None = None, until: datetime | None = None) -> Window:
        """What happened between the first and the last sample, or between two moments."""
        first = since or self.taken[0].samples[-1].header.taken
        last = until or self.taken[-1].samples[-1].header.taken
        return window(
            self.store, server="test", database=self.dbname, dbname=self.dbname, since=first, until=last
        )


def watched(
    primary: DatabaseServer,
    store: ObjectStoreServer,
    script: str = "",
    *,
    standby: DatabaseServer | None = None,
) -> Watched:
    """A new database on the server, filled by the script."""
    dbname = primary.create_database("watched", script)
    connections = {"test_primary": primary.connection, "dataops_store": store.connection()}
    if standby is not None:
        connections["test_standby"] = standby.connection

    def resolve(connection_id: str) -> Connection:
        if connection_id not in connections:
            raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
        return connections[connection_id]

    server = Server.model_validate({
        "server": "test",
        "environment": "test",
        "connection": "test_primary",
        "owner": "tests",
        **({"standby": "test_standby"} if standby else {}),
    })
    database = Database(name=dbname, server="test", owner="tests", environment="test")
    platform = Platform("test", Inventory((server,), (database,)), resolve)
    platform.__dict__["store"] = ObjectStore.from_connection(store.connection(), store.bucket(lock=False))
    return Watched(primary, dbname, platform, connections)
