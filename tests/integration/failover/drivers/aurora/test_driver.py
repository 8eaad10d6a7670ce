"""A DB cluster: its writer crashes, another instance is made the writer, and the old one says it reads."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.aurora.driver import AuroraDriver
from dataops.failover.drivers.automatic import AnotherPromoted
from dataops.failover.topology import Role
from dataops.inventory import Server

from sandbox.deadline import wait_until
from tests.integration.failover.aws import REGION
from tests.integration.failover.drivers.aurora.dbcluster import Cluster

POLL = 0.02


def server(**changes: Any) -> Server:
    failover = {
        "driver": "aurora",
        "cluster": "shop",
        "region": REGION,
        "api": "aws",
        "nodes": {name: {"connection": f"shop_{name}"} for name in ("alpha", "beta")},
        "route": {"kind": "endpoint", "connection": "shop_writer"},
        **changes,
    }
    return Server.model_validate({
        "server": "shop",
        "environment": "test",
        "connection": "shop_writer",
        "owner": "dba",
        "failover": failover,
    })


def driver_of(cluster: Cluster, **changes: Any) -> AuroraDriver:
    def resolve(connection_id: str) -> Connection:
        known = {"aws": cluster.aws, "shop_writer": cluster.endpoint()}
        return known.get(connection_id) or cluster.connection(connection_id[5:])

    return AuroraDriver.of(server(**changes), resolve, every=POLL)


def test_it_sees_the_writer_its_reader_and_where_clients_arrive(cluster: Cluster) -> None:
    driver = driver_of(cluster)
    seen = driver.observe()
    assert [each.name for each in seen.primaries] == ["alpha"]
    assert (seen.node("beta").role, seen.node("beta").upstream) == (Role.STANDBY, "alpha")
    assert (seen.routed, seen.lag("beta")) == ("alpha", 10)
    assert seen.node("alpha").system_identifier == driver.cluster().resource
    assert not driver.supports("kill")
    assert "lets nobody" in driver.supports("hang")
    driver.close()


def test_a_crashed_writer_is_succeeded_by_the_very_instance_that_was_asked_for(cluster: Cluster) -> None:
    driver = driver_of(cluster)
    assert driver.fence("alpha").verdict is Verdict.INCONCLUSIVE
    driver.inject("kill", "alpha")
    assert driver.effect("kill", "alpha").verdict is Verdict.PASSED
    cluster.refusals = 2
    assert wait_until(lambda: driver.observe().node("alpha").role is Role.PRIMARY, seconds=20)
    driver.promote("beta")
    fenced = driver.fence("alpha")
    assert fenced.verdict is Verdict.PASSED, fenced
    assert fenced.observed == "a reader by its own word; the writer is beta"
    driver_of(cluster).route("beta")
    assert driver.rejoin("alpha", "beta").how == "automatic"
    assert [each.name for each in driver.observe().primaries] == ["beta"]
    driver.switch("beta", "alpha")
    driver.switch("beta", "alpha")
    assert [each.name for each in driver.observe().primaries] == ["alpha"]
    driver.heal("kill", "alpha")
    driver.close()


def test_a_crash_that_nobody_saw_is_inconclusive(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataops.failover.drivers.aurora import driver as module

    monkeypatch.setattr(module, "_BROKEN", 0.1)
    driver = driver_of(cluster)
    assert driver.effect("kill", "alpha").verdict is Verdict.INCONCLUSIVE
    cluster.primary.execute("ALTER FUNCTION aurora_inject_crash(text) RENAME TO aurora_inject_nothing")
    driver.inject("kill", "alpha")
    check = driver.effect("kill", "alpha")
    assert (check.verdict, check.observed) == (Verdict.INCONCLUSIVE, "an old session still answers")
    driver.close()


def test_a_connection_that_leads_to_another_instance_is_not_believed(cluster: Cluster) -> None:
    crossed = {"alpha": {"connection": "shop_beta"}, "beta": {"connection": "shop_alpha"}}
    seen = driver_of(cluster, nodes=crossed).observe()
    assert {each.role for each in seen.nodes} == {Role.UNKNOWN}
    assert "leads to the instance beta" in seen.node("alpha").reason


def test_another_writer_than_the_one_that_was_asked_for_is_told_by_name(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    led_by = {"alpha": "alpha", "beta": "beta", "gamma": "alpha"}
    nodes = {name: {"connection": f"shop_{at}"} for name, at in led_by.items()}
    driver = driver_of(cluster, nodes=nodes)
    monkeypatch.setattr(
        driver,
        "_fail_over_to",
        lambda _: cluster.calls.failover_db_cluster(
            DBClusterIdentifier="shop", TargetDBInstanceIdentifier="beta"
        ),
    )
    assert "gamma" in driver.supports("kill")
    with pytest.raises(AnotherPromoted) as raised:
        driver.promote("gamma")
    assert raised.value.node == "beta"


def test_a_cluster_without_a_name_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ConfigurationError, match=r"failover\.cluster"):
        AuroraDriver.of(server(cluster=None), lambda _: cluster.aws)
