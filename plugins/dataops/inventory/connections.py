"""Whether the connections that the inventory names exist, where somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dataops.connections import Resolve
from dataops.errors import ConfigurationError
from dataops.inventory.failover import Failover
from dataops.inventory.inventory import Subject
from dataops.inventory.problem import Problem
from dataops.inventory.server import Server

if TYPE_CHECKING:
    from dataops.inventory.loading import File


def missing_connections(files: tuple[File, ...], resolve: Resolve) -> list[Problem]:
    """One problem for each connection that an active subject names and that ``resolve`` does not find."""
    return [
        file.problem(field, str(error).rstrip("."))
        for file in files
        if file.valid and file.subject and not file.subject.retired
        for field, connection_id in named_by(file.subject)
        if (error := _missing(resolve, connection_id))
    ]


def named_by(subject: Subject) -> Iterator[tuple[str, str]]:
    """Every connection that a subject needs: the field that names it, and its id."""
    if isinstance(subject, Server):
        yield "connection", subject.connection
        if subject.standby:
            yield "standby", subject.standby
        yield (
            ("rds.connection", subject.rds.connection) if subject.rds else ("pgbackrest", subject.pgbackrest)
        )
        if subject.failover:
            yield from _of_failover(subject.failover)
    if subject.encryption_connection:
        yield "encryption", subject.encryption_connection


def _of_failover(failover: Failover) -> Iterator[tuple[str, str]]:
    """What a failover test needs: each node, its host, the route, and the list of what may be tested."""
    for name, node in failover.nodes.items():
        yield f"failover.nodes.{name}.connection", node.connection
        if node.host:
            yield f"failover.nodes.{name}.host", node.host
    yield "failover.route.connection", failover.route.connection
    if failover.route.control:
        yield "failover.route.control", failover.route.control
    if failover.api:
        yield "failover.api", failover.api
    yield "failover.targets", failover.targets


def _missing(resolve: Resolve, connection_id: str) -> ConfigurationError | None:
    try:
        resolve(connection_id)
    except ConfigurationError as error:
        return error
    return None
