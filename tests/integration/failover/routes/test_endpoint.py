"""An endpoint that moves by itself is watched until it leads to the node, and not believed before."""

from __future__ import annotations

import pytest
from dataops.connections import Connection
from dataops.failover.drivers.asking import Nodes
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.routes.endpoint import EndpointRoute
from dataops.failover.topology import Role

from tests.conftest import DatabaseServer


@pytest.fixture
def nodes(primary: DatabaseServer, standby: DatabaseServer) -> dict[str, Connection]:
    return {"alpha": primary.connection, "beta": standby.connection}


def test_it_is_there_once_a_client_arrives_at_a_node_that_takes_writes(nodes: dict[str, Connection]) -> None:
    EndpointRoute(nodes["alpha"], lambda: nodes).lead("alpha")


def test_an_endpoint_that_stays_elsewhere_is_told_with_where_it_leads(nodes: dict[str, Connection]) -> None:
    with pytest.raises(DriverFailed, match="leads to alpha and not to beta"):
        EndpointRoute(nodes["alpha"], lambda: nodes, patience=0).lead("beta")
    with pytest.raises(DriverFailed, match="leads to beta and not to beta"):
        EndpointRoute(nodes["beta"], lambda: nodes, patience=0).lead("beta")
    nobody = Connection("nobody", type="postgres", host="127.0.0.1", port=1, login="x")
    with pytest.raises(DriverFailed, match="leads to no node"):
        EndpointRoute(nobody, lambda: nodes, patience=0).lead("alpha")


def test_nodes_say_what_they_are_and_silence_is_not_death(nodes: dict[str, Connection]) -> None:
    gone = Connection("gone", type="postgres", host="127.0.0.1", port=1, login="x")
    asked = Nodes({**nodes, "gamma": gone})
    found, routed = asked.look(nodes["alpha"])
    assert [each.role for each in found] == [Role.PRIMARY, Role.STANDBY, Role.UNKNOWN]
    assert routed == "alpha"
    assert found[1].streaming
    assert found[2].reason
    assert [asked.takes_writes(name) for name in ("alpha", "beta", "gamma")] == [True, False, False]
    asked.close()
