"""How standbys stand to their primary."""

from __future__ import annotations

from dataops.failover.drivers.native.looking import Look, with_sync_states
from dataops.failover.topology import Node, Role

PRIMARY = Node("alpha", Role.PRIMARY, "db1:5432")


def standby(name: str, application: str, *, streaming: bool = True) -> Look:
    return Look(Node(name, Role.STANDBY, "db2:5432", streaming=streaming), application)


def states(*looks: Look) -> list[str]:
    return [node.sync_state for node in with_sync_states(looks)]


def test_a_standby_stands_as_its_primary_says() -> None:
    primary = Look(PRIMARY, "alpha", (("beta", "sync"), ("gamma", "async")))
    assert states(primary, standby("beta", "beta"), standby("gamma", "gamma")) == ["", "sync", "async"]


def test_of_one_name_and_one_state_it_is_known_of_two_states_it_is_not() -> None:
    same = Look(PRIMARY, "alpha", (("walreceiver", "async"), ("walreceiver", "async")))
    assert states(same, standby("beta", "walreceiver")) == ["", "async"]
    different = Look(PRIMARY, "alpha", (("walreceiver", "sync"), ("walreceiver", "potential")))
    assert states(different, standby("beta", "walreceiver")) == ["", ""]


def test_a_standby_that_does_not_stream_or_that_nobody_knows_stands_nowhere() -> None:
    primary = Look(PRIMARY, "alpha", (("beta", "sync"),))
    assert states(primary, standby("beta", "beta", streaming=False)) == ["", ""]
    assert states(primary, standby("gamma", "gamma")) == ["", ""]
    assert states(standby("beta", "beta")) == [""]
