"""An instance with a read replica: cut off, the replica promoted, and a new replica under the old name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.rds.driver import rds_driver
from dataops.failover.drivers.rds.replicas import ENDED, GROUPS, ReplicaDriver
from dataops.failover.topology import Role
from dataops.inventory import Server

from tests.conftest import DatabaseServer
from tests.integration.failover.aws import REGION
from tests.integration.failover.drivers.rds.cloud import Cloud

POLL = 0.02


def server() -> Server:
    return Server.model_validate({
        "server": "shop",
        "environment": "test",
        "connection": "shop_alpha",
        "owner": "dba",
        "failover": {
            "driver": "rds",
            "region": REGION,
            "api": "aws",
            "nodes": {name: {"connection": f"shop_{name}"} for name in ("alpha", "beta")},
            "route": {"connection": "shop_route"},
        },
    })


def driver_of(cloud: Cloud, **aws: object) -> ReplicaDriver:
    extra = {**cloud.aws.extra, "fence_security_groups": ["sg-nobody"], **aws}
    known = {
        "aws": Connection("aws", type="aws", login="AKIA", password="canary", extra=extra),
        "shop_alpha": cloud.connection("alpha"),
        "shop_beta": cloud.connection("beta"),
        "shop_route": Connection(
            "shop_route",
            type="postgres",
            login=cloud.connection("alpha").login,
            password=cloud.connection("alpha").password,
        ),
    }
    made = rds_driver(server(), known.__getitem__, every=POLL)
    assert isinstance(made, ReplicaDriver)
    return made


@pytest.fixture(scope="module")
def pair(
    cloud: Cloud,
    start_primary: Callable[..., DatabaseServer],
    start_standby: Callable[..., DatabaseServer],
) -> Cloud:
    """alpha is primary, beta its read replica, both real behind their gates; each test leaves one primary."""
    first = start_primary("rds-alpha")
    cloud.instance("alpha", first, VpcSecurityGroupIds=["sg-app"])
    cloud.replicate = lambda name, source: start_standby(cloud.servers[source], f"rds-{name}")
    cloud.calls.create_db_instance_read_replica(
        DBInstanceIdentifier="beta", SourceDBInstanceIdentifier="alpha", VpcSecurityGroupIds=["sg-app"]
    )
    return cloud


def test_a_cut_is_taken_back_with_the_very_groups_that_were_there(pair: Cloud) -> None:
    driver = driver_of(pair)
    assert driver.effect("cut_node", "alpha").verdict is Verdict.INCONCLUSIVE
    assert pair.groups("alpha") == ["sg-app"]  # a look changes nothing
    driver.inject("cut_node", "alpha")
    assert (pair.groups("alpha"), pair.tags("alpha")[GROUPS]) == (["sg-nobody"], "sg-app")
    driver_of(pair).heal("cut_node", "alpha")  # another process
    driver.heal("cut_node", "alpha")
    assert pair.groups("alpha") == ["sg-app"]
    assert not {GROUPS, ENDED} & set(pair.tags("alpha"))
    assert driver.observe().node("alpha").role is Role.PRIMARY


def test_a_fence_through_which_somebody_gets_is_red_and_a_hand_over_opens_again(
    pair: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair, "_reachable", lambda _: True)
    driver = driver_of(pair)
    fenced = driver.fence("alpha")
    assert fenced.verdict is Verdict.FAILED
    assert fenced.reason == "a new connection still gets in"
    with pytest.raises(DriverFailed, match="alpha stays primary, and was opened again"):
        driver.switch("alpha", "beta")
    assert pair.groups("alpha") == ["sg-app"]
    assert driver.observe().node("beta").role is Role.STANDBY


def test_a_primary_is_cut_off_succeeded_and_replaced_by_a_replica_of_its_name(pair: Cloud) -> None:
    driver = driver_of(pair)
    seen = driver.observe()
    assert ([each.name for each in seen.primaries], seen.routed) == (["alpha"], "alpha")
    assert seen.node("beta").settings["rds.source"] == "alpha"
    assert not driver.supports("cut_node")
    assert "partition" in driver.supports("kill")
    with closing(psycopg2.connect(pair_dsn(pair, "alpha"))) as client:
        driver.inject("cut_node", "alpha")
        assert driver.effect("cut_node", "alpha").verdict is Verdict.PASSED
        with pytest.raises(psycopg2.OperationalError):
            client.cursor().execute("SELECT 1")
    assert driver.observe().node("alpha").role is Role.UNKNOWN
    fenced = driver.fence("alpha")
    assert fenced.verdict is Verdict.PASSED, fenced
    assert driver.observe().node("alpha").role is Role.DOWN
    driver.promote("beta")
    driver.promote("beta")
    driver.heal("cut_node", "alpha")  # fault and fence are one thing here: the fence stays
    assert pair.groups("alpha") == ["sg-nobody"]
    with pytest.raises(DriverFailed, match="beta was promoted: two would take writes"):
        driver.unfence("alpha")
    driver.route("beta")
    came = driver.rejoin("alpha", "beta")
    assert came.how == "rebuild"
    assert came.kept.startswith("alpha-before-")
    assert pair.groups(came.kept) == ["sg-nobody"]
    assert pair.described(came.kept).status == "stopped"
    assert pair.groups("alpha") == ["sg-app"]
    seen = driver.observe()
    assert [each.name for each in seen.primaries] == ["beta"]
    assert seen.node("alpha").role is Role.STANDBY
    assert driver.rejoin("alpha", "beta").how == "automatic"
    driver.close()


def test_a_hand_over_loses_nothing_that_clients_wrote_until_they_were_ended(pair: Cloud) -> None:
    driver = driver_of(pair)
    (old,) = [each.name for each in driver.observe().primaries]
    new = "alpha" if old == "beta" else "beta"
    pair.servers[old].execute("CREATE TABLE kept AS SELECT generate_series(1, 5000) AS id")
    with closing(psycopg2.connect(pair_dsn(pair, old))) as client:
        driver.switch(old, new)
        with pytest.raises(psycopg2.OperationalError):
            client.cursor().execute("SELECT 1")
    assert pair.servers[new].execute("SELECT count(*) FROM kept") == [(5000,)]
    assert [each.name for each in driver.observe().primaries] == [new]
    driver.switch(old, new)  # a second time: nothing changes


def test_without_groups_that_let_nobody_in_nothing_can_be_fenced(pair: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="fence_security_groups"):
        driver_of(pair, fence_security_groups=[])


def pair_dsn(cloud: Cloud, name: str) -> str:
    at = cloud.connection(name)
    return f"postgresql://{at.login}:{at.password}@{at.host}:{at.port}/postgres"
