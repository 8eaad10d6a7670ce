"""What HAProxy says of its servers, and what is said to it."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.routes.haproxy import HaproxyRoute, ServerState, not_led, parse_states
from dataops.inventory.failover import Failover

SAID = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 primary 1 alpha 127.0.0.1 0 1 1
3 primary 2 beta 127.0.0.1 2 4 1
"""


def failover(**route: Any) -> Failover:
    return Failover.model_validate({
        "nodes": {"alpha": {"connection": "a"}, "beta": {"connection": "b"}},
        "route": {"kind": "haproxy", "connection": "route", **route},
    })


def resolve(connection_id: str) -> Connection:
    known = {"control": Connection("control", host="127.0.0.1", port=7), "empty": Connection("empty")}
    return known.get(connection_id, Connection(connection_id, "postgres", host="proxy"))


def test_states_are_read_by_the_names_of_the_columns() -> None:
    # 4: the configuration began with maintenance, which is over
    assert parse_states(SAID) == {
        "alpha": ServerState("alpha", running=False, maintenance=True),
        "beta": ServerState("beta", running=True, maintenance=False),
    }


@pytest.mark.parametrize("said", ["", "Can't find backend.\n", "1\n# be_id\n"])
def test_an_answer_without_servers_has_none(said: str) -> None:
    assert not parse_states(said)


def state(name: str, running: bool = True, maintenance: bool = False) -> ServerState:
    return ServerState(name, running, maintenance)


def test_the_route_leads_to_a_node_only_where_no_other_takes_clients() -> None:
    nodes = ("alpha", "beta")
    well = {"alpha": state("alpha", maintenance=True), "beta": state("beta")}
    assert not not_led(well, "beta", nodes)
    assert not_led(well, "alpha", nodes) == "server alpha takes no clients"
    both = {"alpha": state("alpha"), "beta": state("beta")}
    assert not_led(both, "beta", nodes) == "server alpha still takes clients"
    stranger = {**well, "third": state("third")}
    assert not_led(stranger, "beta", nodes) == "server third still takes clients"
    assert not_led({"beta": state("beta")}, "beta", nodes) == "there is no server alpha"
    assert not_led({}, "beta", nodes) == "there is no server beta"
    down = {**well, "beta": state("beta", running=False)}
    assert not_led(down, "beta", nodes) == "server beta takes no clients"


def test_others_leave_before_the_new_one_comes() -> None:
    told = HaproxyRoute.of(failover(control="control", backend="primary"), resolve).tell("beta")
    assert told.commands == (
        "set server primary/alpha state maint",
        "shutdown sessions server primary/alpha",
        "set server primary/beta state ready",
    )


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"backend": "primary"}, r"failover\.route\.control is missing"),
        ({"control": "control"}, r"failover\.route\.backend is missing"),
        ({"control": "control", "backend": "a; shutdown"}, "is no name of HAProxy's"),
        ({"control": "empty", "backend": "primary"}, "must say where HAProxy's runtime API is"),
    ],
)
def test_what_is_missing_is_named(route: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        HaproxyRoute.of(failover(**route), resolve)
