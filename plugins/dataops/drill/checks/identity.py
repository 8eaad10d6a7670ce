"""Identity: the right database of the right server, open, and cut off from production."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataops.drill.checks.finding import Finding, inconclusive, not_applicable, of_faults
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.postgres import ServerIdentity, server_identity

if TYPE_CHECKING:
    from dataops.backup.manifest.details import Moment


@contextmanager
def _identity(look: Look) -> Generator[ServerIdentity]:
    with look.cursor() as cursor:
        yield server_identity(cursor.connection)


@check("server identity", scope="server", expected="the server of the backup, open for writing", when="first")
def server(look: Look) -> Finding:
    """Of a physical restore the system identifier and a later timeline; of both the major version."""
    header = look.server.header
    with _identity(look) as found:
        faults = (
            []
            if found.major == _major(header.server_version)
            else [f"the backup is of PostgreSQL {header.server_version}, this server runs {found.version}"]
        )
        if found.in_recovery:
            faults.append("the restored server is still in recovery, so it could not take over")
        if look.server.method == "physical":
            faults += _of_physical(found, header.system_identifier, header.timeline)
        return of_faults(faults, f"PostgreSQL {found.version}, system {found.system_identifier}")


def _of_physical(found: ServerIdentity, system_identifier: str | None, timeline: int | None) -> list[str]:
    faults = []
    if system_identifier and found.system_identifier != system_identifier:
        faults.append(
            f"system identifier {found.system_identifier} is not the backup's {system_identifier}: "
            "this is another server"
        )
    if timeline and found.timeline < timeline:
        faults.append(f"timeline {found.timeline} is older than the backup's {timeline}")
    return faults


@check("isolation", scope="server", expected="no archiving, no subscriptions, no network", when="first")
def isolation(look: Look) -> Finding:
    """The scratch server cannot reach production: it archives, subscribes and listens to nothing."""
    if not look.server.ours:
        return not_applicable("somebody else restored this server: its network and archive are theirs")
    rows = look.query(
        "SELECT name, setting FROM pg_settings WHERE name IN ("
        "'archive_mode', 'max_logical_replication_workers', 'listen_addresses', 'primary_conninfo')"
    )
    found = dict(rows)
    faults = []
    if found.get("archive_mode") != "off":
        faults.append(f"archive_mode is {found.get('archive_mode')}: it could archive into production")
    if found.get("max_logical_replication_workers") != "0":
        faults.append(
            "max_logical_replication_workers is not 0: a subscription could consume production's slot"
        )
    listened = {address.strip() for address in found.get("listen_addresses", "").split(",")} - {""}
    if listened - {"localhost", "127.0.0.1", "::1"}:
        faults.append(f"it listens on {', '.join(sorted(listened))}: others than this drill could reach it")
    return of_faults(faults, "no archiving, no subscriptions, no network")


@check("databases", scope="server", expected="every database of the manifest")
def databases(look: Look) -> Finding:
    """No database of the manifest is missing, and none is there that the manifest does not know."""
    told = set(look.server.expectations)
    if not look.server.dbnames:
        return inconclusive("no database was restored that could be checked, so nothing is proven")
    there = {name for (name,) in look.query("SELECT datname FROM pg_database WHERE datallowconn")}
    faults = [f"database {name} is missing" for name in sorted(told - there)]
    if look.server.method == "physical":
        faults += [f"database {name} is not in the manifest" for name in sorted(there - told)]
    return of_faults(faults, ", ".join(sorted(told)))


@check("identity", expected="the database of the manifest")
def database(look: Look) -> Finding:
    """Its name, encoding and collation are those of the backup."""
    moment: Moment = look.expected.moment
    name, encoding, collation = look.query(
        "SELECT current_database(), pg_encoding_to_char(encoding), datcollate FROM pg_database "
        "WHERE datname = current_database()"
    )[0]
    faults = []
    if look.server.ours and name != moment.dbname:
        faults.append(f"the database is named {name}, the backup is of {moment.dbname}")
    if (encoding, collation) != (moment.encoding, moment.collation):
        faults.append(
            f"encoding and collation are {encoding}, {collation}, the backup's {moment.encoding}, "
            f"{moment.collation}"
        )
    return of_faults(faults, f"{name}, {encoding}, {collation}")


def _major(version: str) -> int:
    return int(version.partition(".")[0].split()[0]) if version else 0
