"""A Multi-AZ instance is failed over by a reboot, and believed only once it runs in its other zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.drivers.rds.driver import rds_driver
from dataops.failover.drivers.rds.multi_az import BEFORE, MultiAzDriver
from dataops.failover.topology import Role
from dataops.inventory import Server

from tests.conftest import DatabaseServer
from tests.integration.failover.aws import REGION
from tests.integration.failover.drivers.rds.cloud import Cloud

POLL = 0.02


def server(**changes: Any) -> Server:
    failover = {
        "driver": "rds",
        "region": REGION,
        "api": "aws",
        "nodes": {"shop": {"connection": "shop_shop"}},
        "route": {"kind": "endpoint", "connection": "shop_shop"},
        **changes,
    }
    return Server.model_validate({
        "server": "shop",
        "environment": "test",
        "connection": "shop_shop",
        "owner": "dba",
        "failover": failover,
    })


@pytest.fixture
def shop(cloud: Cloud, primary: DatabaseServer) -> Iterator[Cloud]:
    """The Multi-AZ instance ``shop``."""
    cloud.instance("shop", primary, MultiAZ=True)
    yield cloud
    cloud.remove("shop")


def driver_of(cloud: Cloud) -> MultiAzDriver:
    known: dict[str, Connection] = {"aws": cloud.aws, "shop_shop": cloud.connection("shop")}
    made = rds_driver(server(), known.__getitem__, every=POLL)
    assert isinstance(made, MultiAzDriver)
    return made


def test_a_forced_failover_is_over_once_the_other_zone_takes_writes(shop: Cloud) -> None:
    driver = driver_of(shop)
    assert not driver.supports("kill")
    assert "forced failover" in driver.supports("hang")
    before = driver.observe()
    assert before.routed == "shop"
    assert before.primaries[0].settings["rds.multi_az"] == "on"
    assert driver.fence("shop").verdict is Verdict.INCONCLUSIVE
    driver.inject("kill", "shop")
    assert driver.effect("kill", "shop").verdict is Verdict.PASSED
    driver_of(shop).promote("shop")  # another process can tell as well
    driver.route("shop")
    fenced = driver.fence("shop")
    assert fenced.verdict is Verdict.PASSED
    assert fenced.observed == f"available in {REGION}b, before in {REGION}a"
    assert driver.observe().primaries[0].settings["rds.zone"] == f"{REGION}b"
    assert driver.rejoin("shop", "shop").how == "automatic"
    assert BEFORE not in shop.tags("shop")
    driver.switch("shop", "shop")
    assert driver.observe().primaries[0].settings["rds.zone"] == f"{REGION}a"
    driver.heal("kill", "shop")
    driver.close()


def test_a_restart_in_the_same_zone_is_no_failover(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "stubborn", True)
    driver = driver_of(shop)
    driver.inject("kill", "shop")
    with pytest.raises(DriverFailed, match="did not change to the standby"):
        driver.promote("shop")
    assert driver.fence("shop").verdict is Verdict.INCONCLUSIVE


def test_what_cannot_fail_over_is_refused_and_what_is_unknown_stays_unknown(shop: Cloud) -> None:
    shop.described("shop").multi_az = False
    driver = driver_of(shop)
    assert "no Multi-AZ instance" in driver.supports("kill")
    with pytest.raises(OutcomeUnknown, match="nobody knows which zone"):
        driver.promote("shop")
    shop.gates["shop"].close()
    assert driver.observe().node("shop").role is Role.UNKNOWN
    shop.described("shop").status = "stopped"
    assert driver.observe().node("shop").role is Role.DOWN


def test_a_fault_that_does_nothing_is_inconclusive(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataops.failover.drivers.rds import multi_az

    monkeypatch.setattr(multi_az, "_BROKEN", 0.1)
    monkeypatch.setattr(shop, "_reboot", lambda *_, **__: None)
    driver = driver_of(shop)
    driver.inject("kill", "shop")
    check = driver.effect("kill", "shop")
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.reason == "AWS took the reboot and did nothing"


def test_what_the_file_lacks_is_named(shop: Cloud) -> None:
    with pytest.raises(ConfigurationError, match=r"failover\.region"):
        rds_driver(server(region=None), {"aws": shop.aws, "shop_shop": shop.connection("shop")}.__getitem__)
    with pytest.raises(ConfigurationError, match=r"failover\.api"):
        rds_driver(server(api=None), {"shop_shop": shop.connection("shop")}.__getitem__)
