"""Builders: a platform on real servers, and backups published in its store without taking them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dataops.backup import catalog
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.inventory import Database, Inventory, Server
from dataops.platform import Platform
from dataops.store import ObjectStore


def platform(
    connections: Mapping[str, Connection],
    *,
    servers: tuple[Server, ...] = (),
    databases: tuple[Database, ...] = (),
) -> Platform:
    """A platform that knows these connections and subjects alone."""

    def resolve(connection_id: str) -> Connection:
        try:
            return connections[connection_id]
        except KeyError:
            raise ConfigurationError(f"Connection {connection_id!r} does not exist.") from None

    return Platform("sandbox", Inventory(servers=servers, databases=databases), resolve)


def server(name: str = "main", **fields: Any) -> Server:
    """A server of the inventory."""
    return Server.model_validate({
        "server": name,
        "environment": "sandbox",
        "connection": "main_primary",
        "owner": "team",
        **fields,
    })


def database(name: str = "orders", **fields: Any) -> Database:
    """A database of the inventory, on ``main``."""
    return Database.model_validate({"database": name, "server": "main", "owner": "team", **fields})


def header(subject: str = "orders", *, age: timedelta = timedelta(0), **fields: Any) -> Header:
    """The header of a logical backup of that age."""
    moment = datetime.now(UTC) - age
    values: dict[str, Any] = {
        "backup_id": f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        "subject": subject,
        "kind": "database",
        "method": "logical",
        "environment": "sandbox",
        "server": "main",
        "started": moment,
        "finished": moment,
        "snapshot_at": moment,
        "consistency": Consistency.EXACT_SNAPSHOT,
        "encryption": Encryption(scheme="off"),
    }
    return Header.model_validate(values | fields)


def publish(store: ObjectStore, written: Header) -> str:
    """Lay a piece and the manifest into the store; the backup's id."""
    store.put(catalog.folder(written.subject, written.backup_id) + "pieces/toc.dat", b"contents")
    store.put(catalog.manifest_key(written.subject, written.backup_id), written.to_bytes())
    return written.backup_id


def prove(
    store: ObjectStore, subject: str, backup_id: str, verdict: str = "passed", age: timedelta = timedelta(0)
) -> None:
    """Lay what a drill leaves about a backup."""
    at = datetime.now(UTC) - age
    key = catalog.proofs_folder(subject, backup_id) + f"{secrets.token_hex(4)}.json"
    store.put(key, json.dumps({"at": at.isoformat(), "verdict": verdict}).encode())
