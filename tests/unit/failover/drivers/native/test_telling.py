"""Plans say what would be done, in commands, and the same plan says the same tomorrow."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from dataops.connections import Connection
from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.drivers.native.driver import NativeDriver
from dataops.failover.faults.registry import FAULTS
from dataops.failover.topology import Role

from tests.unit.failover.builders import cluster, node, server

SECRET = "canary-of-a-password"
ACTIONS = [(action, "") for action in get_args(ActionName) if action not in {"break", "heal"}]
BREAKS = [(action, fault) for action in ("break", "heal") for fault in FAULTS]


def resolve(connection_id: str) -> Connection:
    if connection_id.endswith("_host"):
        extra = {"data": f"/srv/{connection_id}/data", "bin": "/usr/lib/postgresql/15/bin"}
        return Connection(connection_id, "local", extra=extra)
    return Connection(connection_id, "postgres", host="127.0.0.1", port=5432, login="x", password=SECRET)


@pytest.fixture
def driver() -> NativeDriver:
    return NativeDriver.of(server(), resolve)


@pytest.mark.parametrize(("action", "fault"), [*ACTIONS, *BREAKS])
def test_every_action_is_told_without_a_secret_and_without_what_changes(
    driver: NativeDriver, action: ActionName, fault: str
) -> None:
    seen = cluster()
    told = driver.tell(action, "beta", seen, fault)
    assert told.commands
    assert SECRET not in repr(told)
    later = replace(seen, nodes=tuple(replace(each, lsn=each.lsn + 999, timeline=7) for each in seen.nodes))
    assert driver.tell(action, "beta", later, fault) == told


def test_what_breaks_can_be_undone_and_a_promotion_cannot(driver: NativeDriver) -> None:
    for fault in FAULTS:
        assert driver.tell("break", "alpha", cluster(), fault).undo
    promoted = driver.tell("promote", "beta", cluster())
    assert not promoted.undo
    assert "cannot be undone" in promoted.worst


def test_a_promoted_node_that_waits_for_a_standby_is_said_to_wait(driver: NativeDriver) -> None:
    waits = node("beta", Role.STANDBY, settings={"synchronous_standby_names": "alpha"})
    told = driver.tell("promote", "beta", cluster(node("alpha", Role.PRIMARY), waits))
    assert "wait on beta for a synchronous standby (alpha)" in told.worst


def test_the_primary_of_then_is_named(driver: NativeDriver) -> None:
    assert driver.tell("switch", "beta", cluster()).commands[:2] == (
        "alpha: CHECKPOINT",
        "alpha: a fast stop",
    )
    assert driver.tell("rejoin", "beta", cluster()).commands[0] == "alpha: CHECKPOINT"


def test_a_service_manager_is_named_as_it_is_called() -> None:
    def managed(connection_id: str) -> Connection:
        found = resolve(connection_id)
        start = {"start": ["sudo", "-n", "systemctl", "start", "postgresql@15-main"]}
        return replace(found, extra={**found.extra, **start}) if "_host" in connection_id else found

    told: Told = NativeDriver.of(server(), managed).tell("start", "alpha", cluster())
    assert told.commands == ("alpha: sudo -n systemctl start postgresql@15-main",)
