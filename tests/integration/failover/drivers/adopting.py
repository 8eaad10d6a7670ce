"""A cell's platform, guard and store around another cluster than its own: for rounds of other drivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import psycopg2
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.connections import Connection

from tests.integration.backup import published
from tests.integration.failover.cell import DATABASE, ENVIRONMENT, SCRIPT, SERVER, Cell


def fill(dsn: str) -> None:
    """Make the database ``shop`` on a primary; ``dsn`` is of its maintenance database ``postgres``."""
    with closing(psycopg2.connect(dsn)) as session:
        session.autocommit = True
        session.cursor().execute(f"CREATE DATABASE {DATABASE}")
    at = psycopg2.connect(dsn, dbname=DATABASE)
    with closing(at) as session, session, session.cursor() as cursor:
        cursor.execute(SCRIPT)


def adopt(
    cell: Cell,
    *,
    identifier: str,
    hosts: Sequence[str],
    connections: Mapping[str, Connection],
    failover: Mapping[str, Any],
    **server: Any,
) -> None:
    """The server ``cell`` is this cluster from now on: allowed as a target, its backup proven."""
    for name in cell.clusters:
        cell.kill(name)
    allowed = {identifier: {"environment": ENVIRONMENT, "hosts": [*hosts]}}
    cell.connections.update(connections)
    cell.connections["failover_targets"] = Connection("failover_targets", "generic", extra=allowed)
    cell.write_server(failover=dict(failover), **server)
    header = Header.model_validate({
        **published.header(SERVER).model_dump(),
        **{"kind": "server", "method": "physical", "environment": ENVIRONMENT, "server": SERVER},
        "consistency": Consistency.BEST_KNOWN,
        "encryption": Encryption(scheme="pgbackrest"),
        "system_identifier": identifier,
    })
    published.prove(cell.store, SERVER, published.publish(cell.store, header))
