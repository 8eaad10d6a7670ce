"""What must be true while something breaks for which nobody may be promoted."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.topology import Node, Role, Topology
from dataops.failover.verifying import staying

from tests.unit.failover.builders import LSN, cluster, node

PRIMARY, STANDBY = Role.PRIMARY, Role.STANDBY


def now(beta: Node, wrote: int = 5000) -> Topology:
    return cluster(node("alpha", PRIMARY, lsn=LSN + wrote), beta)


def test_a_standby_that_falls_behind_is_noticed() -> None:
    found = staying.lag(cluster(), now(node("beta", STANDBY)), "beta", 1.5)
    assert (found.verdict, found.observed) == (Verdict.PASSED, "5000 bytes behind")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (now(node("beta", STANDBY, received=LSN + 5000)), "the primary wrote 5000 bytes, and beta (standby)"),
        (now(node("beta", STANDBY, received=LSN + 100)), "received 100"),
        (now(node("beta", STANDBY), wrote=0), "the primary wrote 0 bytes"),
    ],
)
def test_a_standby_that_goes_on_receiving_was_not_cut_off(seen: Topology, said: str) -> None:
    found = staying.lag(cluster(), seen, "beta", 1.5)
    assert found.verdict is Verdict.FAILED
    assert said in found.reason
    assert not staying.falls_behind(cluster(), seen, "beta")


def test_a_failover_that_something_refuses_is_refused_by_name() -> None:
    checks = [Check(name="standby is not behind", verdict=Verdict.FAILED, reason="20 MB")]
    found = staying.refused(checks, "beta", 2.0, limit="16MB")
    assert (found.verdict, found.observed) == (Verdict.PASSED, "standby is not behind")
    assert found.parts[0].observed == "refused: 20 MB"


def test_a_failover_that_nothing_refuses_proves_nothing() -> None:
    found = staying.refused([], "beta", 2.0, limit="16MB", seen=("9 MB behind",))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "9 MB behind" in str(found.observed)
    assert "16MB was not reached" in found.reason


def test_clients_without_service_are_downtime_though_the_database_is_well() -> None:
    assert staying.outage(2.0, well=True).verdict is Verdict.PASSED
    assert staying.outage(2.0, well=False).verdict is Verdict.INCONCLUSIVE
    assert staying.served(2.0).verdict is Verdict.PASSED


def synchronous(**of_gamma: Any) -> Topology:
    return cluster(
        node("alpha", PRIMARY, settings={"synchronous_standby_names": "beta"}),
        node("beta", STANDBY, sync_state="sync"),
        node("gamma", STANDBY, **of_gamma),
    )


@pytest.mark.parametrize(
    ("gamma", "waits"),
    [
        ({"sync_state": "async"}, True),
        ({"sync_state": "sync"}, False),
        ({"sync_state": "quorum"}, False),
        ({"sync_state": "sync", "streaming": False}, True),
        ({"sync_state": "potential"}, True),
    ],
)
def test_writes_wait_where_no_other_synchronous_standby_is_left(gamma: dict[str, Any], waits: bool) -> None:
    assert staying.must_wait(synchronous(), synchronous(**gamma), "beta") is waits


def test_writes_do_not_wait_for_an_asynchronous_standby() -> None:
    assert not staying.must_wait(cluster(), cluster(), "beta")


def test_a_wait_is_declared_or_it_is_failed() -> None:
    waits = staying.declared(synchronous(), waits=True, event="SyncRep", seconds=2.0)
    assert (waits.verdict, waits.observed) == (Verdict.PASSED, "writes wait: SyncRep")
    assert "synchronous_standby_names = 'beta'" in str(waits.expected)
    acknowledged = staying.declared(synchronous(), waits=True, event="", seconds=2.0)
    assert acknowledged.verdict is Verdict.FAILED
    goes_on = staying.declared(cluster(), waits=False, event="", seconds=2.0)
    assert goes_on.verdict is Verdict.PASSED


def test_everything_that_was_asked_again_is_one_check() -> None:
    well = Check(name="standby streams", verdict=Verdict.PASSED, observed="beta streams")
    none = Check(name="second key", verdict=Verdict.NOT_APPLICABLE, reason="no production")

    found = staying.nothing_refuses([well, none])

    assert found.verdict is Verdict.PASSED
    assert [each.name for each in found.parts] == ["standby streams", "second key"]


def test_one_refusal_is_enough_and_is_named() -> None:
    well = Check(name="standby streams", verdict=Verdict.PASSED)
    behind = Check(name="standby is not behind", verdict=Verdict.FAILED, reason="beta is 20 MB behind")

    found = staying.nothing_refuses([well, behind])

    assert found.verdict is Verdict.FAILED
    assert found.reason == "standby is not behind: beta is 20 MB behind"


def test_nothing_asked_is_no_leave() -> None:
    assert staying.nothing_refuses([]).verdict is Verdict.INCONCLUSIVE
