"""What the parts of a server's ``failover:`` can only get wrong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dataops.inventory.explain import nearest
from dataops.inventory.failover import Failover
from dataops.inventory.server import Server

if TYPE_CHECKING:
    from dataops.inventory.loading import File

NEEDED = {
    "patroni": ("api", "cluster"),
    "rds": ("region",),
    "aurora": ("region", "cluster"),
}
"""The fields that a driver cannot do without."""
NEEDED_BY_ROUTE = {"haproxy": ("control", "backend"), "route53": ("control", "record", "zone")}
"""The fields of the route that its kind cannot do without."""
WITH_HOSTS = frozenset(("native", "patroni"))
"""The drivers that reach the machines, and not only an API."""


def check_failover(file: File, server: Server, databases: set[str]) -> None:
    """Adds the problems of the server's ``failover:``; ``databases`` are those that any file declares."""
    failover = server.failover
    if failover is None:
        return
    for key, message, value in (
        *_driver(failover),
        *_nodes(failover),
        *_route(failover),
        *_freezes(failover),
        *_members(failover, databases),
    ):
        file.problems.append(file.problem(f"failover.{key}", message, value))


Found = tuple[str, str, str]
"""A key below ``failover``, what is wrong with it, and what stands there."""


def _driver(failover: Failover) -> Iterator[Found]:
    for key in NEEDED.get(failover.driver, ()):
        if getattr(failover, key) is None:
            yield key, f"is missing: the driver {failover.driver} needs it", ""


def _nodes(failover: Failover) -> Iterator[Found]:
    if failover.driver in WITH_HOSTS and len(failover.nodes) < 2:
        yield "nodes", "names fewer than two nodes: nobody could take over", ""
    if not failover.nodes:
        yield "nodes", "names no node", ""
    for name, node in failover.nodes.items():
        if failover.driver in WITH_HOSTS and node.host is None:
            message = f"is missing: the driver {failover.driver} stops and starts the node by it"
            yield f"nodes.{name}.host", message, ""
    yield from _twice("connection", {name: node.connection for name, node in failover.nodes.items()})


def _twice(key: str, named: dict[str, Any]) -> Iterator[Found]:
    """Two nodes behind one connection are one node: a test would break what it means to promote."""
    counted = Counter(named.values())
    for name, value in named.items():
        if counted[value] > 1:
            yield f"nodes.{name}.{key}", "is that of another node too: each has its own", repr(value)


def _route(failover: Failover) -> Iterator[Found]:
    route = failover.route
    for key in NEEDED_BY_ROUTE.get(route.kind, ()):
        if getattr(route, key) is None:
            yield f"route.{key}", f"is missing: a route of the kind {route.kind} needs it", ""
    if route.connection in {node.connection for node in failover.nodes.values()}:
        message = "is the connection of a node: clients must find the primary wherever it is"
        yield "route.connection", message, repr(route.connection)


def _freezes(failover: Failover) -> Iterator[Found]:
    for number, freeze in enumerate(failover.freezes):
        if freeze.until < freeze.since:
            yield f"freezes.{number}.until", f"is before since, {freeze.since}", str(freeze.until)


def _members(failover: Failover, databases: set[str]) -> Iterator[Found]:
    for number, member in enumerate(failover.members):
        if member not in databases:
            message = f"is no database in include/databases{nearest(member, databases)}"
            yield f"members.{number}", message, repr(member)
