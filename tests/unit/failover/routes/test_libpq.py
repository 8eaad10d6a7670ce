"""A list of hosts as the route."""

from __future__ import annotations

import pytest
from dataops.connections import Connection
from dataops.failover.routes.libpq import LibpqRoute, one_by_one
from dataops.inventory.failover import Failover
from dataops.postgres.connecting import parameters

NODES = {
    "a": Connection("a", "postgres", host="db1", port=5432, login="x"),
    "b": Connection("b", "postgres", host="db2", port=6432, login="x"),
}


def route(connection: Connection) -> LibpqRoute:
    failover = Failover.model_validate({
        "nodes": {"alpha": {"connection": "a"}, "beta": {"connection": "b"}},
        "route": {"connection": "route"},
    })
    return LibpqRoute.of(failover, {**NODES, "route": connection}.__getitem__)


def test_a_route_without_hosts_has_those_of_the_nodes() -> None:
    found = route(Connection("route", "postgres", login="shop", schema="shop")).connection()
    assert (found.host, found.extra["ports"]) == ("db1,db2", "5432,6432")
    said = parameters(found)
    assert (said["host"], said["port"], said["user"]) == ("db1,db2", "5432,6432", "shop")
    assert said["target_session_attrs"] == "read-write"


def test_clients_ask_for_a_writable_node_unless_they_are_told_otherwise() -> None:
    several = Connection("route", host="db1,db2", port=5432)
    assert route(several).connection().extra == {"target_session_attrs": "read-write"}
    asked = Connection("route", host="db1,db2", extra={"target_session_attrs": "any"})
    assert route(asked).connection().extra == {"target_session_attrs": "any"}
    assert not route(Connection("route", host="vip")).connection().extra


def test_hosts_are_taken_apart_each_with_its_port() -> None:
    several = Connection("r", host="db1, db2", extra={"ports": "5432,6432", "sslmode": "require"})
    assert [(each.host, each.port, each.extra) for each in one_by_one(several)] == [
        ("db1", 5432, {"sslmode": "require"}),
        ("db2", 6432, {"sslmode": "require"}),
    ]
    assert [each.port for each in one_by_one(Connection("r", host="db1,db2", port=7))] == [7, 7]
    assert [each.port for each in one_by_one(Connection("r", host="db1"))] == [5432]


def test_hosts_and_ports_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        one_by_one(Connection("r", host="db1,db2,db3", extra={"ports": "1,2"}))


def test_nothing_needs_to_be_told() -> None:
    assert "find beta by themselves" in route(Connection("route")).tell("beta").commands[0]
    route(Connection("route")).lead("beta")
